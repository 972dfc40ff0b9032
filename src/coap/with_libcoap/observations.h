// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "coap/device_path.h"
#include "coap/with_libcoap/library.h"

namespace coap {

using Steady = std::chrono::steady_clock;

/// A session of libcoap (an address that datagrams come from) that it must not forget.
class HeldSession {
public:
    explicit HeldSession(coap_session_t* session) : session_(coap_session_reference(session)) {}
    ~HeldSession() { coap_session_release(session_); }
    HeldSession(const HeldSession&) = delete;
    HeldSession& operator=(const HeldSession&) = delete;
    [[nodiscard]] coap_session_t* get() const { return session_; }

private:
    coap_session_t* session_;
};

/// What was answered to one message, for a sender that did not get the answer and repeats the
/// message (RFC 7252 section 4.5); libcoap 4.3.1 would hand it on once more.
struct Answer {
    coap_mid_t message_id = 0;
    Token token{};
    coap_pdu_code_t code{};
    std::optional<std::uint32_t> block{};  ///< Value of the Block1 option.
    base::Bytes payload{};
};

/// One address that observes one device's resource.
struct Observation {
    Observation(DevicePath of, coap_session_t* by) : path(std::move(of)), session(by) {}

    DevicePath path;
    HeldSession session;
    Token token;
    bool proven = false;        ///< A frame from there was answered.
    std::uint32_t unheard = 0;  ///< Notifications since the last request.
    std::uint32_t lost = 0;     ///< Of them, in a row, without an acknowledgement.
    std::uint32_t sequence = 0;
    Steady::time_point last_request{};
    Steady::time_point second_began{};  ///< For the bound on requests per second.
    std::uint32_t requests_this_second = 0;
    base::Bytes body;  ///< Blocks that came so far.
    std::deque<Answer> answers;
};

/// Who observes what. Of a device there is one proven observation at most, since it has one PDA
/// session at most; while there is one, only it is told anything. Pointers last until the next
/// change.
class Observations {
public:
    explicit Observations(const Limits& limits) : limits_(limits) {}

    [[nodiscard]] Observation* find(const DevicePath& path, const coap_session_t* session);
    /// Makes room at the cost of what was never proven. Nothing: there is no room.
    [[nodiscard]] Observation* add(const DevicePath& path, coap_session_t* session,
                                   Steady::time_point now);
    void prove(Observation& observation);
    [[nodiscard]] std::vector<Observation*> audience(const DevicePath& path);
    void forget(const DevicePath& path);
    void forget(const DevicePath& path, const coap_session_t* session);
    /// A notification to this address was lost; says how many are forgotten for it.
    std::size_t lose(const coap_session_t* session);
    std::size_t forget(const coap_session_t* session);
    void expire(Steady::time_point now);
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    using Group = std::list<Observation>;
    template <class Condition>
    std::size_t erase_if(Condition condition);
    void make_room(const DevicePath& path);

    Limits limits_;
    std::map<DevicePath, Group> groups_;
    std::size_t size_ = 0;
};

}  // namespace coap
