// SPDX-License-Identifier: Apache-2.0
#include "readmodel/access_log.h"

#include <algorithm>
#include <mutex>

#include "crypto/hash.h"
#include "readmodel/internal/rows.h"

namespace readmodel {
namespace {

constexpr std::string_view entry_prefix = "access/entry/";
constexpr std::string_view patient_prefix = "access/patient/";
constexpr std::string_view refusal_prefix = "access/refusal/";

base::Bytes prefixed(std::string_view prefix, base::ByteView more = {}) {
    base::Bytes out;
    base::append(out, base::as_bytes(prefix));
    base::append(out, more);
    return out;
}
base::Bytes numbered(base::Bytes prefix, std::uint64_t number) {
    base::append_u64(prefix, number);
    return prefix;
}
std::uint64_t number_of(base::ByteView key) {
    return base::read_u64(key.last(8));
}

wire::Hash256 hash_of(const wire::Hash256& previous, base::ByteView access_bytes) {
    return wire::Hash256{crypto::sha256({previous.view(), access_bytes})};
}

/// A stored entry: the hash of the one before, its own, then the access.
base::Result<AccessEntry> decode_entry(std::uint64_t number, base::ByteView value) {
    constexpr std::size_t hashes = 2 * wire::Hash256::size_bytes;
    if (value.size() < hashes) {
        return base::fail(base::ErrorCode::corrupted,
                          "access log entry " + std::to_string(number) + " is cut short");
    }
    AccessEntry entry;
    entry.number = number;
    entry.previous = *wire::Hash256::from(value.first(wire::Hash256::size_bytes));
    entry.hash =
        *wire::Hash256::from(value.subspan(wire::Hash256::size_bytes, wire::Hash256::size_bytes));
    const auto bytes = value.subspan(hashes);
    auto access = decode_access(bytes);
    if (!access || hash_of(entry.previous, bytes) != entry.hash) {
        return base::fail(base::ErrorCode::corrupted,
                          "access log entry " + std::to_string(number) + " does not fit its hash");
    }
    entry.access = *std::move(access);
    return entry;
}

}  // namespace

struct AccessLog::State {
    explicit State(storage::KeyValueStore& borrowed) : store(borrowed) {}

    storage::KeyValueStore& store;
    std::mutex mutex;  // guards all below; held over a write, since each entry needs the one before
    std::uint64_t next_entry = 1;
    wire::Hash256 last_hash;
    std::uint64_t next_refusal = 1;

