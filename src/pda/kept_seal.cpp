// SPDX-License-Identifier: Apache-2.0
#include "pda/kept_seal.h"

#include <algorithm>

#include "crypto/aead.h"
#include "crypto/hkdf.h"

namespace pda {
namespace {

constexpr std::string_view purpose = "salus kept batches v1";

base::Bytes bytes_of(const BatchKey& name) {
    base::Bytes out;
    base::append(out, name.pda.view());
    base::append(out, name.device.view());
    base::append_u64(out, name.counter);
    return out;
}

}  // namespace

KeptSeal::KeptSeal(const crypto::Secret32& pda_private)
    : key_(crypto::hkdf_expand<32>(crypto::hkdf_extract({}, pda_private.view()).view(),
                                   {base::as_bytes(purpose)})) {}

base::Bytes KeptSeal::seal(const BatchKey& name, base::ByteView batch, base::Random& random) const {
    crypto::AeadNonce nonce;
    random.fill(nonce);
    base::Bytes out(overhead_bytes + batch.size());
    std::ranges::copy(nonce, out.begin());
    const base::Bytes associated = bytes_of(name);
    crypto::aead_seal({crypto::AeadAlgorithm::aes_256_gcm, key_.view(), nonce, associated}, batch,
                      std::span(out).subspan(nonce.size()));
    return out;
}

base::Result<base::Bytes> KeptSeal::open(const BatchKey& name, base::ByteView sealed) const {
    const auto refused = base::fail(base::ErrorCode::corrupted,
                                    "a kept batch does not open under this PDA's key and its name");
    if (sealed.size() < overhead_bytes) return refused;
    crypto::AeadNonce nonce;
    std::ranges::copy(sealed.first(nonce.size()), nonce.begin());
    const base::Bytes associated = bytes_of(name);
    base::Bytes out(sealed.size() - overhead_bytes);
    const bool opened =
        crypto::aead_open({crypto::AeadAlgorithm::aes_256_gcm, key_.view(), nonce, associated},
                          sealed.subspan(nonce.size()), out);
    if (!opened) return refused;
    return out;
}

}  // namespace pda
