// SPDX-License-Identifier: Apache-2.0
#include "vault/internal/object.h"

#include <zstd.h>

#include <algorithm>

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/key_wrap.h"
#include "vault/vault.h"

namespace vault::internal {
namespace {

using crypto::Aes256Gcm;

constexpr std::uint8_t object_version = 1;
constexpr std::size_t header_bytes = 1 + Aes256Gcm::nonce_bytes;
constexpr int compression_level = 3;  // zstd's default

// What the record key is used for is kept apart by HKDF's info.
base::Bytes derived(base::ByteView record_key, std::string_view purpose) {
    CHECK(record_key.size() == Aes256Gcm::key_bytes);
    return crypto::hkdf_sha512({}, record_key, base::as_bytes(purpose), Aes256Gcm::key_bytes);
}
Aes256Gcm cipher_of(base::ByteView record_key) {
    auto key = derived(record_key, "salus vault 1 encryption");
    Aes256Gcm cipher(key);
    crypto::wipe(key);
    return cipher;
}
Aes256Gcm::Nonce nonce_for(base::ByteView record_key, base::ByteView packed) {
    auto key = derived(record_key, "salus vault 1 nonce");
    const auto digest = crypto::hmac_sha512(key, packed);
    crypto::wipe(key);
    Aes256Gcm::Nonce nonce;
    std::copy_n(digest.begin(), nonce.size(), nonce.begin());
    return nonce;
}

base::Bytes pack(base::ByteView content) {
    base::Bytes packed(ZSTD_compressBound(content.size()));
    const std::size_t size = ZSTD_compress(packed.data(), packed.size(), content.data(),
                                           content.size(), compression_level);
    CHECK(ZSTD_isError(size) == 0);  // the buffer suffices; only memory could be lacking
    packed.resize(size);
    return packed;
}

std::unexpected<base::Error> corrupted(std::string what) {
    return base::fail(base::ErrorCode::corrupted, std::move(what));
}

// One frame that says how large it unpacks, so that no bomb is unpacked before it is refused.
base::Result<base::Bytes> unpack(base::ByteView packed) {
    const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN ||
        ZSTD_findFrameCompressedSize(packed.data(), packed.size()) != packed.size()) {
        return corrupted("what it holds is not one zstd frame of stated size");
    }
    if (size > content_bytes_max) return corrupted("it would unpack to more than 16 MiB");
    base::Bytes content(size);
    const std::size_t got =
        ZSTD_decompress(content.data(), content.size(), packed.data(), packed.size());
    if (ZSTD_isError(got) != 0 || got != content.size()) return corrupted("it does not unpack");
    return content;
}

}  // namespace

std::size_t object_bytes_max() {
    return header_bytes + ZSTD_compressBound(content_bytes_max) + Aes256Gcm::tag_bytes;
}

base::Bytes seal_object(base::ByteView record_key, base::ByteView content) {
    CHECK(content.size() <= content_bytes_max);
    const auto packed = pack(content);
    const auto nonce = nonce_for(record_key, packed);
    base::Bytes object{object_version};
    const auto sealed = cipher_of(record_key).seal(nonce, object, packed);
    base::append(object, nonce);
    base::append(object, sealed);
    return object;
}

base::Result<base::Bytes> open_object(base::ByteView record_key, base::ByteView object) {
    if (object.size() < header_bytes + Aes256Gcm::tag_bytes) return corrupted("it is too short");
    if (object[0] != object_version) return corrupted("its version is unknown");
    Aes256Gcm::Nonce nonce;
    std::ranges::copy(object.subspan(1, nonce.size()), nonce.begin());
    const auto packed =
        cipher_of(record_key).open(nonce, object.first(1), object.subspan(header_bytes));
    if (!packed) return corrupted("its tag does not fit the record key");
    return unpack(*packed);
}

wire::ContentId id_of_object(base::ByteView object) {
    wire::ContentId id;
    id.bytes = {0x01, 0x55, 0x12, 0x20};
    std::ranges::copy(crypto::sha256(object), id.bytes.begin() + 4);
    return id;
}

}  // namespace vault::internal
