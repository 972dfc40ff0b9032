// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/handshake.h"

#include <algorithm>

#include "crypto/hash.h"
#include "crypto/hkdf.h"

namespace keyagreement {
namespace {

using internal::SymmetricState;

// Where the fields of the frames begin (docs/protocol.md 2.3).
constexpr std::size_t message1_header_bytes = 10;
constexpr std::size_t mac1_at = 98;
constexpr std::size_t message2_header_bytes = 18;
constexpr std::size_t message3_header_bytes = 10;

using TimeBytes = std::array<std::uint8_t, 8>;

TimeBytes time_bytes(std::uint64_t time_ms) {
    TimeBytes out;
    for (auto at = out.rbegin(); at != out.rend(); ++at) {
        *at = static_cast<std::uint8_t>(time_ms);
        time_ms >>= 8;
    }
    return out;
}

/// mac1 = HMAC-SHA-512(SHA-512("mac1" S_R), MSG1[0:98])[0:16].
Mac1 mac1_of(const PublicKey& responder, base::ByteView message1) {
    const auto key = crypto::sha512({base::as_bytes("mac1"), responder});
    const auto mac = crypto::hmac_sha512(key, message1.first(mac1_at));
    return *Mac1::from(base::ByteView(mac).first(Mac1::size_bytes));
}

SymmetricState initial(const Prologue& prologue) {
    SymmetricState out(prologue.profile, prologue.suite, prologue.domain);
    out.mix_hash(prologue.responder);
    return out;
}

void mix_ephemeral(SymmetricState& symmetric, const PublicKey& ephemeral) {
    symmetric.mix_hash(ephemeral);
    symmetric.mix_key(ephemeral);
}

/// MixKey of an X25519 result. False, and nothing mixed, if that is zero.
[[nodiscard]] bool mix_dh(SymmetricState& symmetric, const PrivateKey& own,
                          const PublicKey& other) {
    const auto shared = own.agree(other);
    if (shared) symmetric.mix_key(shared->view());
    return shared.has_value();
}

/// MSG3's key: MixHash(hdr); MixKey(empty, "confirm").
void mix_confirmation(SymmetricState& symmetric, base::ByteView header) {
    symmetric.mix_hash(header);
    symmetric.mix_key({}, "confirm");
}

/// The end of docs/protocol.md 2.4.
Agreed agreed_from(const SymmetricState& symmetric) {
    const auto prk = symmetric.finish();
    const auto traffic = crypto::hkdf_expand<88>(prk.view(), {base::as_bytes("IMT traffic")});
    const auto exporter = crypto::hkdf_expand<64>(prk.view(), {base::as_bytes("IMT exporter")});
    return {
        .initiator_to_responder = *DirectionKeys::from(traffic.view().first(44)),
        .responder_to_initiator = *DirectionKeys::from(traffic.view().last(44)),
        .session_key = crypto::hkdf_expand<32>(exporter.view(), {base::as_bytes("SecKey")}),
        .login_token = crypto::hkdf_expand<32>(exporter.view(), {base::as_bytes("login-token")})};
}

}  // namespace

Initiator::Initiator(const Prologue& prologue, Fresh fresh)
    : profile_(prologue.profile),
      session_(fresh.session),
      ephemeral_(std::move(fresh.ephemeral)),
      symmetric_(initial(prologue)) {}

std::expected<Initiator, Failure> Initiator::begin(const Prologue& prologue,
                                                   const Identity& identity, Fresh fresh) {
    const auto time = time_bytes(fresh.time_ms);
    Initiator out(prologue, std::move(fresh));
    Message1 message{.profile = prologue.profile,
                     .initiator = out.session_,
                     .ephemeral = out.ephemeral_.public_key(),
                     .pid = {},
                     .time = {},
                     .mac1 = {},
                     .cookie = std::nullopt};
    auto& symmetric = out.symmetric_;
    symmetric.mix_hash(base::ByteView(encode(message)).first(message1_header_bytes));
    mix_ephemeral(symmetric, message.ephemeral);
    if (!mix_dh(symmetric, out.ephemeral_, prologue.responder)) {  // es
        return std::unexpected(Failure::low_order);
    }
    symmetric.seal(identity.pid.view(), message.pid.bytes);
    symmetric.mix_hash(identity.own.public_key());
    if (!mix_dh(symmetric, identity.own, prologue.responder)) {  // ss
        return std::unexpected(Failure::low_order);
    }
    symmetric.mix_key(identity.psk.view(), "psk");
    symmetric.seal(time, message.time.bytes);
    message.mac1 = mac1_of(prologue.responder, encode(message));
    out.message1_ = encode(message);
    return out;
}

std::expected<Initiator::Finished, Failure> Initiator::finish(const PrivateKey& own,
                                                              base::ByteView message2) const {
    const auto message = decode_message2(message2);
    if (!message) return std::unexpected(Failure::parse);
    if (message->profile != profile_ || message->initiator != session_) {
        return std::unexpected(Failure::state);
    }
    auto symmetric = symmetric_.clone();
    symmetric.mix_hash(message2.first(message2_header_bytes));
    mix_ephemeral(symmetric, message->ephemeral);
    if (!mix_dh(symmetric, ephemeral_, message->ephemeral) ||  // ee
        !mix_dh(symmetric, own, message->ephemeral)) {         // se
        return std::unexpected(Failure::low_order);
    }
    TimeBytes time;
    if (!symmetric.open(message->time.view(), time)) return std::unexpected(Failure::aead3);

    Message3 answer{.profile = profile_, .responder = message->responder, .confirmation = {}};
    mix_confirmation(symmetric, base::ByteView(encode(answer)).first(message3_header_bytes));
    symmetric.seal({}, answer.confirmation.bytes);
    return Finished{.message3 = encode(answer),
                    .session = message->responder,
                    .time_ms = base::read_u64(time),
                    .agreed = agreed_from(symmetric)};
}

Responder::Responder(const Prologue& prologue)
    : profile_(prologue.profile), symmetric_(initial(prologue)) {}

bool Responder::mac1_fits(const PublicKey& responder, base::ByteView message1) {
    const auto message = decode_message1(message1);
    return message &&
           crypto::equal_constant_time(mac1_of(responder, message1).view(), message->mac1.view());
}

std::expected<Responder, Failure> Responder::open(const Prologue& prologue, const PrivateKey& own,
                                                  base::ByteView message1) {
    const auto message = decode_message1(message1);
    if (!message || message->profile != prologue.profile) return std::unexpected(Failure::parse);
    Responder out(prologue);
    out.initiator_session_ = message->initiator;
    out.initiator_ephemeral_ = message->ephemeral;
    out.sealed_time_ = message->time;
    out.symmetric_.mix_hash(message1.first(message1_header_bytes));
    mix_ephemeral(out.symmetric_, message->ephemeral);
    if (!mix_dh(out.symmetric_, own, message->ephemeral)) {  // es
        return std::unexpected(Failure::low_order);
    }
    if (!out.symmetric_.open(message->pid.view(), out.pid_.bytes)) {
        return std::unexpected(Failure::aead1);
    }
    return out;
}

std::expected<std::uint64_t, Failure> Responder::identify(const PrivateKey& own,
                                                          const PublicKey& initiator,
                                                          const Secret32& current,
                                                          const Secret32* previous) {
    initiator_static_ = initiator;
    symmetric_.mix_hash(initiator);
    if (!mix_dh(symmetric_, own, initiator)) return std::unexpected(Failure::low_order);  // ss
    for (const Secret32* psk : {&current, previous}) {
        if (psk == nullptr) continue;
        auto symmetric = symmetric_.clone();
        symmetric.mix_key(psk->view(), "psk");
        TimeBytes time;
        if (!symmetric.open(sealed_time_.view(), time)) continue;
        symmetric_ = std::move(symmetric);
        return base::read_u64(time);
    }
    return std::unexpected(Failure::aead2);
}

std::expected<base::Bytes, Failure> Responder::answer(const Fresh& fresh) {
    own_session_ = fresh.session;
    Message2 message{.profile = profile_,
                     .initiator = initiator_session_,
                     .responder = own_session_,
                     .ephemeral = fresh.ephemeral.public_key(),
                     .time = {}};
    symmetric_.mix_hash(base::ByteView(encode(message)).first(message2_header_bytes));
    mix_ephemeral(symmetric_, message.ephemeral);
    if (!mix_dh(symmetric_, fresh.ephemeral, initiator_ephemeral_) ||  // ee
        !mix_dh(symmetric_, fresh.ephemeral, initiator_static_)) {     // se
        return std::unexpected(Failure::low_order);
    }
    symmetric_.seal(time_bytes(fresh.time_ms), message.time.bytes);
    return encode(message);
}

std::expected<Agreed, Failure> Responder::confirm(base::ByteView message3) const {
    const auto message = decode_message3(message3);
    if (!message) return std::unexpected(Failure::parse);
    if (message->profile != profile_ || message->responder != own_session_) {
        return std::unexpected(Failure::state);
    }
    auto symmetric = symmetric_.clone();
    mix_confirmation(symmetric, message3.first(message3_header_bytes));
    if (!symmetric.open(message->confirmation.view(), {})) {
        return std::unexpected(Failure::confirm);
    }
    return agreed_from(symmetric);
}

}  // namespace keyagreement
