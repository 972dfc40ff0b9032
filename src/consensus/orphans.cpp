// SPDX-License-Identifier: Apache-2.0
#include "consensus/orphans.h"

#include <algorithm>

namespace consensus {

namespace {

constexpr std::uint8_t orphan_kind = 'o';

base::Bytes prefix() {
    return {OrphanStore::store_prefix, orphan_kind};
}
base::Bytes key_of(std::uint64_t number) {
    auto key = prefix();
    base::append_u64(key, number);
    return key;
}

}  // namespace

base::Result<OrphanStore> OrphanStore::open(storage::KeyValueStore& store) {
    OrphanStore out(store);
    bool sound = true;
    const auto scanned = store.scan(
        prefix(), storage::end_of_prefix(prefix()), [&](base::ByteView key, base::ByteView value) {
            const auto orphan = chain::encoding::decode_orphan(value);
            sound = orphan.has_value() && key.size() == prefix().size() + 8;
            if (sound) {
                out.kept_.push_back({.number = base::read_u64(key.subspan(prefix().size())),
                                     .header = orphan->header});
            }
            return sound;
        });
    if (!scanned) return base::pass(scanned);
    if (!sound) {
        return base::fail(base::ErrorCode::corrupted, "a stored orphan does not decode");
    }
    return out;
}

base::Result<void> OrphanStore::keep(const chain::Orphan& orphan) {
    storage::WriteBatch batch;
    const auto known = std::ranges::find(kept_, orphan.header, &Kept::header);
    if (known != kept_.end()) {
        batch.put(key_of(known->number), chain::encoding::encode(orphan));
        return store_->write(batch);
    }
    const std::uint64_t number = kept_.empty() ? 1 : kept_.back().number + 1;
    batch.put(key_of(number), chain::encoding::encode(orphan));
    const bool full = kept_.size() >= kept_max;
    if (full) batch.erase(key_of(kept_.front().number));
    if (auto written = store_->write(batch); !written) return written;
    if (full) kept_.erase(kept_.begin());
    kept_.push_back({.number = number, .header = orphan.header});
    return {};
}

base::Result<void> OrphanStore::forget(const wire::HeaderHash& header) {
    const auto known = std::ranges::find(kept_, header, &Kept::header);
    if (known == kept_.end()) return {};
    storage::WriteBatch batch;
    batch.erase(key_of(known->number));
    if (auto written = store_->write(batch); !written) return written;
    kept_.erase(known);
    return {};
}

bool OrphanStore::contains(const wire::HeaderHash& header) const {
    return std::ranges::find(kept_, header, &Kept::header) != kept_.end();
}

base::Result<std::vector<chain::Orphan>> OrphanStore::list() const {
    std::vector<chain::Orphan> out;
    base::Result<void> sound{};
    const auto scanned = store_->scan(prefix(), storage::end_of_prefix(prefix()),
                                      [&](base::ByteView, base::ByteView value) {
                                          const auto orphan = chain::encoding::decode_orphan(value);
                                          if (orphan) out.push_back(*orphan);
                                          if (!orphan) sound = base::pass(orphan);
                                          return orphan.has_value();
                                      });
    if (!scanned) return base::pass(scanned);
    if (!sound) {
        return base::fail(base::ErrorCode::corrupted, "a stored orphan does not decode");
    }
    return out;
}

}  // namespace consensus
