// SPDX-License-Identifier: Apache-2.0
#include "attack/dump.h"

#include <algorithm>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/hkdf.h"

namespace attack {
namespace {

using base::Bytes;
using base::ByteView;

constexpr std::size_t nonce_bytes = 12, tag_bytes = 16;

Bytes with(std::string_view text, std::initializer_list<ByteView> parts) {
    const auto begin = base::as_bytes(text);
    Bytes out(begin.begin(), begin.end());
    for (const auto part : parts) base::append(out, part);
    return out;
}

/// nonce 12 | AES-256-GCM.
std::optional<Bytes> open_sealed(ByteView key, ByteView sealed, ByteView associated) {
    if (sealed.size() < nonce_bytes + tag_bytes) return std::nullopt;
    crypto::AeadNonce nonce{};
    std::ranges::copy(sealed.first(nonce_bytes), nonce.begin());
    Bytes plain(sealed.size() - nonce_bytes - tag_bytes);
    const crypto::AeadMessage message{.algorithm = crypto::AeadAlgorithm::aes_256_gcm,
                                      .key = key,
                                      .nonce = nonce,
                                      .associated = associated};
    if (!crypto::aead_open(message, sealed.subspan(nonce_bytes), plain)) return std::nullopt;
    return plain;
}

/// `L`: version 1, kind 1, salt 16, cost 8, length 4, the wrapped data key.
std::optional<Bytes> data_key_of(const storage::KeyValueStore& store, ByteView unlock_key) {
    constexpr std::size_t salt_at = 2, salt_bytes = 16, wrapped_at = salt_at + salt_bytes + 12;
    const auto lock = store.get(Bytes{'L'});
    if (!lock || !*lock || (*lock)->size() <= wrapped_at) return std::nullopt;
    const ByteView bytes = **lock;
    const auto wrapping = crypto::hkdf_sha512(bytes.subspan(salt_at, salt_bytes), unlock_key,
                                              base::as_bytes("askg unlock"), 32);
    return open_sealed(wrapping, bytes.subspan(wrapped_at), base::as_bytes("askg data key"));
}

}  // namespace

std::optional<Bytes> open_generator(const storage::KeyValueStore& store,
                                    const crypto::Secret32& unlock_key) {
    const auto data_key = data_key_of(store, unlock_key.view());
    if (!data_key) return std::nullopt;
    Bytes out;
    bool opened = true;
    const auto take = [&](ByteView key, ByteView value) {
        base::append(out, key);
        const bool in_clear = key[0] == 'L' || key[0] == 'K' || key[0] == 'E' || key[0] == 'H';
        const auto plain = in_clear ? std::optional(Bytes(value.begin(), value.end()))
                                    : open_sealed(*data_key, value, with("askg value", {key}));
        opened = opened && plain;
        if (plain) base::append(out, *plain);
        return opened;
    };
    if (!store.scan({}, Bytes(1, 0xff), take) || !opened) return std::nullopt;
    return out;
}

std::optional<Bytes> open_table(const askg::CloudServerGrant& server, ByteView sealed) {
    return open_sealed(
        server.channel_key.view(), sealed,
        with("IMT-AKE/1 provision", {server.certificate.authority.view(), server.id.view()}));
}

bool holds(ByteView dump, ByteView secret) {
    return !std::ranges::search(dump, secret).empty();
}

std::string found_in(ByteView dump, const std::vector<Named>& secrets) {
    std::string out;
    for (const auto& secret : secrets) {
        if (!holds(dump, secret.bytes)) continue;
        out += (out.empty() ? "" : ", ") + std::string(secret.name);
    }
    return out;
}

}  // namespace attack
