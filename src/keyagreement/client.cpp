// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/client.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/check.h"
#include "keyagreement/credentials.h"
#include "keyagreement/internal/steady_time.h"

namespace keyagreement {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Source: docs/protocol.md 2.5; the others are chosen by us.
constexpr seconds answer_wait{5};
constexpr std::array<seconds, 4> back_offs = {seconds{1}, seconds{2}, seconds{4}, seconds{8}};
constexpr std::uint16_t jitter_ms_max = 1'000;
constexpr std::array<seconds, 3> repeat_times = {seconds{1}, seconds{2}, seconds{4}};
constexpr seconds confirmation_wait{8};
constexpr seconds silence_max{15};
/// Of one handshake: an attacker who sees it may forge replies, each of which costs work.
constexpr int refused_messages2_max = 8;
constexpr int cookies_max = 3;
/// After so many handshakes in a row that failed, a time learnt from the responder is forgotten.
constexpr std::size_t failures_before_no_time = 4;
/// The end of the year 9999, in ms: no time that a responder may have. Far below what can be added
/// to without an overflow.
constexpr std::uint64_t learnt_ms_max = 253'402'300'799'999;

/// A session and what a user's client takes from it.
struct Keys {
    Session session;
    Secret32 session_key;
    Secret32 login_token;
};

/// MSG1 is out.
struct Asking {
    Initiator handshake;
    bool stated_no_time;
    Elapsed began;
    int refused = 0;
    int cookies = 0;
};
/// MSG3 is out; the peer's first record is awaited.
struct Confirming {
    Keys keys;
    base::Bytes message3;
    Elapsed began;
    std::size_t repeats = 0;
};
struct Before {
    Session session;
    Elapsed over_at;
};

}  // namespace

struct Client::State {
    State(ClientSetup given, base::Random& source_of_randomness)
        : setup(std::move(given)), random(source_of_randomness) {}

    void advance(base::TimePoint now);
    [[nodiscard]] bool busy() const { return asking || confirming; }
    [[nodiscard]] std::optional<base::TimePoint> wall_time(base::TimePoint now) const;
    void begin(Outcome& out, base::TimePoint now);
    void give_up();
    void refuse(Outcome& out, Failure failure) {
        counts.failures.add(failure);
        out.failure = failure;
    }
    void receive_message2(Outcome& out, base::ByteView frame, base::TimePoint now);
    void receive_cookie(Outcome& out, base::ByteView frame);
    void receive_data(Outcome& out, base::ByteView frame);
    void confirmed(Outcome& out);
    void do_what_is_due(Outcome& out, base::TimePoint now);
    [[nodiscard]] bool wants_new_session() const;
    [[nodiscard]] Elapsed next_deadline() const;

    ClientSetup setup;
    base::Random& random;
    internal::SteadyTime time;
    Elapsed elapsed{0};
    bool running = false;
    std::optional<Asking> asking;
    std::optional<Confirming> confirming;
    std::optional<Keys> current;
    std::optional<Before> before;
    std::optional<Elapsed> retry_at;
    std::size_t failures_in_row = 0;
    /// Since when records of ours are without an answer.
    std::optional<Elapsed> unanswered_since;
    /// Wall time minus `now`, for a device without a clock once it learnt the time.
    std::optional<milliseconds> learnt_offset;
    ClientCounts counts;
};

void Client::State::advance(base::TimePoint now) {
    elapsed = time.advance(now);
    if (before && elapsed >= before->over_at) before.reset();
    if (current) {
        current->session.forget_old_keys(elapsed);
        if (current->session.expired(elapsed)) current.reset();
    }
}

std::optional<base::TimePoint> Client::State::wall_time(base::TimePoint now) const {
    if (setup.has_clock) return now;
    if (learnt_offset) return now + *learnt_offset;
    return std::nullopt;
}

void Client::State::begin(Outcome& out, base::TimePoint now) {
    retry_at.reset();
    unanswered_since.reset();
    confirming.reset();
    ++counts.started;
    const auto wall = wall_time(now);
    const Pid pid = pid_of(setup.pid_key, wall ? day_of(*wall) : no_day);
    const Secret32 psk = setup.psk(wall.value_or(now));
    const std::uint64_t time_ms =
        wall ? static_cast<std::uint64_t>(base::to_unix_ms(*wall)) : no_time;
    const auto name = base::draw<Sid>(random);
    auto handshake =
        Initiator::begin({setup.profile, setup.suite, setup.domain, setup.responder},
                         {setup.own, pid, psk}, {name, PrivateKey::draw(random), time_ms});
    if (!handshake) {
        refuse(out, handshake.error());
        return give_up();
    }
    out.to_send.push_back(handshake->message1());
    asking.emplace(
        Asking{.handshake = std::move(*handshake), .stated_no_time = !wall, .began = elapsed});
}

