// SPDX-License-Identifier: Apache-2.0
#include "askg/provision.h"

#include <algorithm>

#include "askg/internal/codec.h"
#include "crypto/aead.h"

namespace askg {

using base::ErrorCode;
using base::Result;
using internal::PartReader;
using internal::SecretWriter;

namespace {

constexpr std::string_view label = "IMT-AKE/1 provision";
constexpr std::uint8_t version = 1;
constexpr std::uint8_t no_user_role = 0;
constexpr std::size_t nonce_bytes = crypto::Aes256Gcm::nonce_bytes;
constexpr std::size_t peer_bytes_min = 16 + 1 + 1 + 1 + record_bytes + 1 + 32 + 4;

base::Bytes associated_data(const keyagreement::DomainName& authority,
                            const wire::LedgerId& server) {
    const auto text = base::as_bytes(label);
    base::Bytes out(text.begin(), text.end());
    base::append(out, authority.view());
    base::append(out, server.view());
    return out;
}

void write_peer(SecretWriter& out, const ProvisionedPeer& peer) {
    out.fixed(peer.name.view()).u8(static_cast<std::uint8_t>(peer.profile));
    out.u8(static_cast<std::uint8_t>(peer.role));
    out.u8(peer.user_role ? static_cast<std::uint8_t>(*peer.user_role) : no_user_role);
    write(out, peer.record);
    out.flag(peer.revoked).fixed(peer.pid_key.view());
    write(out, peer.keys);
}

ProvisionedPeer read_peer(PartReader& in) {
    ProvisionedPeer out;
    out.name = in.fixed<keyagreement::PeerName>();
    out.profile =
        in.enumerator(keyagreement::Profile::pda_cloud, keyagreement::Profile::user_cloud);
    out.role = in.enumerator(PartyRole::device, PartyRole::user);
    if (const auto user_role = in.u8(); user_role != no_user_role) {
        if (!wire::is_role(user_role)) in.refuse();
        out.user_role = static_cast<wire::Role>(user_role);
    }
    out.record = in.record();
    out.revoked = in.flag();
    out.pid_key = in.fixed<Secret32>();
    out.keys = in.epoch_secrets();
    const bool user = out.role == PartyRole::user;
    const bool initiator = out.role != PartyRole::cloud_server && out.role == out.record.role;
    const bool right_profile = (out.profile == keyagreement::Profile::user_cloud) == user;
    if (!initiator || !right_profile || out.user_role.has_value() != user) in.refuse();
    if (out.revoked != out.keys.empty()) in.refuse();
    return out;
}

Result<void> check_records(const Provision& provision, const Certificate& certificate) {
    const auto key = crypto::Ed25519PublicKey::decode(certificate.authority_key);
    if (!key) return base::pass(key);
    for (const auto& peer : provision.peers) {
        if (peer.record.authority != certificate.authority) {
            return base::fail(ErrorCode::bad_signature,
                              "provision: a record of another key generator");
        }
        if (const auto sound = verify(peer.record, *key); !sound) return sound;
    }
    return {};
}

}  // namespace

template <>
Result<Provision> internal::read_form(base::ByteView body) {
    PartReader in(body);
    Provision out;
    if (in.u8() != version) in.refuse();
    out.sequence = in.u64();
    out.made_at = in.time();
    out.complete = in.flag();
    const auto count = in.count(peer_bytes_min);
    out.peers.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) out.peers.push_back(read_peer(in));
    if (!in.done()) return base::fail(ErrorCode::malformed, "provision: out of form");
    return out;
}
template <>
SecretBytes internal::write_form(const Provision& provision) {
    SecretWriter out;
    out.u8(version).u64(provision.sequence).time(provision.made_at).flag(provision.complete);
    out.u32(static_cast<std::uint32_t>(provision.peers.size()));
    for (const auto& peer : provision.peers) write_peer(out, peer);
    return out.take();
}

const Secret32* ProvisionedPeer::key_of(std::int64_t epoch) const {
    const auto found = std::ranges::find(keys, epoch, &EpochSecret::epoch);
    return found == keys.end() ? nullptr : &found->value;
}

base::Bytes seal_provision(const Secret32& channel_key, const keyagreement::DomainName& authority,
                           const wire::LedgerId& server, const Provision& provision,
                           base::Random& random) {
    const auto body = internal::write_form(provision);
    crypto::Aes256Gcm::Nonce nonce;
    random.fill(nonce);
    base::Bytes out(nonce.begin(), nonce.end());
    base::append(out, crypto::Aes256Gcm(channel_key.view())
                          .seal(nonce, associated_data(authority, server), body));
    return out;
}

Result<Provision> open_provision(const CloudServerGrant& server, base::ByteView sealed,
                                 std::uint64_t last_sequence) {
    if (sealed.size() < nonce_bytes) {
        return base::fail(ErrorCode::malformed, "provision: cut short");
    }
    crypto::Aes256Gcm::Nonce nonce;
    std::ranges::copy(sealed.first(nonce_bytes), nonce.begin());
    auto plain = crypto::Aes256Gcm(server.channel_key.view())
                     .open(nonce, associated_data(server.certificate.authority, server.id),
                           sealed.subspan(nonce_bytes));
    if (!plain) {
        return base::fail(ErrorCode::bad_signature,
                          "the provision was not sealed for this server by its key generator, or "
                          "was changed");
    }
    const WipeAtEnd wiped(*plain);
    auto out = internal::read_form<Provision>(*plain);
    if (!out) return out;
    if (out->sequence <= last_sequence) {
        return base::fail(ErrorCode::replayed, "the provision is older than the one held");
    }
    if (const auto sound = check_records(*out, server.certificate); !sound) {
        return base::pass(sound);
    }
    return out;
}

}  // namespace askg
