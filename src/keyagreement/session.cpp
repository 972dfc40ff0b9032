// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/session.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/hkdf.h"

namespace keyagreement {
namespace {

/// How many ratchets at once a record may ask for; more than one means that 65,536 records in a row
/// were lost. Chosen by us: it bounds the work that a forged sequence can cause.
constexpr std::uint64_t ratchets_ahead_max = 2;

constexpr std::size_t key_bytes = crypto::aead_key_bytes;

// Source: docs/protocol.md 2.4: (k,iv) = Expand(k, "rekey" n, 44), n the number of the new keys.
DirectionKeys ratcheted(const DirectionKeys& keys, std::uint64_t step) {
    base::Bytes number;
    base::append_u64(number, step);
    return crypto::hkdf_expand<DirectionKeys::size_bytes>(keys.view().first(key_bytes),
                                                          {base::as_bytes("rekey"), number});
}

/// nonce = iv xor (0^4 | seq).
crypto::AeadMessage message_of(Suite suite, const DirectionKeys& keys, std::uint64_t sequence,
                               base::ByteView header) {
    crypto::AeadNonce nonce = crypto::nonce_of(sequence);
    const auto vector = keys.view().subspan(key_bytes);
    for (std::size_t i = 0; i < nonce.size(); ++i) {
        nonce[i] = static_cast<std::uint8_t>(nonce[i] ^ vector[i]);
    }
    return {.algorithm = suite == Suite::chacha20_poly1305
                             ? crypto::AeadAlgorithm::chacha20_poly1305
                             : crypto::AeadAlgorithm::aes_256_gcm,
            .key = keys.view().first(key_bytes),
            .nonce = nonce,
            .associated = header};
}

std::uint32_t step_of(std::uint64_t sequence) {
    return static_cast<std::uint32_t>(sequence / records_a_ratchet);
}

}  // namespace

/// Of the step before the receiver's.
struct Session::OldKeys {
    DirectionKeys keys;
    Elapsed wiped_at;
};

Session::Session(const Names& names, Agreed& agreed, Elapsed now)
    : names_(names),
      send_(std::move(names.side == Side::initiator ? agreed.initiator_to_responder
                                                    : agreed.responder_to_initiator)),
      receive_(std::move(names.side == Side::initiator ? agreed.responder_to_initiator
                                                       : agreed.initiator_to_responder)),
      established_(now) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

std::expected<base::Bytes, Failure> Session::seal(base::ByteView plaintext, Elapsed now) {
    CHECK(plaintext.size() <= data_plaintext_bytes_max);
    if (expired(now)) return std::unexpected(Failure::expired);
    if (step_of(next_) > send_step_) {
        ++send_step_;
        send_ = ratcheted(send_, send_step_);
    }
    const auto header =
        encode(DataHeader{.profile = names_.profile, .receiver = names_.peer, .sequence = next_});
    base::Bytes frame(data_overhead_bytes + plaintext.size());
    std::ranges::copy(header, frame.begin());
    crypto::aead_seal(message_of(names_.suite, send_, next_, header), plaintext,
                      std::span(frame).subspan(data_header_bytes));
    ++next_;
    return frame;
}

std::expected<base::Bytes, Failure> Session::open(base::ByteView frame, Elapsed now) {
    const auto header = decode_data_header(frame);
    if (!header) return std::unexpected(Failure::parse);
    if (header->profile != names_.profile || header->receiver != names_.own) {
        return std::unexpected(Failure::state);
    }
    if (expired(now)) return std::unexpected(Failure::expired);
    // Whoever knows the session's name can state this: it must not pass for the session's end.
    if (header->sequence >= records_max) return std::unexpected(Failure::sequence);
    if (!window_.is_new(header->sequence)) return std::unexpected(Failure::sequence);
    forget_old_keys(now);
    const std::uint32_t step = step_of(header->sequence);
    if (step == receive_step_) return open_under(receive_, *header, frame);
    if (step > receive_step_) return open_ahead(*header, frame, now);
    if (step + 1 == receive_step_ && old_) return open_under(old_->keys, *header, frame);
    return std::unexpected(Failure::sequence);
}

std::expected<base::Bytes, Failure> Session::open_under(const DirectionKeys& keys,
                                                        const DataHeader& header,
                                                        base::ByteView frame) {
    base::Bytes plaintext(frame.size() - data_overhead_bytes);
    const auto message =
        message_of(names_.suite, keys, header.sequence, frame.first(data_header_bytes));
    if (!crypto::aead_open(message, frame.subspan(data_header_bytes), plaintext)) {
        return std::unexpected(Failure::record);
    }
    window_.mark(header.sequence);
    return plaintext;
}

/// The keys move on only with a record that opens under the new ones.
std::expected<base::Bytes, Failure> Session::open_ahead(const DataHeader& header,
                                                        base::ByteView frame, Elapsed now) {
    const std::uint32_t step = step_of(header.sequence);
    if (step - receive_step_ > ratchets_ahead_max) return std::unexpected(Failure::sequence);
    DirectionKeys before = receive_.clone();
    DirectionKeys keys = ratcheted(before, receive_step_ + 1);
    for (std::uint32_t next = receive_step_ + 2; next <= step; ++next) {
        before = std::move(keys);
        keys = ratcheted(before, next);
    }
    auto plaintext = open_under(keys, header, frame);
    if (!plaintext) return plaintext;
    old_ = std::make_unique<OldKeys>(OldKeys{std::move(before), now + old_key_kept});
    receive_ = std::move(keys);
    receive_step_ = step;
    return plaintext;
}

bool Session::due_for_rekey(Elapsed now) const {
    return now - established_ >= rekey_after || next_ >= records_before_rekey ||
           window_.next() >= records_before_rekey;
}

bool Session::expired(Elapsed now) const {
    return now - established_ >= hard_stop_after || next_ >= records_max ||
           window_.next() >= records_max;
}

void Session::forget_old_keys(Elapsed now) {
    if (old_ && now >= old_->wiped_at) old_.reset();
}

}  // namespace keyagreement
