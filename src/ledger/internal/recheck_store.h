// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "storage/key_value_store.h"

namespace ledger {

/// Remembers which keys were seen by 64 bits of their SHA-256, 8 to 16 bytes a key. Two keys of one
/// chain would have to collide to be confused: for 20 million keys a chance of 1 in 90,000, and
/// even then only a difference in an index can be overlooked, never one in a block or in the state.
class SeenKeys {
public:
    /// False if it was there already.
    bool add(base::ByteView key);
    [[nodiscard]] bool contains(base::ByteView key) const;
    [[nodiscard]] std::size_t size() const { return count_; }

private:
    [[nodiscard]] static std::uint64_t mark_of(base::ByteView key);
    /// Where `mark` is, or where it would go.
    [[nodiscard]] std::size_t slot_of(std::uint64_t mark) const;
    void grow();
    std::vector<std::uint64_t> slots_ = std::vector<std::uint64_t>(1'024);  // 0: free
    std::size_t count_ = 0;
};

/// What a re-execution writes is held against what is stored, entry by entry, and never kept twice:
/// an entry that is equal is read from there. A key is visible here only once it was written here,
/// so that the re-execution cannot see its own future. One thread; changes nothing in `stored`.
class RecheckStore final : public storage::KeyValueStore {
public:
    /// Borrows `stored`.
    explicit RecheckStore(const storage::KeyValueStore& stored) : stored_(stored) {}

    [[nodiscard]] base::Result<std::optional<base::Bytes>> get(base::ByteView key) const override;
    [[nodiscard]] base::Result<std::vector<std::optional<base::Bytes>>> multi_get(
        const std::vector<base::Bytes>& keys) const override;
    /// Scans serve only to find the newest entries when a ledger is opened, and this one is opened
    /// empty. Errors: `unavailable` once anything was written.
    [[nodiscard]] base::Result<void> scan(
        base::ByteView begin, base::ByteView end,
        const std::function<bool(base::ByteView, base::ByteView)>& visit) const override;
    [[nodiscard]] base::Result<void> scan_reverse(
        base::ByteView begin, base::ByteView end,
        const std::function<bool(base::ByteView, base::ByteView)>& visit) const override;
    [[nodiscard]] base::Result<void> write(const storage::WriteBatch& batch) override;

    /// After the last block: the first entry that is stored otherwise than re-execution writes it,
    /// is missing, or that no re-execution writes, what this replica did with its past aside; in
    /// words. Nothing if all are equal.
    [[nodiscard]] base::Result<std::optional<std::string>> difference() const;
    /// So many entries differ that going on would only fill the memory; `difference` names one.
    [[nodiscard]] bool is_hopeless() const { return other_.size() > 10'000; }

private:
    const storage::KeyValueStore& stored_;
    SeenKeys seen_;
    std::map<base::Bytes, base::Bytes> other_;  ///< Not stored so, or not yet: the tip, counts.
};

}  // namespace ledger
