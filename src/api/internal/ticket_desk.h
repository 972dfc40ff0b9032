// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "api/pairing_ticket.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "wire/ids.h"

namespace api {

/// The pairing tickets that are shown now. They are in memory alone: a restart ends them all. A
/// ticket is good for one device; that device may ask again with the very same request, in case
/// the answer got lost. Thread-safe.
class TicketDesk {
public:
    static constexpr std::chrono::minutes lifetime{10};
    static constexpr std::size_t tickets_max = 1'000;  ///< Both chosen by us.

    /// Borrows both.
    TicketDesk(const base::Clock& clock, base::Random& random) : clock_(clock), random_(random) {}

    struct Shown {
        TicketSecret secret;
        base::TimePoint until;
    };
    /// Ends the patient's ticket from before. Errors: `busy` above `tickets_max`.
    [[nodiscard]] base::Result<Shown> open(const wire::LedgerId& patient);

    struct Taken {
        TicketSecret secret;
        wire::LedgerId patient;
        base::Bytes request;  ///< Opened.
        /// Set: this very request was answered before, so.
        std::optional<base::Bytes> answered;
    };
    /// A device came with `sealed`. Until `answer` or `put_back` nobody else can take the ticket.
    /// Errors: `not_found` (unknown, over, or the request is not sealed under it: which one is not
    /// told), `conflict` (another device has it).
    [[nodiscard]] base::Result<Taken> take(const TicketId& id, base::ByteView sealed);
    void answer(const TicketId& id, base::Bytes sealed_answer);
    void put_back(const TicketId& id);
    /// Ends a ticket that no device has used. `may`: whether the asker may know of a ticket for
    /// this patient. Errors: `not_found` (unknown, over, or not the asker's), `conflict` (a device
    /// used it: it stays, so that the device can fetch its answer again).
    [[nodiscard]] base::Result<void> withdraw(
        const TicketId& id, const std::function<bool(const wire::LedgerId& patient)>& may);
    /// Drops what is over.
    void drop_old();

private:
    struct Entry {
        Entry(TicketSecret of, const wire::LedgerId& for_patient, base::TimePoint end)
            : secret(std::move(of)), patient(for_patient), until(end) {}
        TicketSecret secret;
        wire::LedgerId patient;
        base::TimePoint until;
        std::optional<crypto::Digest32> taken_by;  ///< Hash of the request.
        std::optional<base::Bytes> answer;
    };
    void drop_old_locked();

    const base::Clock& clock_;
    base::Random& random_;
    std::mutex mutex_;  // guards entries_
    std::map<TicketId, Entry> entries_;
};

}  // namespace api
