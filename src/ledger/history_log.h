// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/hash.h"
#include "storage/key_value_store.h"
#include "wire/ids.h"

namespace ledger {

/// All accepted transactions as one append-only Merkle tree (RFC 9162 section 2.1, SHA-256); leaves
/// are whole envelopes, signatures included.
///
/// Invariant: in the store, under (level, index), stands the hash of each complete subtree of
/// 2^level leaves, and nothing else but the size. A hash once written never changes, so paths
/// within every past size can be given.
///
/// `inclusion_path`, `consistency_path` and `root_at` read the store alone: any thread may call
/// them.
class HistoryLog {
public:
    /// All keys of the log in the store begin with this byte.
    static constexpr std::uint8_t store_prefix = 'H';

    /// Borrows `store`. Errors: `corrupted`, `unavailable`.
    [[nodiscard]] static base::Result<std::unique_ptr<HistoryLog>> open(
        storage::KeyValueStore& store);

    [[nodiscard]] std::uint64_t size() const { return now_.size; }
    /// Of an empty log: SHA-256 of nothing.
    [[nodiscard]] wire::Hash256 root() const;

    struct Tip {
        wire::Hash256 root;
        std::uint64_t size = 0;
    };
    /// The log with these leaf hashes appended (crypto::merkle_leaf of each envelope); what must be
    /// written is added to `batch`. CHECKs that nothing is staged.
    [[nodiscard]] Tip stage(std::span<const crypto::Digest32> leaves, storage::WriteBatch& batch);
    /// The batch is on disk. CHECKs that something is staged.
    void adopt();
    /// What was staged never was; nothing happens if there is nothing.
    void drop() { staged_.reset(); }
    /// What was adopted last never was. CHECKs that this is not the second step back.
    void step_back();

    /// Errors: `not_found` unless index < size and size is at most the log's, `corrupted`.
    [[nodiscard]] base::Result<std::vector<wire::Hash256>> inclusion_path(std::uint64_t index,
                                                                          std::uint64_t size) const;
    /// RFC 9162 section 2.1.4.1. Errors: `not_found` unless old_size <= new_size <= the log's.
    [[nodiscard]] base::Result<std::vector<wire::Hash256>> consistency_path(
        std::uint64_t old_size, std::uint64_t new_size) const;
    [[nodiscard]] base::Result<wire::Hash256> root_at(std::uint64_t size) const;

    /// The complete subtrees that make up the first `size` leaves, from the largest (leftmost) on:
    /// all that a replica needs to append. Errors: as `root_at`.
    [[nodiscard]] base::Result<std::vector<wire::Hash256>> peaks_at(std::uint64_t size) const;
    [[nodiscard]] static wire::Hash256 root_of(const std::vector<wire::Hash256>& peaks);
    /// Begins a log at `size` with these alone; paths that need older leaves are `not_found` then.
    static void stage_frontier(std::uint64_t size, const std::vector<wire::Hash256>& peaks,
                               storage::WriteBatch& batch);

private:
    /// `peaks`: the complete subtrees that make up `size`, from the largest (leftmost) on.
    struct Frontier {
        std::uint64_t size = 0;
        std::vector<wire::Hash256> peaks;
    };
    explicit HistoryLog(storage::KeyValueStore& store) : store_(store) {}
    /// Errors: `not_found` if the log, as it stands in the store, has fewer than `size` leaves.
    [[nodiscard]] base::Result<void> check_size(std::uint64_t size) const;
    /// Root of leaves [begin, end) (RFC 9162's MTH), from stored subtrees.
    [[nodiscard]] base::Result<wire::Hash256> range_root(std::uint64_t begin,
                                                         std::uint64_t end) const;
    [[nodiscard]] base::Result<wire::Hash256> node(unsigned level, std::uint64_t index) const;

    storage::KeyValueStore& store_;
    Frontier now_;
    std::optional<Frontier> before_;  ///< `now_` was adopted.
    std::optional<Frontier> staged_;
};

}  // namespace ledger
