// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/ed25519.h"

// Signed notes as C2SP specifies them (c2sp.org/signed-note). docs/formats/checkpoint.md.
namespace witness {

/// One signature line. `bytes` is what follows the key id: 64 bytes under an Ed25519 key, a time of
/// 8 bytes and then 64 in a cosignature, anything in lines of other kinds, which are kept as they
/// are.
struct NoteSignature {
    std::string name;
    std::uint32_t key_id = 0;
    base::Bytes bytes;
    friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

/// A text signed by one or more keys. Nothing in it may be believed before a signature of a known
/// key was verified: `verify_checkpoint` in policy.h.
struct Note {
    std::string text;  ///< Ends with a newline.
    std::vector<NoteSignature> signatures;
    friend bool operator==(const Note&, const Note&) = default;
};

/// Bounds chosen by us: the specification asks for 16 signatures at least, of which the largest
/// known kind takes 5 KB.
inline constexpr std::size_t note_bytes_max = 131'072;
inline constexpr std::size_t note_signatures_max = 64;

/// Reads untrusted bytes; what it accepts `encode` writes again byte for byte. Stricter than the
/// specification in one thing: base64 must be canonical. Errors: `too_large` above the bounds,
/// `malformed` naming the line.
[[nodiscard]] base::Result<Note> decode_note(std::string_view text);
/// CHECKs that the text ends with a newline and that there is a signature.
[[nodiscard]] std::string encode(const Note& note);
/// One signature line with its newline: what a C2SP witness answers with.
[[nodiscard]] std::string encode(const NoteSignature& signature);

/// What a key's signatures are, as the byte before the key says.
enum class KeyKind : std::uint8_t {
    ed25519 = 0x01,         ///< Over the text of the note: the log's own key.
    cosignature_v1 = 0x04,  ///< Over the text and a time: a witness's key.
};

/// A public key with the name under which it signs.
struct VerifierKey {
    std::string name;
    KeyKind kind = KeyKind::ed25519;
    crypto::Ed25519PublicKeyBytes public_key{};
    friend bool operator==(const VerifierKey&, const VerifierKey&) = default;
};

/// The first four bytes of SHA-256(name | newline | kind | public key), big-endian.
[[nodiscard]] std::uint32_t key_id(const VerifierKey& key);
/// The "vkey": name+id+base64(kind | public key). Errors: `malformed` naming the part (also where
/// the id is not the key's), `bad_key` as `Ed25519PublicKey::decode`, `too_large` above 256 bytes.
[[nodiscard]] base::Result<VerifierKey> decode_verifier_key(std::string_view text);
[[nodiscard]] std::string encode(const VerifierKey& key);

/// Whether the line is by this key, as its name and id say. The signature is still to be verified.
[[nodiscard]] bool is_by(const NoteSignature& signature, const VerifierKey& key);

}  // namespace witness
