// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include "askg/secret_bytes.h"
#include "askg/unlock.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/random.h"
#include "crypto/secret.h"
#include "storage/key_value_store.h"

namespace askg::internal {

/// What stands sealed in a store, in 32 bytes: the XOR of a MAC of each entry, each under a key of
/// its own, so that one changes with each entry alone. Nobody without the data key can compute
/// any, so no choice among values of before has the sum of another but by chance of 2^-256.
class SealedSum {
public:
    static constexpr std::size_t size_bytes = 32;
    using Bytes = std::array<std::uint8_t, size_bytes>;
    SealedSum() = default;
    explicit SealedSum(const Bytes& bytes) : bytes_(bytes) {}
    /// Puts an entry into the sum, or takes it out.
    void toggle(const Bytes& mac) {
        for (std::size_t i = 0; i < size_bytes; ++i) bytes_[i] ^= mac[i];
    }
    [[nodiscard]] const Bytes& bytes() const { return bytes_; }
    friend bool operator==(const SealedSum&, const SealedSum&) = default;

private:
    Bytes bytes_{};
};

/// A key-value store in which every value is AES-256-GCM under a data key, bound to its key. The
/// data key is drawn once and wrapped under what an unlock secret gives: HKDF over the key of a key
/// file, or over Argon2id of a passphrase. docs/formats/askg.md.
class SealedStore {
public:
    /// Draws a data key and puts it, wrapped, into `batch`, which the caller writes with its first
    /// values. Borrows `store` and `random`. Errors: those of `crypto::argon2id`.
    [[nodiscard]] static base::Result<SealedStore> create(storage::KeyValueStore& store,
                                                          const UnlockSecret& unlock,
                                                          base::Random& random,
                                                          storage::WriteBatch& batch);
    /// Errors: `not_found` if there is nothing sealed; `unauthenticated` if `unlock` does not open
    /// it; `unsupported_version` if it was made by an older program; `corrupted`; those of the
    /// store.
    [[nodiscard]] static base::Result<SealedStore> open(storage::KeyValueStore& store,
                                                        const UnlockSecret& unlock,
                                                        base::Random& random);

    void put(storage::WriteBatch& batch, base::Bytes key, base::ByteView value) const;
    /// The same for an entry that `sum` covers: the one that it replaces is taken out. Once a batch
    /// for each key. Errors: those of reading.
    [[nodiscard]] base::Result<void> put(storage::WriteBatch& batch, base::Bytes key,
                                         base::ByteView value, SealedSum& sum) const;
    /// Puts what stands below `prefix` into `sum`.
    [[nodiscard]] base::Result<void> add_all(base::ByteView prefix, SealedSum& sum) const;
    /// Errors: `corrupted` if the value was not sealed under this very key.
    [[nodiscard]] base::Result<std::optional<SecretBytes>> get(base::ByteView key) const;
    /// Every value whose key begins with `prefix`, in order.
    using Visit = std::function<base::Result<void>(base::ByteView key, base::ByteView value)>;
    [[nodiscard]] base::Result<void> scan(base::ByteView prefix, const Visit& visit) const;

    [[nodiscard]] storage::KeyValueStore& store() const { return *store_; }

private:
    SealedStore(storage::KeyValueStore& store, base::Random& random, crypto::Secret32 data_key);
    [[nodiscard]] base::Result<SecretBytes> opened(base::ByteView key, base::ByteView sealed) const;
    [[nodiscard]] SealedSum::Bytes mac_of(base::ByteView key, base::ByteView sealed) const;

    storage::KeyValueStore* store_;
    base::Random* random_;
    crypto::Secret32 data_key_;
    crypto::Secret32 mac_key_;
};

/// Whether a store holds a key generator.
[[nodiscard]] base::Result<bool> is_sealed(const storage::KeyValueStore& store);

}  // namespace askg::internal