/// The open handshake failed: wipes it and sets when the next begins.
void Client::State::give_up() {
    asking.reset();
    confirming.reset();
    std::array<std::uint8_t, 2> drawn;
    random.fill(drawn);
    const milliseconds jitter{base::read_u16(drawn) % jitter_ms_max};
    retry_at = elapsed + back_offs.at(std::min(failures_in_row, back_offs.size() - 1)) + jitter;
    ++failures_in_row;
    if (failures_in_row >= failures_before_no_time) learnt_offset.reset();
}

void Client::State::receive_message2(Outcome& out, base::ByteView frame, base::TimePoint now) {
    if (!asking || asking->refused >= refused_messages2_max) return refuse(out, Failure::state);
    auto finished = asking->handshake.finish(setup.own, frame);
    if (!finished) {
        ++asking->refused;
        return refuse(out, finished.error());
    }
    if (asking->stated_no_time) {
        if (finished->time_ms > learnt_ms_max) {
            refuse(out, Failure::time);
            return give_up();
        }
        out.peer_time = base::from_unix_ms(static_cast<std::int64_t>(finished->time_ms));
        learnt_offset = *out.peer_time - now;
    } else if (!internal::is_near(finished->time_ms, *wall_time(now))) {
        refuse(out, Failure::time);
        return give_up();
    }
    Session session({.profile = setup.profile,
                     .suite = setup.suite,
                     .side = Side::initiator,
                     .own = asking->handshake.session(),
                     .peer = finished->session},
                    finished->agreed, elapsed);
    asking.reset();
    confirming.emplace(Confirming{.keys = {.session = std::move(session),
                                           .session_key = std::move(finished->agreed.session_key),
                                           .login_token = std::move(finished->agreed.login_token)},
                                  .message3 = finished->message3,
                                  .began = elapsed});
    out.to_send.push_back(std::move(finished->message3));
}

void Client::State::receive_cookie(Outcome& out, base::ByteView frame) {
    const auto reply = decode_cookie_reply(frame);
    if (!reply) return refuse(out, Failure::parse);
    if (!asking || reply->initiator != asking->handshake.session() ||
        asking->cookies >= cookies_max) {
        return refuse(out, Failure::state);
    }
    ++asking->cookies;
    ++counts.cookies;
    base::Bytes retry = asking->handshake.message1();
    base::append(retry, reply->cookie.view());
    out.to_send.push_back(std::move(retry));
}

void Client::State::receive_data(Outcome& out, base::ByteView frame) {
    const auto header = decode_data_header(frame);
    if (!header) return refuse(out, Failure::parse);
    Session* session = nullptr;
    const auto take = [&](Session& one) {
        if (one.own() == header->receiver) session = &one;
    };
    if (before) take(before->session);
    if (current) take(current->session);
    if (confirming) take(confirming->keys.session);
    if (session == nullptr) return refuse(out, Failure::state);
    auto plaintext = session->open(frame, elapsed);
    if (!plaintext) return refuse(out, plaintext.error());
    const Sid name = session->own();
    unanswered_since.reset();
    if (confirming && session == &confirming->keys.session) confirmed(out);
    if (!plaintext->empty()) {
        out.received = Received{.peer = {},
                                .session = name,
                                .profile = setup.profile,
                                .plaintext = std::move(*plaintext)};
    }
}

void Client::State::confirmed(Outcome& out) {
    before.reset();
    if (current) {
        before.emplace(Before{std::move(current->session), elapsed + 2 * time_tolerance});
    }
    current.emplace(std::move(confirming->keys));
    confirming.reset();
    retry_at.reset();
    failures_in_row = 0;
    ++counts.established;
    out.established = Established{.peer = {},
                                  .session = current->session.own(),
                                  .profile = setup.profile,
                                  .user = std::nullopt};
}

