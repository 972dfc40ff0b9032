// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/server.h"

#include <algorithm>
#include <string>

#include "base/check.h"
#include "crypto/hkdf.h"
#include "keyagreement/internal/cookie_jar.h"
#include "keyagreement/internal/half_open_table.h"
#include "keyagreement/internal/login_throttle.h"
#include "keyagreement/internal/replay_cache.h"
#include "keyagreement/internal/session_table.h"
#include "keyagreement/internal/source_limits.h"
#include "keyagreement/internal/steady_time.h"

namespace keyagreement {
namespace {

using internal::HalfOpen;
using internal::Live;
using internal::ReplayCache;

/// Wrong MSG3 for one handshake, and repeats of the right one, that are looked at. Chosen by us: an
/// honest initiator sends one, and repeats it three times.
constexpr int refused_messages3_max = 8;
constexpr std::uint8_t repeats_max = 8;

/// What a MSG1 is judged by.
struct Arrival {
    std::string_view source;
    base::ByteView frame;
    base::TimePoint now;
    Elapsed elapsed;
};

}  // namespace

struct Server::State {
    State(ServerSetup given, const PeerIndex& peer_index, base::Random& source_of_randomness)
        : setup(std::move(given)),
          peers(peer_index),
          random(source_of_randomness),
          cookies(source_of_randomness),
          replay(setup.limits.replay_entries),
          half_open(setup.limits.half_open),
          sources(setup.limits.messages1_a_source, setup.limits.messages1_in_all) {}

    Elapsed advance(base::TimePoint now);
    [[nodiscard]] bool serves(Profile profile) const {
        return std::ranges::find(setup.profiles, profile) != setup.profiles.end();
    }
    Outcome refuse(Failure failure) {
        counts.failures.add(failure);
        Outcome out;
        out.failure = failure;
        return out;
    }
    Outcome receive(const Arrival& arrival);
    Outcome receive_message1(const Arrival& arrival);
    Outcome answer_message1(const Arrival& arrival, const Message1& message);
    std::expected<void, Failure> identify(const Arrival& arrival, Responder& responder,
                                          const Peer& peer, Profile profile);
    [[nodiscard]] std::expected<void, Failure> judge_time(std::uint64_t stated_ms, Profile profile,
                                                          const Peer& peer,
                                                          base::TimePoint now) const;
    Outcome receive_message3(const Arrival& arrival);
    Outcome repeat_confirmation(const Arrival& arrival, const Message3& message);
    Outcome receive_data(const Arrival& arrival);
    [[nodiscard]] Sid new_session_name();

