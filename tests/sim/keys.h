// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "crypto/signature_verifier.h"
#include "wire/ids.h"

namespace sim {

/// How a history's signatures are made. Both are a function of key and message alone, so that the
/// same seed gives the same bytes.
enum class Signing {
    fake,  ///< SHA-512 over public key and message: some hundred times as fast.
    real   ///< ECDSA P-256 with SHA-512.
};

/// The P-256 keys of all histories: made once a process, the same in every process.
class KeyRing {
public:
    static constexpr std::size_t keys = 512;

    KeyRing();
    ~KeyRing();
    KeyRing(const KeyRing&) = delete;
    KeyRing& operator=(const KeyRing&) = delete;

    [[nodiscard]] const wire::PublicKeyBytes& public_key(std::size_t index) const;
    [[nodiscard]] wire::SignatureBytes sign(std::size_t index, Signing signing,
                                            base::ByteView message) const;

private:
    struct Curve;
    std::unique_ptr<Curve> curve_;
    std::vector<wire::PublicKeyBytes> public_keys_;
};

/// Takes what `KeyRing::sign` makes in the same mode, and nothing else.
[[nodiscard]] std::unique_ptr<crypto::SignatureVerifier> make_verifier(Signing signing);

}  // namespace sim
