// SPDX-License-Identifier: Apache-2.0
#include "ledger/internal/recheck_store.h"

#include "base/check.h"
#include "crypto/hash.h"
#include "ledger/block_store.h"
#include "ledger/entry_names.h"

namespace ledger {

using base::Bytes;
using base::ByteView;
using base::ErrorCode;
using base::fail;

std::uint64_t SeenKeys::mark_of(ByteView key) {
    const auto digest = crypto::sha256(key);
    const std::uint64_t mark = base::read_u64(digest);
    return mark == 0 ? 1 : mark;
}

std::size_t SeenKeys::slot_of(std::uint64_t mark) const {
    const std::size_t mask = slots_.size() - 1;  // a power of two
    std::size_t slot = mark & mask;
    while (slots_[slot] != 0 && slots_[slot] != mark) slot = (slot + 1) & mask;
    return slot;
}

bool SeenKeys::add(ByteView key) {
    const auto mark = mark_of(key);
    auto slot = slot_of(mark);
    if (slots_[slot] == mark) return false;
    if (count_ + count_ / 4 > slots_.size()) {
        grow();
        slot = slot_of(mark);
    }
    slots_[slot] = mark;
    ++count_;
    return true;
}

bool SeenKeys::contains(ByteView key) const {
    const auto mark = mark_of(key);
    return slots_[slot_of(mark)] == mark;
}

void SeenKeys::grow() {
    std::vector<std::uint64_t> old(slots_.size() * 2);
    old.swap(slots_);
    for (const auto mark : old) {
        if (mark != 0) slots_[slot_of(mark)] = mark;
    }
}

base::Result<std::optional<Bytes>> RecheckStore::get(ByteView key) const {
    const auto other = other_.find(Bytes(key.begin(), key.end()));
    if (other != other_.end()) return other->second;
    if (!seen_.contains(key)) return std::nullopt;
    return stored_.get(key);
}

base::Result<std::vector<std::optional<Bytes>>> RecheckStore::multi_get(
    const std::vector<Bytes>& keys) const {
    std::vector<std::optional<Bytes>> out;
    out.reserve(keys.size());
    for (const auto& key : keys) {
        auto value = get(key);
        if (!value) return base::pass(value);
        out.push_back(std::move(*value));
    }
    return out;
}

base::Result<void> RecheckStore::scan(ByteView, ByteView,
                                      const std::function<bool(ByteView, ByteView)>&) const {
    if (seen_.size() == 0) return {};
    return fail(ErrorCode::unavailable, "a re-execution does not scan");
}

base::Result<void> RecheckStore::scan_reverse(
    ByteView begin, ByteView end, const std::function<bool(ByteView, ByteView)>& visit) const {
    return scan(begin, end, visit);
}

base::Result<void> RecheckStore::write(const storage::WriteBatch& batch) {
    std::vector<Bytes> keys;
    keys.reserve(batch.entries().size());
    for (const auto& entry : batch.entries()) keys.push_back(entry.key);
    const auto stored = stored_.multi_get(keys);
    if (!stored) return base::pass(stored);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto& entry = batch.entries()[i];
        CHECK(entry.value);  // the ledger only ever adds
        seen_.add(entry.key);
        if ((*stored)[i] == entry.value) {
            other_.erase(entry.key);
        } else {
            other_.insert_or_assign(entry.key, *entry.value);
        }
    }
    return {};
}

base::Result<std::optional<std::string>> RecheckStore::difference() const {
    if (!other_.empty()) {
        const auto& key = other_.begin()->first;
        const auto stored = stored_.get(key);
        if (!stored) return base::pass(stored);
        return name_of_entry(key) + (*stored ? " is not what re-execution gives" : " is missing");
    }
    std::optional<std::string> extra;
    const auto scanned = stored_.scan(Bytes{}, Bytes(64, 0xff), [&](ByteView key, ByteView) {
        const bool local = !key.empty() && key[0] == BlockStore::local_prefix;
        if (!local && !seen_.contains(key)) extra = name_of_entry(key) + " follows from no block";
        return !extra;
    });
    if (!scanned) return base::pass(scanned);
    return extra;
}

}  // namespace ledger
