// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "storage/key_value_store.h"
#include "wire/ids.h"

namespace readmodel {

/// One look at, or one attempt to look at, a patient's record. Holds no clinical content: `what`
/// names a kind of data and a period, never a value.
struct Access {
    base::TimePoint time;
    wire::LedgerId actor;
    wire::Role role{};
    wire::LedgerId patient;
    std::string action;  ///< The route's name, e.g. "read_series".
    std::string what;    ///< E.g. "heart_rate", "report 12".
    std::string basis;   ///< "self", "consent <ref>", or why it was refused.
    bool allowed = false;
    friend bool operator==(const Access&, const Access&) = default;
};
struct AccessEntry {
    std::uint64_t number = 0;  ///< Rises by one, from 1.
    Access access;
    wire::Hash256 previous;  ///< Of the entry before; zeros for the first.
    wire::Hash256 hash;      ///< SHA-256 of `previous` and this entry's bytes.
};
/// An operation that was refused to someone who was known, or a failed login.
struct RefusedOperation {
    base::TimePoint time;
    std::optional<wire::LedgerId> actor;  ///< Nothing: nobody known.
    std::string action;
    base::ErrorCode code{};
};

/// Who read what: append-only, each entry bound to the one before, on disk before the call returns,
/// so that the data can be handed out afterwards. Thread-safe.
class AccessLog {
public:
    /// Borrows `store`. Errors: `corrupted` if the last entry does not fit its hash.
    [[nodiscard]] static base::Result<std::unique_ptr<AccessLog>> open(
        storage::KeyValueStore& store);
    ~AccessLog();

    /// All of them in one synced write. Errors: those of the store; then nothing was recorded.
    [[nodiscard]] base::Result<void> append(const std::vector<Access>& accesses);
    [[nodiscard]] base::Result<void> append_refusal(const RefusedOperation& refusal);

    /// Newest first, those numbered below `before` (nothing: from the newest).
    [[nodiscard]] base::Result<std::vector<AccessEntry>> entries(
        std::optional<std::uint64_t> before, std::size_t count_max) const;
    [[nodiscard]] base::Result<std::vector<AccessEntry>> entries_of(
        const wire::LedgerId& patient, std::optional<std::uint64_t> before,
        std::size_t count_max) const;
    struct NumberedRefusal {
        std::uint64_t number = 0;
        RefusedOperation refusal;
    };
    [[nodiscard]] base::Result<std::vector<NumberedRefusal>> refusals(
        std::optional<std::uint64_t> before, std::size_t count_max) const;

    /// Goes through all entries. Errors: `corrupted`, naming the first entry that does not fit.
    [[nodiscard]] base::Result<std::uint64_t> verify() const;

private:
    struct State;
    explicit AccessLog(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace readmodel