    ServerSetup setup;
    const PeerIndex& peers;
    base::Random& random;
    internal::SteadyTime time;
    internal::CookieJar cookies;
    internal::ReplayCache replay;
    internal::HalfOpenTable half_open;
    internal::SourceLimits sources;
    internal::LoginThrottle throttle;
    internal::SessionTable sessions;
    ServerCounts counts;
};

Elapsed Server::State::advance(base::TimePoint now) {
    // A wall clock that is set back takes the start with it; else nobody would be served until it
    // has caught up.
    setup.started_at -= time.step_back_to(now);
    const Elapsed elapsed = time.advance(now);
    replay.forget(elapsed);
    half_open.forget(elapsed);
    return elapsed;
}

Sid Server::State::new_session_name() {
    for (;;) {
        const auto name = base::draw<Sid>(random);
        if (!name.is_zero() && !half_open.contains(name) && !sessions.contains(name)) return name;
    }
}

Outcome Server::State::receive(const Arrival& arrival) {
    const auto head = decode_head(arrival.frame);
    if (!head || !serves(head->profile)) return refuse(Failure::parse);
    switch (head->type) {
        case FrameType::message1:
            return receive_message1(arrival);
        case FrameType::message3:
            return receive_message3(arrival);
        case FrameType::data:
            return receive_data(arrival);
        case FrameType::message2:
        case FrameType::cookie:
            break;  // only initiators receive these
    }
    return refuse(Failure::state);
}

// The order of docs/protocol.md 2.5: what costs a hash first, then what costs a cookie, then
// X25519.
Outcome Server::State::receive_message1(const Arrival& arrival) {
    ++counts.messages1;
    const auto message = decode_message1(arrival.frame);
    if (!message) return refuse(Failure::parse);
    if (!Responder::mac1_fits(setup.own.public_key(), arrival.frame)) return refuse(Failure::mac1);
    const bool source_is_busy = sources.count(arrival.source, arrival.elapsed);
    if (source_is_busy || half_open.crowded()) {
        if (!message->cookie) {
            ++counts.cookies_sent;
            Outcome out;
            out.to_send.push_back(encode(
                CookieReply{.profile = message->profile,
                            .initiator = message->initiator,
                            .cookie = cookies.make(arrival.source, *message, arrival.elapsed)}));
            return out;
        }
        if (!cookies.fits(arrival.source, *message, arrival.elapsed)) {
            return refuse(Failure::cookie);
        }
        // A cookie is good for minutes, and a MSG1 that fails inside stays in no table.
        if (sources.count_proven(arrival.source, arrival.elapsed)) {
            return refuse(Failure::throttled);
        }
    }
    if (replay.contains(ReplayCache::key_of(message->ephemeral))) return refuse(Failure::replay);
    if (half_open.full() || replay.full()) return refuse(Failure::full);
    return answer_message1(arrival, *message);
}

Outcome Server::State::answer_message1(const Arrival& arrival, const Message1& message) {
    ++counts.dh_operations;  // es
    auto responder =
        Responder::open({message.profile, setup.suite, setup.domain, setup.own.public_key()},
                        setup.own, arrival.frame);
    if (!responder) return refuse(responder.error());
    const auto peer = peers.find(message.profile, responder->pid(), arrival.now);
    if (!peer) return refuse(Failure::unknown_pid);
    if (peer->revoked) return refuse(Failure::revoked);
    if (const auto known = identify(arrival, *responder, *peer, message.profile); !known) {
        return refuse(known.error());
    }
    if (sessions.size() >= setup.limits.sessions && !sessions.knows(peer->name)) {
        return refuse(Failure::full);
    }
    replay.add(ReplayCache::key_of(message.ephemeral), arrival.elapsed);

    ++counts.keys_made;
    counts.dh_operations += 2;  // ee, se
    const auto ephemeral = PrivateKey::draw(random);
    const Sid name = new_session_name();
    const auto now_ms = static_cast<std::uint64_t>(base::to_unix_ms(arrival.now));
    auto answer = responder->answer({name, ephemeral, now_ms});
    if (!answer) return refuse(answer.error());
    half_open.add(name, {.responder = std::move(*responder), .peer = peer->name}, arrival.elapsed);
    Outcome out;
    out.to_send.push_back(std::move(*answer));
    return out;
}

std::expected<void, Failure> Server::State::identify(const Arrival& arrival, Responder& responder,
                                                     const Peer& peer, Profile profile) {
    const bool guarded = profile == Profile::user_cloud;
    if (guarded && throttle.refuses(peer.name, arrival.source, arrival.elapsed)) {
        return std::unexpected(Failure::throttled);
    }
    ++counts.dh_operations;  // ss
    const Secret32* previous = peer.psk_previous ? &*peer.psk_previous : nullptr;
    const auto stated_ms = responder.identify(setup.own, peer.static_public, peer.psk, previous);
    if (!stated_ms) {
        if (guarded) throttle.failed(peer.name, arrival.source, arrival.elapsed);
        return std::unexpected(stated_ms.error());
    }
    return judge_time(*stated_ms, profile, peer, arrival.now);
}

std::expected<void, Failure> Server::State::judge_time(std::uint64_t stated_ms, Profile profile,
                                                       const Peer& peer,
                                                       base::TimePoint now) const {
    if (stated_ms == no_time) {
        if (profile == Profile::device_pda && peer.clockless_allowed) return {};
        return std::unexpected(Failure::time);
    }
    if (!internal::is_near(stated_ms, now)) return std::unexpected(Failure::time);
    const auto stated = base::from_unix_ms(static_cast<std::int64_t>(stated_ms));
    if (stated < setup.started_at) return std::unexpected(Failure::time);
    return {};
}

Outcome Server::State::receive_message3(const Arrival& arrival) {
    const auto message = decode_message3(arrival.frame);
    if (!message) return refuse(Failure::parse);
    HalfOpen* open = half_open.find(message->responder);
    if (open == nullptr) return repeat_confirmation(arrival, *message);
    const PeerName peer = open->peer;
    auto agreed = open->responder.confirm(arrival.frame);
    if (!agreed) {
        if (agreed.error() == Failure::confirm && message->profile == Profile::user_cloud) {
            throttle.failed(peer, arrival.source, arrival.elapsed);
        }
        if (++open->refused >= refused_messages3_max) half_open.remove(message->responder);
        return refuse(agreed.error());
    }
    Outcome out;
    out.established = Established{.peer = peer,
                                  .session = message->responder,
                                  .profile = message->profile,
                                  .user = std::nullopt};
    if (message->profile == Profile::user_cloud) {
        throttle.succeeded(peer, arrival.source);
        out.established->user = UserSecrets{std::move(agreed->session_key),
                                            crypto::sha512_of_secret({agreed->login_token.view()})};
    }
    Session session({.profile = message->profile,
                     .suite = setup.suite,
                     .side = Side::responder,
                     .own = message->responder,
                     .peer = open->responder.initiator()},
                    *agreed, arrival.elapsed);
    half_open.remove(message->responder);
    Live& live = sessions.add(std::move(session), peer, message->confirmation, arrival.elapsed);
    ++counts.established;
    // The empty record tells the initiator that MSG3 arrived.
    out.to_send.push_back(live.session.seal({}, arrival.elapsed).value());
    return out;
}

Outcome Server::State::repeat_confirmation(const Arrival& arrival, const Message3& message) {
    Live* live = sessions.find(message.responder, arrival.elapsed);
    if (live == nullptr || live->session.profile() != message.profile ||
        live->repeats >= repeats_max ||
        !crypto::equal_constant_time(live->confirmation.view(), message.confirmation.view())) {
        return refuse(Failure::state);
    }
    auto record = live->session.seal({}, arrival.elapsed);
    if (!record) return refuse(record.error());
    ++live->repeats;
    Outcome out;
    out.to_send.push_back(std::move(*record));
    return out;
}

Outcome Server::State::receive_data(const Arrival& arrival) {
    const auto header = decode_data_header(arrival.frame);
    if (!header) return refuse(Failure::parse);
    Live* live = sessions.find(header->receiver, arrival.elapsed);
    if (live == nullptr) return refuse(Failure::state);
    auto plaintext = live->session.open(arrival.frame, arrival.elapsed);
    if (!plaintext) {
        if (plaintext.error() == Failure::expired) sessions.remove(header->receiver);
        return refuse(plaintext.error());
    }
    ++counts.records_opened;
    Outcome out;
    if (!plaintext->empty()) {
        out.received = Received{.peer = live->peer,
                                .session = header->receiver,
                                .profile = header->profile,
                                .plaintext = std::move(*plaintext)};
    }
    return out;
}

Server::Server(ServerSetup setup, const PeerIndex& peers, base::Random& random)
    : state_(std::make_unique<State>(std::move(setup), peers, random)) {}
Server::~Server() = default;
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;

Outcome Server::receive(std::string_view source, base::ByteView frame, base::TimePoint now) {
    const Elapsed elapsed = state_->advance(now);
    return state_->receive({source, frame, now, elapsed});
}

base::Result<base::Bytes> Server::seal(const Sid& session, base::ByteView plaintext,
                                       base::TimePoint now) {
    if (plaintext.size() > data_plaintext_bytes_max) {
        return base::fail(base::ErrorCode::too_large, "more than a data record may hold");
    }
    const Elapsed elapsed = state_->advance(now);
    Live* live = state_->sessions.find(session, elapsed);
    if (live == nullptr) return base::fail(base::ErrorCode::not_found, "no such session");
    auto frame = live->session.seal(plaintext, elapsed);
    if (!frame) {
        state_->sessions.remove(session);
        return base::fail(base::ErrorCode::expired, "the session reached its hard stop");
    }
    ++state_->counts.records_sealed;
    return *std::move(frame);
}

std::optional<Sid> Server::newest_session(const PeerName& peer) const {
    return state_->sessions.newest(peer);
}

void Server::close(const PeerName& peer) {
    state_->half_open.remove_peer(peer);
    state_->sessions.remove_peer(peer);
}

void Server::tick(base::TimePoint now) {
    const Elapsed elapsed = state_->advance(now);
    state_->sessions.forget(elapsed);
    state_->throttle.forget(elapsed);
}

ServerCounts Server::counts() const {
    ServerCounts out = state_->counts;
    out.half_open = state_->half_open.size();
    out.sessions = state_->sessions.size();
    out.replay_entries = state_->replay.size();
    return out;
}

}  // namespace keyagreement
