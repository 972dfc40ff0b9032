// SPDX-License-Identifier: Apache-2.0
#include "storage/rocks_store.h"

#include <algorithm>

#include "base/check.h"
#include "storage/internal/checked_value.h"
#include "storage/internal/database_check.h"
#include "storage/internal/rocks_options.h"
#include "storage/internal/rocks_state.h"
#include "storage/internal/room.h"

namespace storage {

using internal::to_error;
using internal::to_slice;
using internal::to_view;
using internal::Waiting;

namespace {

base::Bytes to_bytes(base::ByteView view) {
    return {view.begin(), view.end()};
}

// Users' keys stand apart from ours ("s/..."), so that no scan or get meets those.
base::Bytes user_key(base::ByteView key) {
    base::Bytes out;
    out.reserve(key.size() + 1);
    out.push_back('u');
    base::append(out, key);
    return out;
}

}  // namespace

base::Result<base::ByteView> RocksStore::State::value_of(base::ByteView key,
                                                         base::ByteView stored) const {
    const auto value = internal::checked_value(key, stored);
    if (value) return *value;
    return base::fail(base::ErrorCode::corrupted,
                      database->GetName() + ": " +
                          (options.name_of_key ? options.name_of_key(key)
                                               : "the value of key " + base::to_hex(key)) +
                          " fails its checksum; repair it, or restore it from a backup");
}

base::Result<std::optional<base::Bytes>> RocksStore::get(base::ByteView key) const {
    const auto view = state_->view();
    rocksdb::ReadOptions options;
    options.snapshot = view.get();
    rocksdb::PinnableSlice value;
    auto& database = *state_->database;
    const auto status =
        database.Get(options, database.DefaultColumnFamily(), to_slice(user_key(key)), &value);
    if (status.IsNotFound()) return std::optional<base::Bytes>{};
    if (!status.ok()) return to_error(status, "read from " + database.GetName());
    const auto checked = state_->value_of(key, to_view(value));
    if (!checked) return pass(checked);
    return std::optional(to_bytes(*checked));
}

base::Result<std::vector<std::optional<base::Bytes>>> RocksStore::multi_get(
    const std::vector<base::Bytes>& keys) const {
    const auto view = state_->view();
    rocksdb::ReadOptions options;
    options.snapshot = view.get();
    std::vector<base::Bytes> prefixed;
    std::vector<rocksdb::Slice> slices;
    for (const auto& key : keys) prefixed.push_back(user_key(key));
    for (const auto& key : prefixed) slices.push_back(to_slice(key));
    std::vector<std::string> found;
    const auto statuses = state_->database->MultiGet(options, slices, &found);
    std::vector<std::optional<base::Bytes>> values(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (statuses[i].IsNotFound()) continue;
        if (!statuses[i].ok()) {
            return to_error(statuses[i], "read from " + state_->database->GetName());
        }
        const auto checked = state_->value_of(keys[i], base::as_bytes(found[i]));
        if (!checked) return pass(checked);
        values[i] = to_bytes(*checked);
    }
    return values;
}

base::Result<void> RocksStore::State::scan(
    base::ByteView begin, base::ByteView end, bool forward,
    const std::function<bool(base::ByteView, base::ByteView)>& visit) const {
    if (!std::ranges::lexicographical_compare(begin, end)) return {};
    const auto snapshot = view();
    const auto first = user_key(begin);
    const auto stop = user_key(end);
    const auto lower = to_slice(first);
    const auto upper = to_slice(stop);
    rocksdb::ReadOptions reading;
    reading.snapshot = snapshot.get();
    reading.iterate_lower_bound = &lower;
    reading.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> at(database->NewIterator(reading));
    if (forward) {
        at->Seek(lower);
    } else {
        at->SeekForPrev(upper);  // the bound itself is left out by the upper bound
    }
    while (at->Valid()) {
        const auto key = to_view(at->key()).subspan(1);
        const auto value = value_of(key, to_view(at->value()));
        if (!value) return pass(value);
        if (!visit(key, *value)) break;
        if (forward) {
            at->Next();
        } else {
            at->Prev();
        }
    }
    if (!at->status().ok()) return to_error(at->status(), "read from " + database->GetName());
    return {};
}

base::Result<void> RocksStore::scan(
    base::ByteView begin, base::ByteView end,
    const std::function<bool(base::ByteView, base::ByteView)>& visit) const {
    return state_->scan(begin, end, true, visit);
}

base::Result<void> RocksStore::scan_reverse(
    base::ByteView begin, base::ByteView end,
    const std::function<bool(base::ByteView, base::ByteView)>& visit) const {
    return state_->scan(begin, end, false, visit);
}

std::uint64_t RocksStore::batch_number() const {
    const std::lock_guard guard(state_->published_mutex);
    return state_->number;
}

base::Result<void> RocksStore::check_writable() const {
    CHECK(state_->head);
    if (const auto room = internal::check_room(state_->folder, 0); !room) return room;
    if (state_->file_system->waiting()) {
        return base::fail(base::ErrorCode::storage_full,
                          "the disk of " + state_->folder.string() +
                              " is full: make room; writing goes on by itself then");
    }
    const std::lock_guard guard(state_->commit_mutex);
    if (state_->broken) return std::unexpected(*state_->broken);
    return {};
}

// Called with `queue_mutex` held. The bounds are ours: they keep one group's memory and its
// readers' wait small; a single larger batch makes a group of its own.
std::vector<Waiting*> RocksStore::State::take_group() {
    constexpr std::size_t batches_max = 1024;
    constexpr std::size_t entries_max = 65'536;
    std::vector<Waiting*> group;
    std::size_t entries = 0;
    while (!queue.empty() && group.size() < batches_max) {
        entries += queue.front()->batch.entries().size();
        if (!group.empty() && entries > entries_max) break;
        group.push_back(queue.front());
        queue.pop_front();
    }
    return group;
}

base::Result<void> RocksStore::State::write_to_database(const std::vector<Waiting*>& group,
                                                        std::uint64_t group_number) {
    if (stopped->exchange(false)) {
        const auto resumed = database->Resume();
        if (!resumed.ok()) {
            *stopped = true;
            return to_error(resumed, "resume writing");
        }
    }
    rocksdb::WriteBatch batch;
    auto status = batch.Put(rocksdb::Slice(internal::batch_number_key),
                            to_slice(internal::encode_batch_number(group_number)));
    for (const auto* waiting : group) {
        for (const auto& entry : waiting->batch.entries()) {
            if (!status.ok()) break;
            const auto key = user_key(entry.key);
            status = entry.value
                         ? batch.Put(to_slice(key),
                                     to_slice(internal::with_check(entry.key, *entry.value)))
                         : batch.Delete(to_slice(key));
        }
    }
    if (!status.ok()) return to_error(status, "form a batch");
    const auto room = internal::check_room(folder, batch.GetDataSize());
    if (!room) return room;
    rocksdb::WriteOptions writing;
    writing.sync = true;
    status = database->Write(writing, &batch);
    if (status.ok()) return {};
    *stopped = true;
    return to_error(status, "write to " + database->GetName());
}

base::Result<void> RocksStore::State::commit(const std::vector<Waiting*>& group) {
    const std::lock_guard guard(commit_mutex);
    if (broken) return std::unexpected(*broken);
    attempted += group.size();
    if (auto written = write_to_database(group, attempted); !written) return written;
    auto mark = head->mark();
    for (const auto* waiting : group) mark = waiting->batch.mark().value_or(mark);
    if (auto written = head->write({.number = attempted, .mark = mark}); !written) {
        // After a failed sync nobody knows what the disk holds: only opening anew can tell.
        broken = written.error();
        broken->detail += "; the store takes no more writes until it is opened anew";
        return std::unexpected(*broken);
    }
    publish(attempted);
    return {};
}

base::Result<void> RocksStore::write(const WriteBatch& batch) {
    CHECK(state_->head);  // a store that was opened to read only is never written to
    if (batch.empty()) return {};
    Waiting mine{batch, std::nullopt};
    std::unique_lock guard(state_->queue_mutex);
    state_->queue.push_back(&mine);
    state_->group_done.wait(guard, [&] { return mine.result || !state_->leading; });
    // Whoever finds no leader leads until its own batch is done; those that arrive while a group is
    // being synced form the next one, so that syncs are shared.
    state_->leading = !mine.result || state_->leading;
    while (!mine.result) {
        const auto group = state_->take_group();
        guard.unlock();
        const auto result = state_->commit(group);
        guard.lock();
        for (auto* waiting : group) waiting->result = result;
        if (mine.result) state_->leading = false;
        state_->group_done.notify_all();
    }
    return *mine.result;
}

RocksStore::RocksStore(std::unique_ptr<State> state) : state_(std::move(state)) {}

RocksStore::~RocksStore() = default;

}  // namespace storage
