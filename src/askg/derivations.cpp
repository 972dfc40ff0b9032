// SPDX-License-Identifier: Apache-2.0
// What the key generator derives from L. Source: docs/protocol.md 2.1. An identity that stands
// beside another input carries its length in two bytes.
#include "askg/internal/generator_state.h"
#include "crypto/hkdf.h"

namespace askg {
namespace {

base::Bytes with_length(base::ByteView id) {
    base::Bytes out;
    base::append_u16(out, static_cast<std::uint16_t>(id.size()));
    base::append(out, id);
    return out;
}

Secret32 first_half(const crypto::Secret<64>& mac) {
    return *Secret32::from(mac.view().first(Secret32::size_bytes));
}

}  // namespace

// x_X = HMAC(L, "x" ID_X) mod p.
FieldElement KeyGenerator::State::point_of(base::ByteView id) const {
    const auto mac = crypto::secret_hmac_sha512(roots.root.view(), {base::as_bytes("x"), id});
    crypto::Digest64 digest;
    std::ranges::copy(mac.view(), digest.begin());
    const auto point = FieldElement::reduce(digest);
    crypto::wipe(digest);
    return point;
}

// pk_X = HMAC(L, "pidkey" role ID_X)[0:32].
Secret32 KeyGenerator::State::pid_key_of(PartyRole role, base::ByteView id) const {
    const auto role_byte = static_cast<std::uint8_t>(role);
    return first_half(crypto::secret_hmac_sha512(
        roots.root.view(), {base::as_bytes("pidkey"), {&role_byte, 1}, with_length(id)}));
}

// TEMPC_X,e' = HMAC(L, "tempc" role ID_X TKV_X PID_ASKG TSPR_X e')[0:32].
Secret32 KeyGenerator::State::temporary_of(const internal::StoredMember& member,
                                           std::int64_t at_epoch) const {
    const auto role_byte = static_cast<std::uint8_t>(member.shown.role);
    base::Bytes times;
    base::append_u64(times,
                     static_cast<std::uint64_t>(base::to_unix_ms(member.shown.registered_at)));
    base::append_u64(times, static_cast<std::uint64_t>(at_epoch));
    return first_half(
        crypto::secret_hmac_sha512(roots.root.view(), {base::as_bytes("tempc"),
                                                       {&role_byte, 1},
                                                       with_length(member.shown.name.view()),
                                                       member.token_verifier.view(),
                                                       roots.authority.view(),
                                                       times}));
}

// REC_X = (random serial, role, S_X, validity), signed.
Record KeyGenerator::State::sign_record(PartyRole role, std::optional<keyagreement::Suite> suite,
                                        const crypto::X25519PublicKeyBytes& static_public) const {
    Record record{.authority = roots.authority,
                  .serial = base::draw<Serial>(random),
                  .role = role,
                  .suite = suite,
                  .static_public = static_public,
                  .valid_from = clock.now(),
                  .valid_until = clock.now() + std::chrono::days(roots.record_validity_days),
                  .signature = {}};
    record.signature = signing.sign(signed_bytes(record));
    return record;
}

}  // namespace askg
