// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "wire/ids.h"

namespace api {

using SessionKey = wire::Hash256;  ///< SHA-256 of the cookie's token: what the node remembers.

/// Who is signed in. A token of 256 secret bits is the cookie; only its hash is kept, in
/// memory alone, so that a restart signs everybody out (their keys are locked then as well).
/// Thread-safe.
class Sessions {
public:
    static constexpr std::chrono::minutes idle_limit{15};
    /// The oldest session of a person ends when there are more. Chosen by us.
    static constexpr std::size_t sessions_per_person_max = 8;

    /// Borrows both.
    Sessions(const base::Clock& clock, base::Random& random) : clock_(clock), random_(random) {}

    struct Session {
        SessionKey key;
        wire::LedgerId person;
        base::TimePoint until;
    };
    struct Opened {
        std::string token;  ///< 64 hexadecimal digits.
        base::TimePoint until;
    };
    [[nodiscard]] Opened open(const wire::LedgerId& person);
    /// By key agreement, with its token of 64 hexadecimal digits.
    [[nodiscard]] Opened open_agreed(const wire::LedgerId& person, std::string token);
    /// Ends those that were opened by key agreement: it was withdrawn.
    void close_agreed(const wire::LedgerId& person);
    /// Starts the idle time anew. Nothing for an unknown or ended one.
    [[nodiscard]] std::optional<Session> use(std::string_view token);
    /// Does not count as use: a page left open does not keep a person signed in.
    [[nodiscard]] bool is_open(const SessionKey& key) const;
    void close(const SessionKey& key);
    /// Drops ended sessions.
    void drop_idle();
    [[nodiscard]] std::size_t count_of(const wire::LedgerId& person) const;

private:
    struct Entry {
        wire::LedgerId person;
        base::TimePoint last_use;
        bool agreed = false;  ///< By key agreement.
    };
    [[nodiscard]] Opened open(const wire::LedgerId& person, std::string token, bool agreed);
    const base::Clock& clock_;
    base::Random& random_;
    mutable std::mutex mutex_;  // guards sessions_
    std::map<SessionKey, Entry> sessions_;
};

}  // namespace api