bool Client::State::wants_new_session() const {
    if (!running || busy() || retry_at) return false;
    if (!current || current->session.due_for_rekey(elapsed)) return true;
    return unanswered_since && elapsed - *unanswered_since >= silence_max;
}

void Client::State::do_what_is_due(Outcome& out, base::TimePoint now) {
    if (asking && elapsed - asking->began >= answer_wait) give_up();
    if (confirming) {
        const Elapsed waited = elapsed - confirming->began;
        if (waited >= confirmation_wait) {
            give_up();
        } else if (confirming->repeats < repeat_times.size() &&
                   waited >= repeat_times.at(confirming->repeats)) {
            // One repeat for all that is due: after a pause there is no use in several.
            while (confirming->repeats < repeat_times.size() &&
                   waited >= repeat_times.at(confirming->repeats)) {
                ++confirming->repeats;
            }
            ++counts.repeats;
            out.to_send.push_back(confirming->message3);
        }
    }
    const bool retries = retry_at && elapsed >= *retry_at;
    if (retries || wants_new_session()) begin(out, now);
}

Elapsed Client::State::next_deadline() const {
    Elapsed next = Elapsed::max();
    const auto consider = [&next](Elapsed deadline) { next = std::min(next, deadline); };
    if (asking) consider(asking->began + answer_wait);
    if (confirming) {
        consider(confirming->began + (confirming->repeats < repeat_times.size()
                                          ? repeat_times.at(confirming->repeats)
                                          : confirmation_wait));
    }
    if (retry_at) consider(*retry_at);
    if (before) consider(before->over_at);
    if (current && !busy() && !retry_at) {
        consider(current->session.rekey_at());
        if (unanswered_since) consider(*unanswered_since + silence_max);
    }
    return next;
}

Client::Client(ClientSetup setup, base::Random& random)
    : state_(std::make_unique<State>(std::move(setup), random)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Outcome Client::start(base::TimePoint now) {
    state_->advance(now);
    state_->running = true;
    Outcome out;
    if (!state_->busy()) state_->begin(out, now);
    return out;
}

Outcome Client::tick(base::TimePoint now) {
    state_->advance(now);
    Outcome out;
    state_->do_what_is_due(out, now);
    return out;
}

Outcome Client::receive(base::ByteView frame, base::TimePoint now) {
    state_->advance(now);
    Outcome out;
    const auto head = decode_head(frame);
    if (!head || head->profile != state_->setup.profile) {
        state_->refuse(out, Failure::parse);
        return out;
    }
    switch (head->type) {
        case FrameType::message2:
            state_->receive_message2(out, frame, now);
            break;
        case FrameType::cookie:
            state_->receive_cookie(out, frame);
            break;
        case FrameType::data:
            state_->receive_data(out, frame);
            break;
        case FrameType::message1:
        case FrameType::message3:
            state_->refuse(out, Failure::state);
            break;
    }
    return out;
}

bool Client::ready() const {
    return state_->current.has_value();
}

base::Result<base::Bytes> Client::seal(base::ByteView plaintext, base::TimePoint now) {
    if (plaintext.size() > data_plaintext_bytes_max) {
        return base::fail(base::ErrorCode::too_large, "more than a data record may hold");
    }
    state_->advance(now);
    if (!state_->current) {
        return base::fail(base::ErrorCode::unavailable, "no session is confirmed yet");
    }
    auto frame = state_->current->session.seal(plaintext, state_->elapsed);
    if (!frame) return base::fail(base::ErrorCode::unavailable, "the session has just ended");
    if (!state_->unanswered_since) state_->unanswered_since = state_->elapsed;
    return *std::move(frame);
}

base::TimePoint Client::next_wake() const {
    const Elapsed deadline = state_->next_deadline();
    if (deadline == Elapsed::max()) return base::TimePoint::max();
    return state_->time.wall_time_of(deadline);
}

void Client::restart() {
    state_->running = false;
    state_->asking.reset();
    state_->confirming.reset();
    state_->current.reset();
    state_->before.reset();
    state_->retry_at.reset();
    state_->unanswered_since.reset();
    state_->failures_in_row = 0;
}

const Secret32* Client::session_key() const {
    return state_->current ? &state_->current->session_key : nullptr;
}

const Secret32* Client::login_token() const {
    return state_->current ? &state_->current->login_token : nullptr;
}

const ClientCounts& Client::counts() const {
    return state_->counts;
}

}  // namespace keyagreement
