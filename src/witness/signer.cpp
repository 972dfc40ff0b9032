// SPDX-License-Identifier: Apache-2.0
#include "witness/signer.h"

#include "base/check.h"
#include "witness/internal/text.h"

namespace witness {

using base::ErrorCode;

namespace {

constexpr std::size_t time_bytes = 8;
constexpr std::size_t cosignature_bytes = time_bytes + std::tuple_size_v<crypto::Ed25519Signature>;
/// 9999-12-31T23:59:59Z. The specification allows up to 2^63 - 1, which no calendar here holds.
constexpr std::uint64_t seconds_max = 253'402'300'799;

/// Source: c2sp.org/tlog-cosignature, "Ed25519 signed message".
std::string cosigned_message(std::string_view note_text, std::uint64_t seconds) {
    return "cosignature/v1\ntime " + std::to_string(seconds) + '\n' + std::string(note_text);
}

std::unexpected<base::Error> bad_signature(const VerifierKey& key) {
    return base::fail(ErrorCode::bad_signature, "the signature of " + key.name +
                                                    " does not verify; the note was altered or "
                                                    "is not theirs");
}

bool fits(std::string_view message, base::ByteView signature, const VerifierKey& key) {
    const auto point = crypto::Ed25519PublicKey::decode(key.public_key);
    return point && point->verify(base::as_bytes(message), signature);
}

}  // namespace

CheckpointSigner::CheckpointSigner(std::string origin, crypto::Ed25519PrivateKey key)
    : verifier_key_{.name = std::move(origin),
                    .kind = KeyKind::ed25519,
                    .public_key = key.public_key()},
      key_(std::move(key)) {
    CHECK(internal::is_key_name(verifier_key_.name));
}

Note CheckpointSigner::sign(const Checkpoint& checkpoint) const {
    CHECK(checkpoint.origin == verifier_key_.name);
    Note out{.text = encode(checkpoint), .signatures = {}};
    const auto signature = key_.sign(base::as_bytes(out.text));
    out.signatures.push_back({.name = verifier_key_.name,
                              .key_id = key_id(verifier_key_),
                              .bytes = {signature.begin(), signature.end()}});
    return out;
}

Cosigner::Cosigner(std::string name, crypto::Ed25519PrivateKey key)
    : verifier_key_{.name = std::move(name),
                    .kind = KeyKind::cosignature_v1,
                    .public_key = key.public_key()},
      key_(std::move(key)) {
    CHECK(internal::is_key_name(verifier_key_.name));
}

NoteSignature Cosigner::cosign(std::string_view note_text, base::TimePoint time) const {
    CHECK(base::to_unix_ms(time) >= 0);
    const auto seconds = static_cast<std::uint64_t>(base::to_unix_ms(time)) / 1000;
    NoteSignature out{.name = verifier_key_.name, .key_id = key_id(verifier_key_), .bytes = {}};
    base::append_u64(out.bytes, seconds);
    base::append(out.bytes, key_.sign(base::as_bytes(cosigned_message(note_text, seconds))));
    return out;
}

base::Result<void> verify_signature(std::string_view note_text, const NoteSignature& signature,
                                    const VerifierKey& key) {
    if (key.kind != KeyKind::ed25519 || !is_by(signature, key) ||
        !fits(note_text, signature.bytes, key)) {
        return bad_signature(key);
    }
    return {};
}

base::Result<void> verify_log_signature(const Note& note, const VerifierKey& log) {
    bool found = false;
    for (const auto& signature : note.signatures) {
        if (!is_by(signature, log)) continue;
        if (const auto fits_text = verify_signature(note.text, signature, log); !fits_text) {
            return fits_text;
        }
        found = true;
    }
    if (found) return {};
    return base::fail(ErrorCode::unknown_signer,
                      "the checkpoint carries no signature by the log's key " + encode(log));
}

base::Result<base::TimePoint> verify_cosignature(std::string_view note_text,
                                                 const NoteSignature& signature,
                                                 const VerifierKey& key) {
    if (key.kind != KeyKind::cosignature_v1 || !is_by(signature, key) ||
        signature.bytes.size() != cosignature_bytes) {
        return bad_signature(key);
    }
    const base::ByteView bytes(signature.bytes);
    const auto seconds = base::read_u64(bytes);
    if (seconds > seconds_max) {
        return base::fail(ErrorCode::malformed,
                          "the cosignature of " + key.name + " states a time after the year 9999");
    }
    if (!fits(cosigned_message(note_text, seconds), bytes.subspan(time_bytes), key)) {
        return bad_signature(key);
    }
    return base::from_unix_ms(static_cast<std::int64_t>(seconds) * 1000);
}

}  // namespace witness
