// SPDX-License-Identifier: Apache-2.0
#include "askg/internal/stored_member.h"

#include "askg/internal/codec.h"

namespace askg::internal {

using base::Result;

namespace {

constexpr std::uint8_t nothing = 0;

std::unexpected<base::Error> damaged(std::string_view what) {
    return base::fail(base::ErrorCode::corrupted,
                      "the key generator's stored " + std::string(what) + " is out of form");
}

template <class Fixed>
void write_optional(SecretWriter& out, const std::optional<Fixed>& value) {
    out.flag(value.has_value());
    if (value) out.fixed(value->view());
}
template <class Fixed>
std::optional<Fixed> read_optional(PartReader& in) {
    if (!in.flag()) return std::nullopt;
    return in.fixed<Fixed>();
}

}  // namespace

StoredMember StoredMember::clone() const {
    return {.shown = shown,
            .order = order,
            .clockless = clockless,
            .token_verifier = token_verifier.clone(),
            .channel_key = channel_key.clone(),
            .provision_sequence = provision_sequence};
}

SecretBytes encode(const StoredMember& member) {
    const auto& shown = member.shown;
    SecretWriter out;
    out.u8(static_cast<std::uint8_t>(shown.role)).fixed(shown.name.view()).u64(member.order);
    write_optional(out, shown.patient);
    write_optional(out, shown.pda);
    out.u8(shown.user_role ? static_cast<std::uint8_t>(*shown.user_role) : nothing);
    out.u32(shown.generation).flag(shown.sealed_to_cloud).flag(member.clockless);
    out.flag(shown.revoked).time(shown.registered_at);
    write(out, shown.record);
    out.fixed(member.token_verifier.view()).fixed(member.channel_key.view());
    out.u64(member.provision_sequence);
    return out.take();
}

Result<StoredMember> decode_member(base::ByteView bytes) {
    PartReader in(bytes);
    StoredMember out;
    auto& shown = out.shown;
    shown.role = in.enumerator(PartyRole::device, PartyRole::user);
    shown.name = in.fixed<keyagreement::PeerName>();
    out.order = in.u64();
    shown.patient = read_optional<wire::LedgerId>(in);
    shown.pda = read_optional<wire::DeviceId>(in);
    if (const auto role = in.u8(); role != nothing) {
        if (!wire::is_role(role)) in.refuse();
        shown.user_role = static_cast<wire::Role>(role);
    }
    shown.generation = in.u32();
    shown.sealed_to_cloud = in.flag();
    out.clockless = in.flag();
    shown.revoked = in.flag();
    shown.registered_at = in.time();
    shown.record = in.record();
    out.token_verifier = in.fixed<Secret32>();
    out.channel_key = in.fixed<Secret32>();
    out.provision_sequence = in.u64();
    if (!in.done() || shown.record.role != shown.role) return damaged("member");
    return out;
}

SecretBytes encode(const Domain& domain) {
    SecretWriter out;
    out.fixed(domain.patient.view()).u32(domain.generation).u32(domain.issued);
    return out.take();
}

Result<Domain> decode_domain(base::ByteView bytes) {
    PartReader in(bytes);
    Domain out;
    out.patient = in.fixed<wire::LedgerId>();
    out.generation = in.u32();
    out.issued = in.u32();
    if (!in.done() || out.issued > collusion_bound) return damaged("domain");
    return out;
}

SecretBytes encode(const SymmetricPolynomial& polynomial) {
    SecretWriter out;
    for (const auto& coefficient : polynomial.upper_triangle()) write(out, coefficient);
    return out.take();
}

Result<SymmetricPolynomial> decode_polynomial(base::ByteView bytes) {
    PartReader in(bytes);
    std::vector<FieldElement> coefficients(SymmetricPolynomial::coefficient_count);
    for (auto& coefficient : coefficients) coefficient = in.element();
    if (!in.done()) return damaged("polynomial");
    return SymmetricPolynomial::from(std::move(coefficients));
}

SecretBytes encode(const Roots& roots) {
    SecretWriter out;
    out.fixed(roots.root.view()).fixed(roots.seed).fixed(roots.authority.view());
    out.i64(roots.epoch).u32(roots.record_validity_days).u64(roots.next_order);
    out.u32(roots.members).u32(roots.domains).u64(roots.log_size).fixed(roots.sum.bytes());
    return out.take();
}

Result<Roots> decode_roots(base::ByteView bytes) {
    PartReader in(bytes);
    Roots out;
    out.root = in.fixed<Secret32>();
    const auto seed = in.fixed<Secret32>();
    std::ranges::copy(seed.view(), out.seed.begin());
    out.authority = in.fixed<keyagreement::DomainName>();
    out.epoch = in.i64();
    out.record_validity_days = in.u32();
    out.next_order = in.u64();
    out.members = in.u32();
    out.domains = in.u32();
    out.log_size = in.u64();
    out.sum = SealedSum(in.fixed<base::FixedBytes<struct SumTag, SealedSum::size_bytes>>().bytes);
    if (!in.done()) return damaged("root");
    return out;
}

}  // namespace askg::internal
