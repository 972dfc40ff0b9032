// SPDX-License-Identifier: Apache-2.0
#include "witness/note.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/hash.h"
#include "witness/internal/base64.h"
#include "witness/internal/text.h"

namespace witness {

using base::ErrorCode;

namespace {

constexpr std::string_view line_start = "\u2014 ";
constexpr std::size_t key_id_bytes = 4;
constexpr std::size_t key_id_digits = 8;
constexpr std::size_t verifier_key_bytes_max = 256;  // chosen by us

std::unexpected<base::Error> malformed(std::string detail) {
    return base::fail(ErrorCode::malformed, std::move(detail));
}

base::Result<NoteSignature> decode_signature(std::string_view line) {
    if (!line.starts_with(line_start)) {
        return malformed("note: a signature line begins with an em dash and a space");
    }
    line.remove_prefix(line_start.size());
    const auto space = line.find(' ');
    if (space == std::string_view::npos) {
        return malformed("note: a signature line is a key's name, a space and base64");
    }
    NoteSignature out{.name = std::string(line.substr(0, space)), .key_id = 0, .bytes = {}};
    if (!internal::is_key_name(out.name)) {
        return malformed("note: a key's name is empty, or has a space or a plus");
    }
    auto bytes = internal::from_base64(line.substr(space + 1));
    if (!bytes) return malformed("note: the signature of " + out.name + " is no canonical base64");
    if (bytes->size() <= key_id_bytes) {
        return malformed("note: the signature of " + out.name + " is empty");
    }
    out.key_id = base::read_u32(*bytes);
    out.bytes.assign(bytes->begin() + key_id_bytes, bytes->end());
    return out;
}

}  // namespace

base::Result<Note> decode_note(std::string_view text) {
    if (text.size() > note_bytes_max) {
        return base::fail(ErrorCode::too_large,
                          "note: larger than " + std::to_string(note_bytes_max) + " bytes");
    }
    if (!internal::is_note_text(text)) {
        return malformed("note: it is not UTF-8 without control characters");
    }
    const auto separator = text.rfind("\n\n");
    if (separator == std::string_view::npos) {
        return malformed("note: no empty line separates the text from the signatures");
    }
    Note out{.text = std::string(text.substr(0, separator + 1)), .signatures = {}};
    auto rest = text.substr(separator + 2);
    while (!rest.empty()) {
        const auto line = internal::take_line(rest);
        if (!line) return malformed("note: the last line does not end");
        if (out.signatures.size() == note_signatures_max) {
            return base::fail(
                ErrorCode::too_large,
                "note: more than " + std::to_string(note_signatures_max) + " signatures");
        }
        auto signature = decode_signature(*line);
        if (!signature) return base::pass(signature);
        out.signatures.push_back(*std::move(signature));
    }
    if (out.signatures.empty()) return malformed("note: no signature");
    return out;
}

std::string encode(const NoteSignature& signature) {
    base::Bytes bytes;
    base::append_u32(bytes, signature.key_id);
    base::append(bytes, signature.bytes);
    return std::string(line_start) + signature.name + ' ' + internal::to_base64(bytes) + '\n';
}

std::string encode(const Note& note) {
    CHECK(note.text.ends_with('\n') && !note.signatures.empty());
    std::string out = note.text + '\n';
    for (const auto& signature : note.signatures) out += encode(signature);
    return out;
}

std::uint32_t key_id(const VerifierKey& key) {
    const std::array<std::uint8_t, 2> after_name = {'\n', static_cast<std::uint8_t>(key.kind)};
    return base::read_u32(crypto::sha256({base::as_bytes(key.name), after_name, key.public_key}));
}

base::Result<VerifierKey> decode_verifier_key(std::string_view text) {
    if (text.size() > verifier_key_bytes_max) {
        return base::fail(
            ErrorCode::too_large,
            "verifier key: longer than " + std::to_string(verifier_key_bytes_max) + " bytes");
    }
    const auto first = text.find('+');
    const auto second = first == std::string_view::npos ? first : text.find('+', first + 1);
    if (second == std::string_view::npos) {
        return malformed("verifier key: it is a name, an id and a key with '+' between them");
    }
    VerifierKey out{.name = std::string(text.substr(0, first))};
    if (!internal::is_key_name(out.name)) {
        return malformed("verifier key: the name is empty or has a space");
    }
    const auto id = base::from_hex(text.substr(first + 1, second - first - 1));
    if (!id || id->size() != key_id_bytes) {
        return malformed("verifier key: the id has " + std::to_string(key_id_digits) +
                         " lower-case hexadecimal digits");
    }
    const auto key = internal::from_base64(text.substr(second + 1));
    if (!key || key->size() != 1 + out.public_key.size()) {
        return malformed("verifier key: the key is base64 of 33 bytes");
    }
    out.kind = static_cast<KeyKind>(key->front());
    if (out.kind != KeyKind::ed25519 && out.kind != KeyKind::cosignature_v1) {
        return malformed("verifier key: neither an Ed25519 key nor that of a witness");
    }
    std::copy(key->begin() + 1, key->end(), out.public_key.begin());
    if (base::read_u32(*id) != key_id(out)) {
        return malformed("verifier key: the id is not that of this name and key");
    }
    if (const auto point = crypto::Ed25519PublicKey::decode(out.public_key); !point) {
        return base::pass(point);
    }
    return out;
}

std::string encode(const VerifierKey& key) {
    base::Bytes id;
    base::append_u32(id, key_id(key));
    base::Bytes bytes = {static_cast<std::uint8_t>(key.kind)};
    base::append(bytes, key.public_key);
    return key.name + '+' + base::to_hex(id) + '+' + internal::to_base64(bytes);
}

bool is_by(const NoteSignature& signature, const VerifierKey& key) {
    return signature.name == key.name && signature.key_id == key_id(key);
}

}  // namespace witness
