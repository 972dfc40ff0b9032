// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/random.h"
#include "storage/key_value_store.h"
#include "wire/ids.h"

namespace identity {

/// The key behind each consent's `token_key_hash`, wrapped under the node key while the patient's
/// client lives on the node (custody: node). Named by that hash. Thread-safe.
class ConsentKeys {
public:
    /// Borrows all; `wrapping_key`: 32 bytes.
    ConsentKeys(storage::KeyValueStore& store, base::Bytes wrapping_key, base::Random& random)
        : store_(store), wrapping_key_(std::move(wrapping_key)), random_(random) {}
    /// Draws and stores a key; returns its SHA-512/256.
    [[nodiscard]] base::Result<wire::Hash256> create();
    /// patient_token of `readings_root` [DESIGN 3]: HMAC-SHA-512, the first 32 bytes.
    [[nodiscard]] base::Result<wire::Hash256> token(const wire::Hash256& token_key_hash,
                                                    const wire::Hash256& readings_root) const;

private:
    storage::KeyValueStore& store_;
    base::Bytes wrapping_key_;
    base::Random& random_;
};

}  // namespace identity
