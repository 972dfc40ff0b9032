// SPDX-License-Identifier: Apache-2.0
#include "coap/with_libcoap/observations.h"

#include <algorithm>

namespace coap {

Observation* Observations::find(const DevicePath& path, const coap_session_t* session) {
    const auto group = groups_.find(path);
    if (group == groups_.end()) return nullptr;
    for (Observation& one : group->second) {
        if (one.session.get() == session) return &one;
    }
    return nullptr;
}

template <class Condition>
std::size_t Observations::erase_if(Condition condition) {
    std::size_t erased = 0;
    for (auto group = groups_.begin(); group != groups_.end();) {
        erased += std::erase_if(group->second, condition);
        group = group->second.empty() ? groups_.erase(group) : std::next(group);
    }
    size_ -= erased;
    return erased;
}

/// The longest silent of the unproven ones goes: first of this device, then of all.
void Observations::make_room(const DevicePath& path) {
    const Observation* oldest = nullptr;
    const Observation* oldest_of_device = nullptr;
    std::size_t unproven = 0;
    std::size_t unproven_of_device = 0;
    for (const auto& [of, group] : groups_) {
        for (const Observation& one : group) {
            if (one.proven) continue;
            ++unproven;
            if (oldest == nullptr || one.last_request < oldest->last_request) oldest = &one;
            if (of != path) continue;
            ++unproven_of_device;
            if (oldest_of_device == nullptr || one.last_request < oldest_of_device->last_request) {
                oldest_of_device = &one;
            }
        }
    }
    const Observation* goes = nullptr;
    if (unproven_of_device >= limits_.unproven_of_device) {
        goes = oldest_of_device;
    } else if (unproven >= limits_.unproven || size_ >= limits_.observations) {
        goes = oldest;
    }
    if (goes == nullptr) return;
    erase_if([goes](const Observation& one) { return &one == goes; });
}

Observation* Observations::add(const DevicePath& path, coap_session_t* session,
                               Steady::time_point now) {
    make_room(path);
    if (size_ >= limits_.observations) return nullptr;
    Observation& made = groups_[path].emplace_back(path, session);
    made.last_request = now;
    ++size_;
    return &made;
}

void Observations::prove(Observation& observation) {
    if (observation.proven) return;
    observation.proven = true;
    erase_if([&](const Observation& one) {
        return one.proven && &one != &observation && one.path == observation.path;
    });
}

std::vector<Observation*> Observations::audience(const DevicePath& path) {
    const auto group = groups_.find(path);
    if (group == groups_.end()) return {};
    std::vector<Observation*> all;
    for (Observation& one : group->second) {
        if (one.proven) return {&one};
        all.push_back(&one);
    }
    return all;
}

void Observations::forget(const DevicePath& path) {
    const auto group = groups_.find(path);
    if (group == groups_.end()) return;
    size_ -= group->second.size();
    groups_.erase(group);
}

void Observations::forget(const DevicePath& path, const coap_session_t* session) {
    erase_if(
        [&](const Observation& one) { return one.session.get() == session && one.path == path; });
}

std::size_t Observations::lose(const coap_session_t* session) {
    for (auto& [path, group] : groups_) {
        for (Observation& one : group) {
            if (one.session.get() == session) ++one.lost;
        }
    }
    return erase_if([&](const Observation& one) { return one.lost >= limits_.notifications_lost; });
}

std::size_t Observations::forget(const coap_session_t* session) {
    return erase_if([&](const Observation& one) { return one.session.get() == session; });
}

void Observations::expire(Steady::time_point now) {
    erase_if([&](const Observation& one) { return now - one.last_request > limits_.silence; });
}

}  // namespace coap
