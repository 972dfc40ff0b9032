// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/internal/symmetric_state.h"

#include <algorithm>

#include "crypto/hkdf.h"

namespace keyagreement::internal {
namespace {

crypto::AeadAlgorithm algorithm_of(Suite suite) {
    return suite == Suite::chacha20_poly1305 ? crypto::AeadAlgorithm::chacha20_poly1305
                                             : crypto::AeadAlgorithm::aes_256_gcm;
}

}  // namespace

SymmetricState::SymmetricState(Profile profile, Suite suite, const DomainName& domain)
    : algorithm_(algorithm_of(suite)) {
    const std::array<std::uint8_t, 2> numbers = {static_cast<std::uint8_t>(profile),
                                                 static_cast<std::uint8_t>(suite)};
    hash_ = crypto::sha512({base::as_bytes("IMT-AKE/1"), numbers, domain.view()});
    std::ranges::copy(hash_, chain_.writable().begin());
}

void SymmetricState::mix_hash(base::ByteView bytes) {
    hash_ = crypto::sha512({hash_, bytes});
}

void SymmetricState::mix_key(base::ByteView ikm, std::string_view info) {
    const auto prk = crypto::hkdf_extract(chain_.view(), ikm);
    const auto both = crypto::hkdf_expand<96>(prk.view(), {base::as_bytes(info)});
    std::ranges::copy(both.view().first(64), chain_.writable().begin());
    std::ranges::copy(both.view().last(32), key_.writable().begin());
}

void SymmetricState::seal(base::ByteView plaintext, std::span<std::uint8_t> out) {
    crypto::aead_seal(
        {.algorithm = algorithm_, .key = key_.view(), .nonce = {}, .associated = hash_}, plaintext,
        out);
    mix_hash(out);
}

bool SymmetricState::open(base::ByteView sealed, std::span<std::uint8_t> out) {
    const bool fits = crypto::aead_open(
        {.algorithm = algorithm_, .key = key_.view(), .nonce = {}, .associated = hash_}, sealed,
        out);
    if (fits) mix_hash(sealed);
    return fits;
}

crypto::Secret<64> SymmetricState::finish() const {
    return crypto::secret_hmac_sha512(chain_.view(), {hash_});
}

SymmetricState SymmetricState::clone() const {
    SymmetricState out;
    out.algorithm_ = algorithm_;
    out.hash_ = hash_;
    out.chain_ = chain_.clone();
    out.key_ = key_.clone();
    return out;
}

}  // namespace keyagreement::internal
