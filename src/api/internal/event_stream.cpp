// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "api/internal/event_hub.h"

namespace api {
namespace {

std::string_view name_of(Event::Kind kind) {
    switch (kind) {
        case Event::Kind::vitals:
            return "vitals";
        case Event::Kind::alarm:
            return "alarm";
        case Event::Kind::report:
            return "report";
        case Event::Kind::block:
            return "block";
        case Event::Kind::consent:
            return "consent";
        case Event::Kind::device:
            return "device";
    }
    return "ping";
}

/// JSON holds no line break, so that one `data:` line carries it whole.
std::string written(std::uint64_t id, std::string_view kind, std::string_view data) {
    return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", id, kind, data);
}

}  // namespace

EventStream::EventStream(const Parts& parts, const Asker& asker, std::optional<std::uint64_t> last)
    : parts_(parts), asker_(asker), reached_(last.value_or(parts.hub.last_id())) {}

void EventStream::on_wake(std::function<void()> wake) {
    const auto self = weak_from_this();
    parts_.hub.listen(self, [self, wake = std::move(wake)] {
        const auto stream = self.lock();
        // One wake is enough until the stream was read.
        if (stream && !stream->woken_.exchange(true)) wake();
    });
}

std::string EventStream::next() {
    woken_ = false;
    std::string out;
    const auto asker = parts_.directory.person(asker_.person);
    if (!asker || ended()) return out;
    const auto slice = parts_.hub.after(reached_, chunk_events_max);
    if (slice.missed) {
        reached_ = slice.last;
        return written(reached_, "missed", "{}");
    }
    for (const auto& event : slice.events) {
        reached_ = event->id;
        if (const auto* data = visible(*asker, *event)) {
            out += written(event->id, name_of(event->kind), *data);
        }
    }
    // Events that were not for this asker still moved the stream on; the next call goes on from
    // there.
    if (out.empty() && slice.events.size() == chunk_events_max) return ping();
    return out;
}

std::string EventStream::ping() const {
    return written(reached_, "ping",
                   fmt::format("{{\"now_ms\":{}}}", base::to_unix_ms(parts_.clock.now())));
}

bool EventStream::may_follow(const identity::Person& asker, const wire::LedgerId& patient) {
    using wire::Role;
    const bool clinical = asker.role == Role::patient || asker.role == Role::doctor ||
                          asker.role == Role::nurse || asker.role == Role::family;
    if (!clinical || !parts_.access.may_see(asker, patient)) {
        recorded_.erase(patient);  // once consent stands again, that is a new look
        return false;
    }
    if (recorded_.contains(patient)) return true;
    const auto admitted = parts_.access.admit(
        {.asker = asker, .patient = patient, .action = "follow_live", .what = "vitals and alarms"});
    if (!admitted) {
        if (admitted.error().code != base::ErrorCode::consent_missing) {
            spdlog::error(R"({{"event":"stream_not_recorded","code":"{}"}})",
                          base::name_of(admitted.error().code));
        }
        return false;
    }
    recorded_.insert(patient);
    return true;
}

const std::string* EventStream::visible(const identity::Person& asker, const Event& event) {
    switch (event.kind) {
        case Event::Kind::block:
            return &event.data;
        case Event::Kind::consent: {
            const bool grantee = asker.role == wire::Role::doctor && asker.id == event.other;
            return asker.id == event.patient || grantee ? &event.data : nullptr;
        }
        case Event::Kind::report:
            if (may_follow(asker, event.patient)) return &event.data;
            return asker.id == event.other ? &event.reduced : nullptr;
        case Event::Kind::device:
            if (asker.role == wire::Role::administrator) return &event.data;
            return may_follow(asker, event.patient) ? &event.data : nullptr;
        case Event::Kind::vitals:
        case Event::Kind::alarm:
            return may_follow(asker, event.patient) ? &event.data : nullptr;
    }
    return nullptr;
}

}  // namespace api
