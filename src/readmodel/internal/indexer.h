// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "base/error.h"
#include "readmodel/read_model.h"
#include "storage/key_value_store.h"
#include "wire/block.h"
#include "wire/transaction.h"

namespace readmodel {

/// How far the model has come.
struct Head {
    wire::Height height = 0;
    wire::HeaderHash hash;  ///< Of the block at `height`; zeros before the first.
    std::uint64_t transactions = 0;
};

/// Keys of the model's store.
namespace keys {
[[nodiscard]] base::Bytes head();
[[nodiscard]] base::Bytes block(wire::Height height);
[[nodiscard]] base::Bytes header_hash(base::ByteView prefix);
[[nodiscard]] base::Bytes transaction(base::ByteView prefix);
[[nodiscard]] base::Bytes consents_of(const wire::LedgerId& patient);
[[nodiscard]] base::Bytes consent_by_ref(const wire::Hash256& ref);
[[nodiscard]] base::Bytes reports_of(const wire::LedgerId& patient);
}  // namespace keys

[[nodiscard]] base::Bytes encode(const Head& head);
[[nodiscard]] base::Result<Head> decode_head(base::ByteView bytes);

/// Turns blocks into rows, and writes those of several blocks at once together with the head.
/// Not thread-safe.
class Indexer {
public:
    /// Borrows `store`.
    Indexer(storage::KeyValueStore& store, const Head& head) : store_(store), head_(head) {}

    /// `block` must be the one after `head()`. Errors: `corrupted` if it is not, or does not
    /// decode.
    [[nodiscard]] base::Result<BlockRow> add(const wire::Block& block);
    /// Writes what was added. Errors: those of the store; then nothing of it was written and the
    /// indexer must be thrown away.
    [[nodiscard]] base::Result<void> write();
    [[nodiscard]] const Head& head() const { return head_; }

private:
    void put(base::Bytes key, base::Bytes value);
    [[nodiscard]] base::Result<std::optional<base::Bytes>> get(const base::Bytes& key) const;
    [[nodiscard]] base::Result<void> add_transaction(const wire::Transaction& tx,
                                                     const TransactionRow& row);
    [[nodiscard]] base::Result<void> add_grant(const wire::Transaction& tx,
                                               const TransactionRow& row);
    [[nodiscard]] base::Result<void> end_consent(const base::Bytes& consent_key,
                                                 wire::Height height);

    storage::KeyValueStore& store_;
    Head head_;
    std::map<base::Bytes, base::Bytes> pending_;
};

}  // namespace readmodel
