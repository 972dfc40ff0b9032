// SPDX-License-Identifier: Apache-2.0
#include "monitor/rules.h"

#include <algorithm>
#include <numeric>

namespace monitor {
namespace {

using std::chrono::milliseconds;

/// A newest reading this far ahead of the gateway's clock was dated by a device's wrong clock and
/// does not make later readings late. Chosen by us.
constexpr milliseconds future_tolerated{std::chrono::minutes{1}};

/// From the worst to the mildest: the alarm shows the first that is active.
constexpr std::array by_severity{Line::apnoea, Line::critical_low, Line::critical_high, Line::low,
                                 Line::high};

bool is_breached(Line line, const Limit& limit, std::int64_t value) {
    return is_below(line) ? value < limit.raise_milli : value > limit.raise_milli;
}
bool is_cleared(Line line, const Limit& limit, std::int64_t value) {
    return is_below(line) ? value >= limit.clear_milli : value <= limit.clear_milli;
}

/// Whether `since` lies a `delay` back; values that come more seldom than the delay count alone.
bool is_over(base::TimePoint since, base::TimePoint at, milliseconds delay, milliseconds interval) {
    return at - since >= delay || interval > delay;
}

/// Devices name the times; these bounds keep every sum and product of them far from overflow.
base::TimePoint bounded(base::TimePoint time) {
    return std::clamp(time, base::from_unix_ms(0), base::from_unix_ms(std::int64_t{1} << 52));
}
constexpr std::uint32_t speed_milli_max = 10'000'000;
constexpr milliseconds elapsed_max = std::chrono::days{3'650};

milliseconds interval_of(const PatientFacts& facts) {
    return milliseconds{facts.interval_ms};
}

/// Positions of the batch's readings in order of their time, those of one instant as they came.
std::vector<std::size_t> by_time(const std::vector<wire::Reading>& readings) {
    std::vector<std::size_t> order(readings.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return readings[i].time; });
    return order;
}

}  // namespace

std::vector<Transition> PatientRules::apply(const series::StoredBatch& batch,
                                            const FactsOf& facts_of) {
    Pass pass{facts_of, {}};
    hear(batch);
    const auto order = by_time(batch.readings);
    for (std::size_t begin = 0; begin < order.size();) {
        const auto at = batch.readings[order[begin]].time;
        // All values of one instant are known before the first of them is judged, and PULSE is
        // judged last: whether it is held back depends on HR and SpO2 of the same instant.
        std::vector<wire::Vital> fresh;
        std::size_t end = begin;
        for (; end < order.size() && batch.readings[order[end]].time == at; ++end) {
            if (accept(batch, order[end], pass)) fresh.push_back(batch.readings[order[end]].vital);
        }
        if (!fresh.empty()) {
            compare_pulse_and_heart_rate(bounded(at), pass);
            std::ranges::stable_partition(
                fresh, [](wire::Vital vital) { return vital != wire::Vital::pulse_rate; });
            for (const auto vital : fresh) judge(vital, vitals_.at(vital), pass);
            find_missing(batch.device, bounded(at), pass);
        }
        begin = end;
    }
    // A device that has nothing to say sends its clock alone. A batch with readings may have been
    // sealed anew long after they were taken: then the clock says nothing about what is missing.
    if (batch.readings.empty()) find_missing(batch.device, bounded(batch.clock), pass);
    if (batch.status == wire::DeviceStatus::sensor_off) sensor_off(batch, pass);
    if (batch.status == wire::DeviceStatus::finished) {
        for (auto& [vital, state] : vitals_) {
            if (state.device == batch.device) state.timed = false;
        }
    }
    return std::move(pass.out);
}

std::vector<Transition> PatientRules::advance(const Silence& silence, const FactsOf& facts_of) {
    Pass pass{facts_of, {}};
    for (const auto& [id, device] : devices_) {
        const auto elapsed = std::min(silence.gateway_now - device.gateway_time, elapsed_max);
        const auto unheard =
            silence.gateway_now - std::max(device.gateway_time, silence.listening_since);
        if (elapsed <= milliseconds{0} || unheard < silence_least) continue;
        const auto speed = static_cast<std::int64_t>(device.speed_milli);
        find_missing(id, device.clock + elapsed * speed / 1000, pass);
    }
    return std::move(pass.out);
}

/// Takes down where the device stands. A batch that is resent after newer ones says nothing of
/// that.
void PatientRules::hear(const series::StoredBatch& batch) {
    auto& device = devices_[batch.device];
    if (batch.counter < device.counter) return;
    device = {.clock = bounded(batch.clock),
              .gateway_time = batch.gateway_time,
              .speed_milli = std::min(batch.speed_milli, speed_milli_max),
              .counter = batch.counter,
              .finished = batch.status == wire::DeviceStatus::finished};
}

/// Takes one reading into the state of its vital. True if it is news to be judged by its limits.
bool PatientRules::accept(const series::StoredBatch& batch, std::size_t index, Pass& pass) {
    const auto& reading = batch.readings[index];
    auto& state = vitals_[reading.vital];
    const auto at = bounded(reading.time);
    if (state.newest && at <= *state.newest) {
        if (*state.newest <= batch.gateway_time + future_tolerated) return false;
        for (auto& line : state.lines) line.breached_since = line.cleared_since = {};
        state.newest.reset();
    }
    if (state.newest && state.timed) {
        const auto limit = no_data_limit(interval_of(pass.facts_of(reading.vital)));
        if (at - *state.newest > limit && !state.technical) {
            set_technical(reading.vital, state, Condition::no_data,
                          {.limit_milli = limit.count(), .at = *state.newest + limit}, pass);
        }
    }
    state.newest = at;
    state.device = batch.device;
    state.timed = !devices_.at(batch.device).finished;
    const Transition values{.value_milli = reading.value_milli, .at = at};
    if (batch.qualities[index] == series::Quality::implausible) {
        set_technical(reading.vital, state, Condition::implausible, values, pass);
        return false;
    }
    set_technical(reading.vital, state, {}, values, pass);
    state.valued = at;
    state.value_milli = reading.value_milli;
    return true;
}

/// Compares the newest value of a vital with each of its lines.
void PatientRules::judge(wire::Vital vital, VitalState& state, Pass& pass) {
    const auto& limits = limits_of(vital);
    const auto facts = pass.facts_of(vital);
    const bool held_back =
        vital == wire::Vital::pulse_rate && pulse_is_held_back(*state.valued, pass);
    for (std::size_t i = 0; i < line_count; ++i) {
        if (!limits.lines[i]) continue;
        const auto line = static_cast<Line>(i);
        update(state.lines[i], *limits.lines[i],
               {.breaches = is_breached(line, *limits.lines[i], state.value_milli),
                .clears = is_cleared(line, *limits.lines[i], state.value_milli),
                .may_raise = (facts.adult || limits.ambient) && !held_back,
                .at = *state.valued,
                .interval = interval_of(facts)});
    }
    settle(vital, state, pass);
}

void PatientRules::update(Debounce& state, const Limit& limit, const Crossing& crossing) {
    if (!state.active) {
        if (!crossing.breaches) {
            state.breached_since.reset();
            return;
        }
        if (!state.breached_since) state.breached_since = crossing.at;
        if (crossing.may_raise &&
            is_over(*state.breached_since, crossing.at, limit.raise_delay, crossing.interval)) {
            state = {.active = true, .breached_since = {}, .cleared_since = {}};
        }
        return;
    }
    if (!crossing.clears) {
        state.cleared_since.reset();
        return;
    }
    if (!state.cleared_since) state.cleared_since = crossing.at;
    if (is_over(*state.cleared_since, crossing.at, limit.clear_delay, crossing.interval)) {
        state = {};
    }
}

/// The clinical alarm of a vital shows the worst of its active lines.
void PatientRules::settle(wire::Vital vital, VitalState& state, Pass& pass) {
    const auto worst = std::ranges::find_if(
        by_severity, [&](Line line) { return state.lines[static_cast<std::size_t>(line)].active; });
    std::optional<Condition> condition;
    std::int64_t limit_milli = 0;
    if (worst != by_severity.end()) {
        condition = condition_of(*worst);
        limit_milli = limits_of(vital).line(*worst)->raise_milli;
    }
    if (condition == state.clinical) return;
    state.clinical = condition;
    pass.out.push_back({.vital = vital,
                        .kind = Kind::clinical,
                        .condition = condition,
                        .value_milli = state.value_milli,
                        .limit_milli = limit_milli,
                        .at = *state.valued});
}

/// Both must have a value of this instant, or of less than an interval before it (two devices).
void PatientRules::compare_pulse_and_heart_rate(base::TimePoint at, Pass& pass) {
    const auto pulse = vitals_.find(wire::Vital::pulse_rate);
    const auto heart = vitals_.find(wire::Vital::heart_rate);
    if (pulse == vitals_.end() || heart == vitals_.end()) return;
    const auto &p = pulse->second, &h = heart->second;
    if (!p.valued || !h.valued || std::max(*p.valued, *h.valued) != at) return;
    const auto facts = pass.facts_of(wire::Vital::pulse_rate);
    const auto interval =
        std::max(interval_of(facts), interval_of(pass.facts_of(wire::Vital::heart_rate)));
    if (std::chrono::abs(*p.valued - *h.valued) >= interval) return;
    const auto difference = std::abs(p.value_milli - h.value_milli);
    const bool disagree = difference * 100 > h.value_milli * disagreement_percent;
    const bool before = disagreement_.active;
    update(disagreement_, disagreement_delays,
           {.breaches = disagree,
            .clears = !disagree,
            .may_raise = facts.adult,
            .at = at,
            .interval = interval});
    if (disagreement_.active == before) return;
    Transition change{.vital = wire::Vital::pulse_rate,
                      .kind = Kind::disagreement,
                      .condition = {},
                      .value_milli = p.value_milli,
                      .limit_milli = h.value_milli,
                      .at = at};
    if (disagreement_.active) change.condition = Condition::pulse_and_heart_rate_disagree;
    pass.out.push_back(change);
}

/// What is not known now is no comfort: HR and SpO2 must be as new as the disagreement's delay
/// asks, or an HR that was lost would hide every alarm of the pulse.
bool PatientRules::pulse_is_held_back(base::TimePoint at, Pass& pass) const {
    if (!disagreement_.active) return false;
    const auto fresh = [&](wire::Vital vital) -> const VitalState* {
        const auto found = vitals_.find(vital);
        if (found == vitals_.end() || !found->second.valued) return nullptr;
        const auto age_max = std::max(interval_of(pass.facts_of(vital)),
                                      milliseconds{disagreement_delays.raise_delay});
        return at - *found->second.valued <= age_max ? &found->second : nullptr;
    };
    const auto* spo2 = fresh(wire::Vital::spo2);
    return fresh(wire::Vital::heart_rate) != nullptr && spo2 != nullptr &&
           spo2->value_milli >= pulse_held_back_spo2_milli;
}

/// `now`: patient time by `device`, whose vitals alone are asked for: another device's clock may
/// differ.
void PatientRules::find_missing(const wire::DeviceId& device, base::TimePoint now, Pass& pass) {
    for (auto& [vital, state] : vitals_) {
        if (!state.timed || !state.newest || state.device != device) continue;
        if (state.technical && state.technical != Condition::implausible) continue;
        if (now - *state.newest < no_data_least) continue;  // spares the question below
        const auto limit = no_data_limit(interval_of(pass.facts_of(vital)));
        if (now - *state.newest < limit) continue;
        set_technical(vital, state, Condition::no_data,
                      {.limit_milli = limit.count(), .at = *state.newest + limit}, pass);
    }
}

/// The vitals of the device that have no value in this very batch.
void PatientRules::sensor_off(const series::StoredBatch& batch, Pass& pass) {
    for (auto& [vital, state] : vitals_) {
        if (state.device != batch.device) continue;
        const bool has_value = std::ranges::any_of(
            batch.readings, [&](const wire::Reading& reading) { return reading.vital == vital; });
        if (has_value) continue;
        set_technical(vital, state, Condition::sensor_off, {.at = bounded(batch.clock)}, pass);
    }
}

void PatientRules::set_technical(wire::Vital vital, VitalState& state,
                                 std::optional<Condition> condition, const Transition& values,
                                 Pass& pass) {
    if (state.technical == condition) return;
    state.technical = condition;
    Transition change = values;
    change.vital = vital;
    change.kind = Kind::technical;
    change.condition = condition;
    pass.out.push_back(change);
}

}  // namespace monitor
