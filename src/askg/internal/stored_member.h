// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "askg/internal/sealed_store.h"
#include "askg/key_generator.h"
#include "askg/secret_bytes.h"
#include "base/error.h"

namespace askg::internal {

/// A member and what only the key generator knows of it.
struct StoredMember {
    Member shown;
    std::uint64_t order = 0;  ///< Of enrolment.
    bool clockless = false;
    Secret32 token_verifier;  ///< TKV; zero where there is none, and after a revocation.
    // Of cloud servers.
    Secret32 channel_key;  ///< CK; zero otherwise.
    std::uint64_t provision_sequence = 0;

    [[nodiscard]] StoredMember clone() const;
};

[[nodiscard]] SecretBytes encode(const StoredMember& member);
/// Errors: `corrupted`.
[[nodiscard]] base::Result<StoredMember> decode_member(base::ByteView bytes);

[[nodiscard]] SecretBytes encode(const Domain& domain);
[[nodiscard]] base::Result<Domain> decode_domain(base::ByteView bytes);

[[nodiscard]] SecretBytes encode(const SymmetricPolynomial& polynomial);
[[nodiscard]] base::Result<SymmetricPolynomial> decode_polynomial(base::ByteView bytes);

/// What there is one of.
struct Roots {
    Secret32 root;               ///< L.
    crypto::Ed25519Seed seed{};  ///< Of the signing key.
    keyagreement::DomainName authority;
    std::int64_t epoch = 0;
    std::uint32_t record_validity_days = 0;
    std::uint64_t next_order = 0;
    // What must be there, so that an entry that was taken out is missed.
    std::uint32_t members = 0;
    std::uint32_t domains = 0;
    std::uint64_t log_size = 0;
    SealedSum sum;  ///< Of all other sealed entries, so that an old one in its place is seen.

    Roots() = default;
    Roots(Roots&&) noexcept = default;
    Roots& operator=(Roots&&) noexcept = default;
    ~Roots() { crypto::wipe(seed); }
};
[[nodiscard]] SecretBytes encode(const Roots& roots);
[[nodiscard]] base::Result<Roots> decode_roots(base::ByteView bytes);

}  // namespace askg::internal