    /// The newest `count_max` values under `prefix` whose number is below `before`.
    template <class Take>
    base::Result<void> newest(const base::Bytes& prefix, std::optional<std::uint64_t> before,
                              std::size_t count_max, Take take) const {
        const auto end = before ? numbered(prefix, *before) : storage::end_of_prefix(prefix);
        base::Result<void> outcome;
        if (count_max == 0) return outcome;
        std::size_t count = 0;
        const auto scanned =
            store.scan_reverse(prefix, end, [&](base::ByteView key, base::ByteView value) {
                outcome = take(number_of(key), value);
                return outcome.has_value() && ++count < count_max;
            });
        return scanned ? outcome : scanned;
    }
};

AccessLog::AccessLog(std::unique_ptr<State> state) : state_(std::move(state)) {}
AccessLog::~AccessLog() = default;

base::Result<std::unique_ptr<AccessLog>> AccessLog::open(storage::KeyValueStore& store) {
    auto state = std::make_unique<State>(store);
    std::unique_ptr<AccessLog> log(new AccessLog(std::move(state)));
    const auto last = log->entries(std::nullopt, 1);
    if (!last) return base::pass(last);
    if (!last->empty()) {
        log->state_->next_entry = last->front().number + 1;
        log->state_->last_hash = last->front().hash;
    }
    const auto last_refusal = log->refusals(std::nullopt, 1);
    if (!last_refusal) return base::pass(last_refusal);
    if (!last_refusal->empty()) log->state_->next_refusal = last_refusal->front().number + 1;
    return log;
}

base::Result<void> AccessLog::append(const std::vector<Access>& accesses) {
    if (accesses.empty()) return {};
    const std::scoped_lock lock(state_->mutex);
    storage::WriteBatch batch;
    auto number = state_->next_entry;
    auto hash = state_->last_hash;
    for (const auto& access : accesses) {
        const auto bytes = encode(access);
        const auto previous = hash;
        hash = hash_of(previous, bytes);
        base::Bytes value;
        base::append(value, previous.view());
        base::append(value, hash.view());
        base::append(value, bytes);
        batch.put(numbered(prefixed(entry_prefix), number), std::move(value));
        batch.put(numbered(prefixed(patient_prefix, access.patient.view()), number), {});
        ++number;
    }
    const auto written = state_->store.write(batch);
    if (!written) return written;
    state_->next_entry = number;
    state_->last_hash = hash;
    return {};
}

base::Result<void> AccessLog::append_refusal(const RefusedOperation& refusal) {
    const std::scoped_lock lock(state_->mutex);
    storage::WriteBatch batch;
    batch.put(numbered(prefixed(refusal_prefix), state_->next_refusal), encode(refusal));
    const auto written = state_->store.write(batch);
    if (!written) return written;
    ++state_->next_refusal;
    return {};
}

base::Result<std::vector<AccessEntry>> AccessLog::entries(std::optional<std::uint64_t> before,
                                                          std::size_t count_max) const {
    std::vector<AccessEntry> out;
    const auto read =
        state_->newest(prefixed(entry_prefix), before, count_max,
                       [&](std::uint64_t number, base::ByteView value) -> base::Result<void> {
                           auto entry = decode_entry(number, value);
                           if (!entry) return base::pass(entry);
                           out.push_back(*std::move(entry));
                           return {};
                       });
    if (!read) return base::pass(read);
    return out;
}

base::Result<std::vector<AccessEntry>> AccessLog::entries_of(const wire::LedgerId& patient,
                                                             std::optional<std::uint64_t> before,
                                                             std::size_t count_max) const {
    std::vector<std::uint64_t> numbers;
    std::vector<base::Bytes> keys;
    const auto read =
        state_->newest(prefixed(patient_prefix, patient.view()), before, count_max,
                       [&](std::uint64_t number, base::ByteView) -> base::Result<void> {
                           numbers.push_back(number);
                           keys.push_back(numbered(prefixed(entry_prefix), number));
                           return {};
                       });
    if (!read) return base::pass(read);
    const auto values = state_->store.multi_get(keys);
    if (!values) return base::pass(values);
    std::vector<AccessEntry> out;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (!(*values)[i]) {
            return base::fail(base::ErrorCode::corrupted,
                              "access log entry " + std::to_string(numbers[i]) + " is missing");
        }
        auto entry = decode_entry(numbers[i], *(*values)[i]);
        if (!entry) return base::pass(entry);
        out.push_back(*std::move(entry));
    }
    return out;
}

base::Result<std::vector<AccessLog::NumberedRefusal>> AccessLog::refusals(
    std::optional<std::uint64_t> before, std::size_t count_max) const {
    std::vector<NumberedRefusal> out;
    const auto read =
        state_->newest(prefixed(refusal_prefix), before, count_max,
                       [&](std::uint64_t number, base::ByteView value) -> base::Result<void> {
                           auto refusal = decode_refusal(value);
                           if (!refusal) return base::pass(refusal);
                           out.push_back({number, *std::move(refusal)});
                           return {};
                       });
    if (!read) return base::pass(read);
    return out;
}

base::Result<std::uint64_t> AccessLog::verify() const {
    std::uint64_t expected = 1;
    wire::Hash256 previous;
    base::Result<void> outcome;
    const auto begin = prefixed(entry_prefix);
    const auto scanned = state_->store.scan(
        begin, storage::end_of_prefix(begin), [&](base::ByteView key, base::ByteView value) {
            const auto entry = decode_entry(number_of(key), value);
            if (!entry) {
                outcome = base::pass(entry);
            } else if (entry->number != expected || entry->previous != previous) {
                outcome = base::fail(
                    base::ErrorCode::corrupted,
                    "access log entry " + std::to_string(expected) + " is missing or was altered");
            } else {
                previous = entry->hash;
                ++expected;
            }
            return outcome.has_value();
        });
    if (!scanned) return base::pass(scanned);
    if (!outcome) return base::pass(outcome);
    return expected - 1;
}

}  // namespace readmodel
