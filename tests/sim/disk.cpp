// SPDX-License-Identifier: Apache-2.0
#include "disk.h"

#include <map>

#include "base/check.h"

namespace sim {

namespace {

/// Longer than every key of a replica, and above them all.
const base::Bytes& above_all() {
    static const base::Bytes key(200, 0xff);
    return key;
}

void append_entry(base::Bytes& out, base::ByteView key, const std::optional<base::Bytes>& value) {
    base::append_u32(out, static_cast<std::uint32_t>(key.size()));
    base::append(out, key);
    out.push_back(value ? 1 : 0);
    if (!value) return;
    base::append_u32(out, static_cast<std::uint32_t>(value->size()));
    base::append(out, *value);
}

}  // namespace

std::unexpected<base::Error> Disk::no_power() const {
    return base::fail(base::ErrorCode::unavailable, "the disk has no power");
}

base::Result<std::optional<base::Bytes>> Disk::get(base::ByteView key) const {
    if (!powered_) return no_power();
    return visible_.get(key);
}

base::Result<std::vector<std::optional<base::Bytes>>> Disk::multi_get(
    const std::vector<base::Bytes>& keys) const {
    if (!powered_) return no_power();
    return visible_.multi_get(keys);
}

base::Result<void> Disk::scan(
    base::ByteView begin, base::ByteView end,
    const std::function<bool(base::ByteView, base::ByteView)>& visit) const {
    if (!powered_) return no_power();
    return visible_.scan(begin, end, visit);
}

base::Result<void> Disk::scan_reverse(
    base::ByteView begin, base::ByteView end,
    const std::function<bool(base::ByteView, base::ByteView)>& visit) const {
    if (!powered_) return no_power();
    return visible_.scan_reverse(begin, end, visit);
}

base::Result<void> Disk::write(const storage::WriteBatch& batch) {
    if (!powered_) return no_power();
    if (full_) return base::fail(base::ErrorCode::storage_full, "the disk is full");
    const bool fails = trap_ && trap_->writes == 0;
    if (fails && trap_->loss == Loss::batch_lost) {
        fail_power();
        return no_power();
    }
    if (trap_ && !fails) --trap_->writes;
    if (auto stored = store(batch); !stored) return stored;
    if (fails) {
        fail_power();
        return no_power();
    }
    return {};
}

base::Result<void> Disk::store(const storage::WriteBatch& batch) {
    std::map<base::Bytes, const std::optional<base::Bytes>*> effect;  // of a key's entries the last
    for (const auto& entry : batch.entries()) effect[entry.key] = &entry.value;
    base::Bytes bytes;
    for (const auto& [key, value] : effect) append_entry(bytes, key, *value);
    last_batch_ = crypto::sha256(bytes);
    ++writes_;
    if (skips_syncs_) {
        storage::WriteBatch before;
        for (const auto& entry : batch.entries()) {
            auto value = visible_.get(entry.key);
            CHECK(value.has_value());
            if (*value) {
                before.put(entry.key, std::move(**value));
            } else {
                before.erase(entry.key);
            }
        }
        undo_.push_back(std::move(before));
        if (writes_ % 3 == 0) undo_.clear();
    }
    return visible_.write(batch);
}

void Disk::fail_power_at(std::uint64_t writes, Loss loss) {
    trap_ = Trap{.writes = writes, .loss = loss};
}

void Disk::fail_power() {
    powered_ = false;
    trap_.reset();
}

void Disk::start() {
    for (; !undo_.empty(); undo_.pop_back()) {
        const auto undone = visible_.write(undo_.back());
        CHECK(undone.has_value());
    }
    powered_ = true;
    full_ = false;
}

crypto::Digest32 Disk::content() const {
    base::Bytes bytes;
    const auto read = visible_.scan({}, above_all(), [&](auto key, auto value) {
        append_entry(bytes, key, base::Bytes(value.begin(), value.end()));
        return true;
    });
    CHECK(read.has_value());
    return crypto::sha256(bytes);
}

}  // namespace sim
