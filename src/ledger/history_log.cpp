// SPDX-License-Identifier: Apache-2.0
#include "ledger/history_log.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/merkle.h"

namespace ledger {
namespace {

using base::Bytes;
using base::ByteView;
using base::ErrorCode;
using base::fail;
using wire::Hash256;

constexpr std::uint8_t node_kind = 'n';
constexpr std::uint8_t size_kind = 's';
constexpr std::uint8_t begin_kind = 'b';
constexpr std::size_t hash_bytes = Hash256::size_bytes;

Bytes size_key() {
    return {HistoryLog::store_prefix, size_kind};
}

/// Of a log that began at a snapshot: its size there.
Bytes begin_key() {
    return {HistoryLog::store_prefix, begin_kind};
}

Bytes node_key(unsigned level, std::uint64_t index) {
    Bytes key{HistoryLog::store_prefix, node_kind, static_cast<std::uint8_t>(level)};
    base::append_u64(key, index);
    return key;
}

Hash256 node_of(const Hash256& left, const Hash256& right) {
    return {crypto::merkle_node(left.bytes, right.bytes)};
}

/// The largest power of two below `leaves`, which is above 1: where RFC 9162 splits a tree.
std::uint64_t split_of(std::uint64_t leaves) {
    return std::bit_floor(leaves - 1);
}

/// The complete subtrees that make up `size`, folded from the right.
Hash256 root_of_peaks(const std::vector<Hash256>& peaks) {
    if (peaks.empty()) return {crypto::sha256(ByteView())};
    Hash256 root = peaks.back();
    for (std::size_t i = peaks.size() - 1; i > 0; --i) root = node_of(peaks[i - 1], root);
    return root;
}

/// 0 if nothing is stored.
base::Result<std::uint64_t> stored_number(const storage::KeyValueStore& store, const Bytes& key) {
    const auto raw = store.get(key);
    if (!raw) return base::pass(raw);
    if (!*raw) return 0;
    if ((*raw)->size() != 8) {
        return fail(ErrorCode::corrupted, "history log: the stored size is damaged");
    }
    return base::read_u64(**raw);
}

}  // namespace

base::Result<std::unique_ptr<HistoryLog>> HistoryLog::open(storage::KeyValueStore& store) {
    const auto size = stored_number(store, size_key());
    if (!size) return base::pass(size);
    std::unique_ptr<HistoryLog> log(new HistoryLog(store));
    auto peaks = log->peaks_at(*size);
    if (!peaks) return base::pass(peaks);
    log->now_ = {.size = *size, .peaks = *std::move(peaks)};
    return log;
}

Hash256 HistoryLog::root() const {
    return root_of_peaks(now_.peaks);
}

HistoryLog::Tip HistoryLog::stage(std::span<const crypto::Digest32> leaves,
                                  storage::WriteBatch& batch) {
    CHECK(!staged_);
    Frontier next = now_;
    struct Run {
        std::uint64_t first = 0;
        Bytes hashes;
    };
    std::vector<Run> runs;  // one a level
    const auto complete = [&](unsigned level, std::uint64_t index, const Hash256& hash) {
        if (runs.size() <= level) runs.resize(level + 1);
        if (runs[level].hashes.empty()) runs[level].first = index;
        base::append(runs[level].hashes, hash.view());
    };
    for (const auto& leaf : leaves) {
        Hash256 hash{leaf};
        unsigned level = 0;
        std::uint64_t index = next.size;
        complete(level, index, hash);
        while (index % 2 == 1) {
            hash = node_of(next.peaks.back(), hash);
            next.peaks.pop_back();
            index /= 2;
            complete(++level, index, hash);
        }
        next.peaks.push_back(hash);
        ++next.size;
    }
    for (unsigned level = 0; level < runs.size(); ++level) {
        batch.put(node_key(level, runs[level].first), std::move(runs[level].hashes));
    }
    Bytes size;
    base::append_u64(size, next.size);
    batch.put(size_key(), std::move(size));
    staged_ = std::move(next);
    return {.root = root_of_peaks(staged_->peaks), .size = staged_->size};
}

void HistoryLog::adopt() {
    CHECK(staged_);
    before_ = std::exchange(now_, std::move(*staged_));
    staged_.reset();
}

void HistoryLog::step_back() {
    CHECK(before_);
    drop();
    now_ = std::move(*before_);
    before_.reset();
}

base::Result<void> HistoryLog::check_size(std::uint64_t size) const {
    const auto stored = stored_number(store_, size_key());
    if (!stored) return base::pass(stored);
    if (size > *stored) {
        return fail(ErrorCode::not_found, "the history log has " + std::to_string(*stored) +
                                              " transactions, not " + std::to_string(size));
    }
    return {};
}

base::Result<Hash256> HistoryLog::node(unsigned level, std::uint64_t index) const {
    std::optional<Hash256> found;
    const auto scanned = store_.scan_reverse(
        node_key(level, 0), node_key(level, index + 1), [&](ByteView key, ByteView value) {
            if (key.size() != 11) return false;
            const std::uint64_t first = base::read_u64(key.last(8));
            if (index - first < value.size() / hash_bytes) {
                found = Hash256::from(value.subspan((index - first) * hash_bytes, hash_bytes));
            }
            return false;
        });
    if (!scanned) return base::pass(scanned);
    if (!found) {
        const auto begin = stored_number(store_, begin_key());
        if (!begin) return base::pass(begin);
        if (index << level < *begin) {
            return fail(ErrorCode::not_found,
                        "the history log begins at this replica's snapshot, with " +
                            std::to_string(*begin) + " transactions");
        }
        return fail(ErrorCode::corrupted, "history log: node " + std::to_string(index) +
                                              " of level " + std::to_string(level) + " is missing");
    }
    return *found;
}

base::Result<Hash256> HistoryLog::range_root(std::uint64_t begin, std::uint64_t end) const {
    CHECK(begin < end);
    const std::uint64_t leaves = end - begin;
    if (std::has_single_bit(leaves) && begin % leaves == 0) {
        return node(static_cast<unsigned>(std::countr_zero(leaves)), begin / leaves);
    }
    const std::uint64_t middle = begin + split_of(leaves);
    const auto left = range_root(begin, middle);
    if (!left) return left;
    const auto right = range_root(middle, end);
    if (!right) return right;
    return node_of(*left, *right);
}

base::Result<Hash256> HistoryLog::root_at(std::uint64_t size) const {
    if (auto known = check_size(size); !known) return base::pass(known);
    if (size == 0) return root_of_peaks({});
    return range_root(0, size);
}

base::Result<std::vector<Hash256>> HistoryLog::inclusion_path(std::uint64_t index,
                                                              std::uint64_t size) const {
    if (auto known = check_size(size); !known) return base::pass(known);
    if (index >= size) {
        return fail(ErrorCode::not_found, "transaction " + std::to_string(index) +
                                              " is not among the first " + std::to_string(size));
    }
    std::vector<Hash256> path;
    std::uint64_t begin = 0;
    std::uint64_t end = size;
    while (end - begin > 1) {
        const std::uint64_t middle = begin + split_of(end - begin);
        const bool on_the_left = index < middle;
        const auto sibling = on_the_left ? range_root(middle, end) : range_root(begin, middle);
        if (!sibling) return base::pass(sibling);
        path.push_back(*sibling);
        (on_the_left ? end : begin) = middle;
    }
    std::ranges::reverse(path);
    return path;
}

base::Result<std::vector<Hash256>> HistoryLog::consistency_path(std::uint64_t old_size,
                                                                std::uint64_t new_size) const {
    if (auto known = check_size(new_size); !known) return base::pass(known);
    if (old_size > new_size) {
        return fail(ErrorCode::not_found, "the older size is the larger one");
    }
    std::vector<Hash256> path;
    if (old_size == 0 || old_size == new_size) return path;
    // RFC 9162 section 2.1.4.1, SUBPROOF(m, D_n, b), as a loop: [begin, end) is D_n, `old_size` is
    // m counted from 0, and `whole` is b: the old tree's root is known to the verifier.
    std::uint64_t begin = 0;
    std::uint64_t end = new_size;
    bool whole = true;
    while (old_size != end) {
        const std::uint64_t middle = begin + split_of(end - begin);
        const bool within_left = old_size <= middle;
        const auto other = within_left ? range_root(middle, end) : range_root(begin, middle);
        if (!other) return base::pass(other);
        path.push_back(*other);
        if (within_left) {
            end = middle;
        } else {
            begin = middle;
            whole = false;
        }
    }
    if (!whole) {
        const auto rest = range_root(begin, end);
        if (!rest) return base::pass(rest);
        path.push_back(*rest);
    }
    std::ranges::reverse(path);
    return path;
}

base::Result<std::vector<Hash256>> HistoryLog::peaks_at(std::uint64_t size) const {
    if (auto known = check_size(size); !known) return base::pass(known);
    std::vector<Hash256> peaks;
    std::uint64_t begin = 0;
    for (unsigned level = 64; level-- > 0;) {
        if ((size >> level & 1U) == 0) continue;
        const auto peak = node(level, begin >> level);
        if (!peak) return base::pass(peak);
        peaks.push_back(*peak);
        begin += std::uint64_t{1} << level;
    }
    return peaks;
}

Hash256 HistoryLog::root_of(const std::vector<Hash256>& peaks) {
    return root_of_peaks(peaks);
}

void HistoryLog::stage_frontier(std::uint64_t size, const std::vector<Hash256>& peaks,
                                storage::WriteBatch& batch) {
    CHECK(peaks.size() == static_cast<std::size_t>(std::popcount(size)));
    std::uint64_t begin = 0;
    std::size_t next = 0;
    for (unsigned level = 64; level-- > 0;) {
        if ((size >> level & 1U) == 0) continue;
        const auto& hash = peaks[next++];
        batch.put(node_key(level, begin >> level), Bytes(hash.bytes.begin(), hash.bytes.end()));
        begin += std::uint64_t{1} << level;
    }
    Bytes number;
    base::append_u64(number, size);
    batch.put(size_key(), number);
    batch.put(begin_key(), std::move(number));
}

}  // namespace ledger
