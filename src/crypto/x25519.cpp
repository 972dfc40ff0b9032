// SPDX-License-Identifier: Apache-2.0
#include "crypto/x25519.h"

#include <openssl/core_names.h>

#include "base/check.h"
#include "crypto/internal/openssl.h"

namespace crypto {
namespace {

internal::PkeyContext prepare(EVP_PKEY* key) {
    internal::PkeyContext context(EVP_PKEY_CTX_new(key, nullptr));
    CHECK(context != nullptr);
    CHECK(EVP_PKEY_derive_init(context.get()) == 1);
    return context;
}

/// A key per thread that stands for whichever peer is next: making one for each costs a tenth of
/// the agreement.
EVP_PKEY* peer_key(const X25519PublicKeyBytes& peer) {
    static thread_local const internal::Pkey key(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, peer.data(), peer.size()));
    CHECK(key != nullptr);
    CHECK(EVP_PKEY_set1_encoded_public_key(key.get(), peer.data(), peer.size()) == 1);
    return key.get();
}

/// OpenSSL leaves the result's limbs in the stack frames that it no longer uses. Theirs are about
/// 2 KiB deep; this one lies where they lay.
[[gnu::noinline]] void wipe_dead_frames() {
    std::array<std::uint8_t, 8'192> dead;
    wipe(dead);
}

}  // namespace

// OpenSSL wipes the scalar when the key is freed.
struct X25519PrivateKey::Key {
    internal::Pkey pkey;
    /// Ready to agree, and copied for each time: making one costs twenty times as much.
    internal::PkeyContext prepared;
};

X25519PrivateKey::X25519PrivateKey(std::unique_ptr<Key> key, const X25519PublicKeyBytes& public_key)
    : key_(std::move(key)), public_key_(public_key) {}
X25519PrivateKey::~X25519PrivateKey() = default;
X25519PrivateKey::X25519PrivateKey(X25519PrivateKey&&) noexcept = default;
X25519PrivateKey& X25519PrivateKey::operator=(X25519PrivateKey&&) noexcept = default;

X25519PrivateKey X25519PrivateKey::from_bytes(const Secret32& scalar) {
    internal::Pkey pkey(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, scalar.view().data(),
                                                     scalar.view().size()));
    CHECK(pkey != nullptr);
    X25519PublicKeyBytes public_key;
    std::size_t size = public_key.size();
    CHECK(EVP_PKEY_get_raw_public_key(pkey.get(), public_key.data(), &size) == 1);
    CHECK(size == public_key.size());
    wipe_dead_frames();
    auto prepared = prepare(pkey.get());
    return {std::make_unique<Key>(Key{std::move(pkey), std::move(prepared)}), public_key};
}

X25519PrivateKey X25519PrivateKey::draw(base::Random& random) {
    return from_bytes(Secret32::draw(random));
}

// Source: RFC 7748 section 6.1. OpenSSL refuses the all-zero result itself.
std::optional<Secret32> X25519PrivateKey::agree(const X25519PublicKeyBytes& peer) const {
    const internal::PkeyContext context(EVP_PKEY_CTX_dup(key_->prepared.get()));
    CHECK(context != nullptr);
    constexpr int unvalidated = 0;  // every 32 bytes are a key; the result is what is checked
    CHECK(EVP_PKEY_derive_set_peer_ex(context.get(), peer_key(peer), unvalidated) == 1);
    std::optional<Secret32> out(std::in_place);
    std::size_t size = Secret32::size_bytes;
    const bool derived = EVP_PKEY_derive(context.get(), out->writable().data(), &size) == 1;
    wipe_dead_frames();
    if (!derived) {
        ERR_clear_error();
        return std::nullopt;
    }
    CHECK(size == Secret32::size_bytes);
    return out;
}

Secret32 X25519PrivateKey::to_bytes() const {
    Secret32 out;
    std::size_t size = 0;
    // EVP_PKEY_get_raw_private_key goes by a copy on the heap that it does not wipe.
    CHECK(EVP_PKEY_get_octet_string_param(key_->pkey.get(), OSSL_PKEY_PARAM_PRIV_KEY,
                                          out.writable().data(), Secret32::size_bytes, &size) == 1);
    CHECK(size == Secret32::size_bytes);
    return out;
}

}  // namespace crypto
