// SPDX-License-Identifier: Apache-2.0
#include "attack/key_schedule.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "keyagreement/message.h"

namespace attack {
namespace {

using base::Bytes;
using base::ByteView;
using keyagreement::Suite;

constexpr std::size_t header1_bytes = 10, header2_bytes = 18, header3_bytes = 10;

class Schedule {
public:
    explicit Schedule(const Parties& parties)
        : algorithm_(parties.prologue.suite == Suite::aes_256_gcm
                         ? crypto::AeadAlgorithm::aes_256_gcm
                         : crypto::AeadAlgorithm::chacha20_poly1305) {
        const std::uint8_t numbers[] = {static_cast<std::uint8_t>(parties.prologue.profile),
                                        static_cast<std::uint8_t>(parties.prologue.suite)};
        hash_ =
            crypto::sha512({base::as_bytes("IMT-AKE/1"), numbers, parties.prologue.domain.view()});
        chain_.assign(hash_.begin(), hash_.end());
        mix_hash(parties.prologue.responder);
    }

    void mix_hash(ByteView bytes) { hash_ = crypto::sha512({hash_, bytes}); }
    void mix_key(ByteView input, std::string_view info = {}) {
        const auto both = crypto::hkdf_sha512(chain_, input, base::as_bytes(info), 96);
        chain_.assign(both.begin(), both.begin() + 64);
        key_.assign(both.begin() + 64, both.end());
    }
    void mix_key(const std::optional<crypto::Secret32>& secret, std::string_view info = {}) {
        static const crypto::Secret32 unknown;
        mix_key(secret ? secret->view() : unknown.view(), info);
    }
    /// Mixes the ciphertext in, whether it opens or not.
    std::optional<Bytes> open(ByteView sealed) {
        Bytes plain(sealed.size() - keyagreement::tag_bytes);
        const bool fits = crypto::aead_open(message(), sealed, plain);
        mix_hash(sealed);
        if (!fits) return std::nullopt;
        return plain;
    }
    Bytes seal(ByteView plain) {
        Bytes sealed(plain.size() + keyagreement::tag_bytes);
        crypto::aead_seal(message(), plain, sealed);
        mix_hash(sealed);
        return sealed;
    }
    [[nodiscard]] crypto::Digest64 finish() const { return crypto::hmac_sha512(chain_, hash_); }
    [[nodiscard]] crypto::AeadAlgorithm algorithm() const { return algorithm_; }

private:
    [[nodiscard]] crypto::AeadMessage message() const {
        return {.algorithm = algorithm_, .key = key_, .nonce = {}, .associated = hash_};
    }
    crypto::AeadAlgorithm algorithm_;
    crypto::Digest64 hash_{};
    Bytes chain_;
    Bytes key_;
};

Bytes big_endian(std::uint64_t value) {
    Bytes out;
    base::append_u64(out, value);
    return out;
}

/// RFC 5869's second step, for at most two blocks.
Bytes expand(ByteView prk, std::string_view info, std::size_t bytes) {
    Bytes out, block;
    for (std::uint8_t i = 1; out.size() < bytes; ++i) {
        base::append(block, base::as_bytes(info));
        block.push_back(i);
        const auto digest = crypto::hmac_sha512(prk, block);
        block.assign(digest.begin(), digest.end());
        base::append(out, block);
    }
    out.resize(bytes);
    return out;
}

// The steps of 2.4 around each ciphertext; `message` is a whole frame.

void before_c1(Schedule& schedule, const Known& known, ByteView message) {
    schedule.mix_hash(message.first(header1_bytes));
    const auto ephemeral = message.subspan(header1_bytes, 32);
    schedule.mix_hash(ephemeral);
    schedule.mix_key(ephemeral);
    schedule.mix_key(known.es);
}
void before_c2(Schedule& schedule, const Parties& parties, const Known& known) {
    schedule.mix_hash(parties.initiator);
    schedule.mix_key(known.ss);
    schedule.mix_key(known.psk, "psk");
}
void before_c3(Schedule& schedule, const Known& known, ByteView message) {
    schedule.mix_hash(message.first(header2_bytes));
    const auto ephemeral = message.subspan(header2_bytes, 32);
    schedule.mix_hash(ephemeral);
    schedule.mix_key(ephemeral);
    schedule.mix_key(known.ee);
    schedule.mix_key(known.se);
}
void before_c4(Schedule& schedule, ByteView message) {
    schedule.mix_hash(message.first(header3_bytes));
    schedule.mix_key(ByteView{}, "confirm");
}

/// Up to the end of MSG1 and MSG2, with what is opened on the way.
void follow1(Schedule& schedule, const Parties& parties, const Known& known, ByteView message1,
             Reading& reading) {
    CHECK(message1.size() == keyagreement::message1_bytes);
    before_c1(schedule, known, message1);
    if (const auto pid = schedule.open(message1.subspan(42, 32))) {
        reading.pid = keyagreement::Pid::from(*pid);
    }
    before_c2(schedule, parties, known);
    reading.time1 = schedule.open(message1.subspan(74, 24)).has_value();
}
void follow2(Schedule& schedule, const Known& known, ByteView message2, Reading& reading) {
    CHECK(message2.size() == keyagreement::message2_bytes);
    before_c3(schedule, known, message2);
    reading.time2 = schedule.open(message2.subspan(50, 24)).has_value();
}

std::optional<Bytes> open_record(crypto::AeadAlgorithm algorithm, ByteView keys, ByteView record) {
    if (record.size() < keyagreement::data_overhead_bytes) return std::nullopt;
    const auto header = record.first(keyagreement::data_header_bytes);
    crypto::AeadNonce nonce{};
    std::ranges::copy(keys.subspan(32, 12), nonce.begin());
    for (std::size_t i = 0; i < 8; ++i) {
        nonce[4 + i] = static_cast<std::uint8_t>(nonce[4 + i] ^ header[10 + i]);
    }
    Bytes plain(record.size() - keyagreement::data_overhead_bytes);
    const crypto::AeadMessage message{
        .algorithm = algorithm, .key = keys.first(32), .nonce = nonce, .associated = header};
    if (!crypto::aead_open(message, record.subspan(header.size()), plain)) return std::nullopt;
    return plain;
}

}  // namespace

Reading read(const Parties& parties, const Known& known, const Heard& heard) {
    Reading reading;
    Schedule schedule(parties);
    follow1(schedule, parties, known, heard.message1, reading);
    follow2(schedule, known, heard.message2, reading);
    before_c4(schedule, heard.message3);
    reading.confirmation =
        schedule.open(ByteView(heard.message3).subspan(header3_bytes)).has_value();
    const auto prk = schedule.finish();
    const auto traffic = expand(prk, "IMT traffic", 88);  // kIR | ivIR | kRI | ivRI
    reading.record = open_record(schedule.algorithm(), traffic, heard.record);
    reading.answer = open_record(schedule.algorithm(), ByteView(traffic).subspan(44), heard.answer);
    const auto exporter = expand(prk, "IMT exporter", 64);
    reading.session_key = *crypto::Secret32::from(expand(exporter, "SecKey", 32));
    return reading;
}

Bytes forge_message1(const Parties& parties, const Known& known, const Forgery1& forgery) {
    Bytes out{static_cast<std::uint8_t>(0x10 | static_cast<int>(parties.prologue.profile)), 0x01};
    base::append(out, forgery.session.view());
    base::append(out, forgery.ephemeral);
    Schedule schedule(parties);
    before_c1(schedule, known, out);
    base::append(out, schedule.seal(forgery.pid.view()));
    before_c2(schedule, parties, known);
    base::append(out, schedule.seal(big_endian(forgery.time_ms)));
    out.resize(keyagreement::message1_bytes);
    return with_mac1(parties.prologue.responder, std::move(out));
}

Bytes forge_message2(const Parties& parties, const Known& known, ByteView message1,
                     const Forgery2& forgery) {
    Bytes out{message1[0], 0x02};
    base::append(out, message1.subspan(2, 8));
    base::append(out, forgery.session.view());
    base::append(out, forgery.ephemeral);
    Schedule schedule(parties);
    Reading unused;
    follow1(schedule, parties, known, message1, unused);
    before_c3(schedule, known, out);
    base::append(out, schedule.seal(big_endian(forgery.time_ms)));
    return out;
}

Bytes forge_message3(const Parties& parties, const Known& known, ByteView message1,
                     ByteView message2) {
    Schedule schedule(parties);
    Reading unused;
    follow1(schedule, parties, known, message1, unused);
    follow2(schedule, known, message2, unused);
    Bytes out{message1[0], 0x03};
    base::append(out, message2.subspan(10, 8));
    before_c4(schedule, out);
    base::append(out, schedule.seal({}));
    return out;
}

Bytes with_mac1(const keyagreement::PublicKey& responder, Bytes message1) {
    constexpr std::size_t covered = keyagreement::message1_bytes - 16;
    const auto key = crypto::sha512({base::as_bytes("mac1"), responder});
    const auto mac = crypto::hmac_sha512(key, ByteView(message1).first(covered));
    std::copy_n(mac.begin(), 16, message1.begin() + covered);
    return message1;
}

}  // namespace attack
