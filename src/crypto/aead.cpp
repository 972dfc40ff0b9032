// SPDX-License-Identifier: Apache-2.0
#include "crypto/aead.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "crypto/internal/openssl.h"

namespace crypto {
namespace {

/// Fetched once: a fetch costs more than sealing a frame.
const EVP_CIPHER* algorithm() {
    static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    CHECK(cipher != nullptr);
    return cipher;
}

internal::CipherContext make_context(base::ByteView key, int encrypts,
                                     const EVP_CIPHER* cipher = algorithm()) {
    internal::CipherContext context(EVP_CIPHER_CTX_new());
    CHECK(context != nullptr);
    CHECK(EVP_CipherInit_ex2(context.get(), cipher, key.data(), nullptr, encrypts, nullptr) == 1);
    return context;
}

/// OpenSSL counts in int. Nothing here is near it: the largest plaintext is a report's content.
int length_of(base::ByteView data) {
    CHECK(data.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
    return static_cast<int>(data.size());
}

void start(EVP_CIPHER_CTX* context, const Aes256Gcm::Nonce& nonce, base::ByteView associated) {
    CHECK(EVP_CipherInit_ex2(context, nullptr, nullptr, nonce.data(), -1, nullptr) == 1);
    if (associated.empty()) return;
    int written = 0;
    CHECK(EVP_CipherUpdate(context, nullptr, &written, associated.data(), length_of(associated)) ==
          1);
}

void transform(EVP_CIPHER_CTX* context, std::uint8_t* out, base::ByteView in) {
    if (in.empty()) return;
    int written = 0;
    CHECK(EVP_CipherUpdate(context, out, &written, in.data(), length_of(in)) == 1);
    CHECK(written == length_of(in));
}

}  // namespace

// Freeing a context wipes the key schedule in it.
struct Aes256Gcm::Contexts {
    internal::CipherContext seal;
    internal::CipherContext open;
};

Aes256Gcm::Aes256Gcm(base::ByteView key) {
    CHECK(key.size() == key_bytes);
    contexts_ = std::make_unique<Contexts>(Contexts{make_context(key, 1), make_context(key, 0)});
}
Aes256Gcm::~Aes256Gcm() = default;
Aes256Gcm::Aes256Gcm(Aes256Gcm&&) noexcept = default;
Aes256Gcm& Aes256Gcm::operator=(Aes256Gcm&&) noexcept = default;

base::Bytes Aes256Gcm::seal(const Nonce& nonce, base::ByteView associated,
                            base::ByteView plaintext) {
    EVP_CIPHER_CTX* context = contexts_->seal.get();
    start(context, nonce, associated);
    base::Bytes out(plaintext.size() + tag_bytes);
    transform(context, out.data(), plaintext);
    std::uint8_t* tag = out.data() + plaintext.size();
    int written = 0;
    CHECK(EVP_CipherFinal_ex(context, tag, &written) == 1 && written == 0);
    CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_bytes, tag) == 1);
    return out;
}

base::Result<base::Bytes> Aes256Gcm::open(const Nonce& nonce, base::ByteView associated,
                                          base::ByteView sealed) {
    if (sealed.size() < tag_bytes) {
        return base::fail(base::ErrorCode::bad_signature, "sealed bytes are shorter than the tag");
    }
    const auto ciphertext = sealed.first(sealed.size() - tag_bytes);
    std::array<std::uint8_t, tag_bytes> tag;
    std::ranges::copy(sealed.last(tag_bytes), tag.begin());

    EVP_CIPHER_CTX* context = contexts_->open.get();
    start(context, nonce, associated);
    base::Bytes out(ciphertext.size());
    transform(context, out.data(), ciphertext);
    CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1);
    int written = 0;
    std::uint8_t nothing = 0;
    if (EVP_CipherFinal_ex(context, &nothing, &written) != 1) {
        OPENSSL_cleanse(out.data(), out.size());  // unauthenticated plaintext goes nowhere
        return base::fail(base::ErrorCode::bad_signature,
                          "the tag does not fit: other key, nonce or bytes");
    }
    return out;
}

namespace {

const EVP_CIPHER* chacha_algorithm() {
    static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr);
    CHECK(cipher != nullptr);
    return cipher;
}

/// A context per thread and algorithm: making one costs more than sealing a short message. The
/// direction is set with each key, so one serves both.
EVP_CIPHER_CTX* shared_context(AeadAlgorithm which) {
    static constexpr std::array<std::uint8_t, aead_key_bytes> no_key{};
    static thread_local const internal::CipherContext contexts[] = {
        make_context(no_key, 1, chacha_algorithm()), make_context(no_key, 1, algorithm())};
    return contexts[static_cast<std::size_t>(which)].get();
}

void start_message(EVP_CIPHER_CTX* context, const AeadMessage& message, int encrypts) {
    CHECK(message.key.size() == aead_key_bytes);
    CHECK(EVP_CipherInit_ex2(context, nullptr, message.key.data(), message.nonce.data(), encrypts,
                             nullptr) == 1);
    if (message.associated.empty()) return;
    int written = 0;
    CHECK(EVP_CipherUpdate(context, nullptr, &written, message.associated.data(),
                           length_of(message.associated)) == 1);
}

/// Puts a zero key and the key stream of a zero byte where the last message's were.
void forget(EVP_CIPHER_CTX* context) {
    static constexpr std::array<std::uint8_t, aead_key_bytes> no_key{};
    static constexpr AeadNonce no_nonce{};
    std::array<std::uint8_t, 1> nothing{};
    CHECK(EVP_CipherInit_ex2(context, nullptr, no_key.data(), no_nonce.data(), 1, nullptr) == 1);
    transform(context, nothing.data(), nothing);
}

}  // namespace

void aead_seal(const AeadMessage& message, base::ByteView plaintext, std::span<std::uint8_t> out) {
    CHECK(out.size() == plaintext.size() + aead_tag_bytes);
    EVP_CIPHER_CTX* context = shared_context(message.algorithm);
    start_message(context, message, 1);
    transform(context, out.data(), plaintext);
    std::uint8_t* tag = out.data() + plaintext.size();
    int written = 0;
    CHECK(EVP_CipherFinal_ex(context, tag, &written) == 1 && written == 0);
    CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, aead_tag_bytes, tag) == 1);
    forget(context);
}

bool aead_open(const AeadMessage& message, base::ByteView sealed, std::span<std::uint8_t> out) {
    if (sealed.size() < aead_tag_bytes) {
        std::ranges::fill(out, std::uint8_t{0});
        return false;
    }
    CHECK(out.size() + aead_tag_bytes == sealed.size());
    std::array<std::uint8_t, aead_tag_bytes> tag;
    std::ranges::copy(sealed.last(aead_tag_bytes), tag.begin());
    EVP_CIPHER_CTX* context = shared_context(message.algorithm);
    start_message(context, message, 0);
    CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, aead_tag_bytes, tag.data()) == 1);
    transform(context, out.data(), sealed.first(out.size()));
    int written = 0;
    std::uint8_t nothing = 0;
    const bool fits = EVP_CipherFinal_ex(context, &nothing, &written) == 1;
    if (!fits) OPENSSL_cleanse(out.data(), out.size());  // unauthenticated plaintext goes nowhere
    forget(context);
    return fits;
}

Aes256Gcm::Nonce nonce_of(std::uint64_t sequence) {
    Aes256Gcm::Nonce nonce{};
    for (std::size_t i = nonce.size(); i > 4; --i) {
        nonce[i - 1] = static_cast<std::uint8_t>(sequence);
        sequence >>= 8;
    }
    return nonce;
}

}  // namespace crypto
