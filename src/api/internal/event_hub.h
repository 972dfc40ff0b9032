// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/internal/access_control.h"
#include "api/internal/live_patients.h"
#include "api/internal/sessions.h"
#include "api/internal/views.h"
#include "api/pairing_ticket.h"

namespace api {

/// Something that happened, in the words of the event stream.
struct Event {
    enum class Kind : std::uint8_t { vitals, alarm, report, block, consent, device } kind;
    std::uint64_t id = 0;
    wire::LedgerId patient;  ///< All but blocks.
    wire::LedgerId other;    ///< Report: the responsible doctor. Consent: the grantee.
    std::string data;        ///< JSON.
    std::string reduced;     ///< Report: for the doctor while no consent stands.

    explicit Event(Kind of_kind, const wire::LedgerId& of_patient = {},
                   const wire::LedgerId& and_other = {})
        : kind(of_kind), patient(of_patient), other(and_other) {}
};

/// A device or PDA was paired, or its state changed.
struct DeviceChange {
    wire::DeviceId id;
    wire::LedgerId patient;
    std::string label;
    std::vector<wire::Vital> vitals;  ///< A PDA has none.
    identity::DeviceState state{};
    std::optional<TicketId> ticket;  ///< It was paired with this one just now.
};

/// Keeps the last events and hands each stream those that its asker may see. Thread-safe.
class EventHub {
public:
    static constexpr std::size_t events_kept = 10'000;
    /// At most ten events of vitals a second for each patient.
    static constexpr std::chrono::milliseconds vitals_interval{100};
    /// Of one patient between two events; more, and the oldest are left to the charts.
    static constexpr std::size_t readings_max = 256;

    struct Parts {  // all borrowed
        const Views& views;
        const LivePatients& live;
        const base::Clock& clock;
    };
    explicit EventHub(const Parts& parts);
    ~EventHub();
    EventHub(const EventHub&) = delete;
    EventHub& operator=(const EventHub&) = delete;

    void publish(const series::StoredBatch& batch);
    void publish(const monitor::Alarm& alarm);
    void publish(const review::ReportView& report);
    void publish(const readmodel::BlockRow& row);
    void publish(const readmodel::ConsentRow& row);
    void publish(const DeviceChange& change);

    /// Events after `after`, at most `count_max`. `missed`: some after it are no longer kept, or it
    /// is not of this start; then what is given begins with the newest that will come.
    struct Slice {
        std::vector<std::shared_ptr<const Event>> events;
        bool missed = false;
        std::uint64_t last = 0;  ///< Id of the newest event there is.
    };
    [[nodiscard]] Slice after(std::uint64_t after, std::size_t count_max) const;
    [[nodiscard]] std::uint64_t last_id() const;
    /// `wake` is called after each new event, from any thread, while `alive` lives.
    void listen(const std::weak_ptr<void>& alive, std::function<void()> wake);
    /// No `wake` is running afterwards, and none is called any more: call it before what they use
    /// goes.
    void stop_waking();

private:
    void add(Event event);
    void run(const std::stop_token& stop);

    Parts parts_;
    mutable std::mutex mutex_;  // guards events_, last_id_, listeners_
    std::deque<std::shared_ptr<const Event>> events_;
    std::uint64_t last_id_;
    struct Listener {
        std::weak_ptr<void> alive;
        std::function<void()> wake;
    };
    std::vector<Listener> listeners_;
    std::shared_mutex wake_mutex_;  // guards waking_; held shared while listeners are woken
    bool waking_ = true;

    /// Readings on their way into the next event of their patient.
    struct Pending {
        std::vector<std::pair<wire::Reading, series::Quality>> readings;
        std::chrono::steady_clock::time_point due;
    };
    std::mutex pending_mutex_;  // guards pending_
    std::condition_variable_any pending_changed_;
    std::map<wire::LedgerId, Pending> pending_;
    std::jthread vitals_thread_;  // last: it uses all above
};

/// One client's stream. It gives nothing that a GET would not give its asker now: consent is asked
/// again for each event. Used by one thread at a time, but for `wake`.
class EventStream : public std::enable_shared_from_this<EventStream> {
public:
    static constexpr std::size_t chunk_events_max = 256;

    struct Parts {  // all borrowed
        EventHub& hub;
        AccessControl& access;
        const Sessions& sessions;
        const identity::Directory& directory;
        const base::Clock& clock;
    };
    struct Asker {
        wire::LedgerId person;
        SessionKey session;
    };
    /// `last`: the id after which to go on; nothing: from now.
    EventStream(const Parts& parts, const Asker& asker, std::optional<std::uint64_t> last);

    /// From now on `wake` is called, from any thread, when `next` may have something.
    void on_wake(std::function<void()> wake);
    /// The next piece of the stream; empty: nothing yet.
    [[nodiscard]] std::string next();
    /// A sign of life, which also carries the id reached.
    [[nodiscard]] std::string ping() const;
    /// The session is over: close.
    [[nodiscard]] bool ended() const { return !parts_.sessions.is_open(asker_.session); }

private:
    /// What the asker gets of `event`; nothing: it is not for them.
    [[nodiscard]] const std::string* visible(const identity::Person& asker, const Event& event);
    [[nodiscard]] bool may_follow(const identity::Person& asker, const wire::LedgerId& patient);

    Parts parts_;
    Asker asker_;
    std::uint64_t reached_;
    bool missed_first_ = false;
    std::set<wire::LedgerId> recorded_;  ///< Patients whose access log has this stream.
    std::atomic<bool> woken_ = false;
};

}  // namespace api
