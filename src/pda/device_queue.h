// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace pda {

/// What a PDA has of one device and the device does not yet know to be at the gateway: which batch
/// goes to the cloud next, which must be written to disk, and what the device is to be told. Each
/// device has its own room and window, so that one whose batches nobody takes does not hold up
/// the others.
class DeviceQueue {
public:
    struct Limits {
        std::size_t batches_max = 200'000;  ///< Two days and more at one batch a second.
        std::size_t bytes_max = 64 << 20;
        std::size_t window = 64;  ///< Forwarded and not acknowledged, at most.
    };
    explicit DeviceQueue(Limits limits) : limits_(limits) {}

    enum class Added : std::uint8_t {
        fresh,
        known,          ///< Here already, with these very bytes, or without them in memory.
        other_content,  ///< Here already with other bytes; the first ones stay.
        full,           ///< No room; nothing was taken.
    };
    Added add(std::uint64_t counter, base::ByteView batch, base::TimePoint now);
    /// Found on disk when the PDA started.
    void add_stored(std::uint64_t counter, std::size_t size);

    /// What goes to the cloud now: first what is overdue, then what was never sent, each in rising
    /// order, up to the window.
    [[nodiscard]] std::vector<std::uint64_t> due(base::TimePoint now) const;
    /// Whether that was the first time.
    bool set_forwarded(std::uint64_t counter, base::TimePoint now);
    /// A new session: what the old one may have swallowed is due at once.
    void forward_again();
    /// False: it is not here any more. Then the device is to be told.
    bool set_acknowledged(std::uint64_t counter);

    /// The bytes, while they are in memory; nothing: they are on disk.
    [[nodiscard]] const base::Bytes* bytes_of(std::uint64_t counter) const;
    /// What is in memory alone and came before `before`.
    [[nodiscard]] std::vector<std::uint64_t> to_store(base::TimePoint before) const;
    void set_stored(std::uint64_t counter);

    /// The device sent it again: if it is on disk, the device is to be told so.
    void ask_kept(std::uint64_t counter);
    /// What the device is to be told that the PDA keeps.
    [[nodiscard]] const std::set<std::uint64_t>& kept_due() const { return kept_due_; }
    void set_kept_told() { kept_due_.clear(); }
    [[nodiscard]] const std::set<std::uint64_t>& acknowledged() const { return acknowledged_; }
    /// The device was told, or is gone: forgets the batch. Returns whether it is on disk.
    [[nodiscard]] bool forget(std::uint64_t counter);

    [[nodiscard]] bool has(std::uint64_t counter) const { return batches_.contains(counter); }
    [[nodiscard]] bool is_stored(std::uint64_t counter) const;
    [[nodiscard]] std::vector<std::uint64_t> counters() const;
    [[nodiscard]] std::size_t size() const { return batches_.size(); }
    /// When something is to be sent to the cloud again; when the oldest that is in memory alone
    /// came.
    [[nodiscard]] std::optional<base::TimePoint> next_resend() const;
    [[nodiscard]] std::optional<base::TimePoint> oldest_unstored() const;

private:
    struct Batch {
        base::Bytes bytes{};  // empty: on disk alone
        std::size_t size = 0;
        bool stored = false;
        base::TimePoint arrived{};
        base::TimePoint resend_at{};
        std::uint32_t attempts = 0;
    };

    Limits limits_;
    std::map<std::uint64_t, Batch> batches_;
    std::size_t bytes_ = 0;
    // Each batch is in exactly one of these three.
    std::set<std::uint64_t> unsent_;
    std::set<std::uint64_t> in_flight_;
    std::set<std::uint64_t> acknowledged_;
    std::set<std::uint64_t> unstored_;  // of unsent_ and in_flight_
    std::set<std::uint64_t> kept_due_;  // of unsent_ and in_flight_, on disk
};

}  // namespace pda
