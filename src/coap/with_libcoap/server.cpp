// SPDX-License-Identifier: Apache-2.0
#include "coap/server.h"

#include <algorithm>
#include <utility>

#include "coap/with_libcoap/library.h"
#include "coap/with_libcoap/observations.h"

namespace coap {

using base::ErrorCode;
using base::fail;
using base::pass;
using std::chrono::milliseconds;

namespace {

/// A client asks one thing after another, so that few can be repeated.
constexpr std::size_t answers_kept = 4;
constexpr Steady::duration expire_every = std::chrono::seconds(1);
constexpr std::uint32_t observe_begin = 0;
constexpr std::uint32_t observe_end = 1;
constexpr std::uint32_t observe_mask = 0xFF'FFFF;  // RFC 7641 section 2: 24 bits

std::optional<DevicePath> path_of(const coap_pdu_t* request) {
    coap_string_t* text = coap_get_uri_path(request);
    if (text == nullptr) return std::nullopt;
    auto out = parse_device_path({reinterpret_cast<const char*>(text->s), text->length});
    coap_delete_string(text);
    return out;
}

void write(const Answer& answer, coap_pdu_t* response) {
    coap_pdu_set_code(response, answer.code);
    if (answer.block) add_uint_option(response, COAP_OPTION_BLOCK1, *answer.block);
    // There is room: a block is smaller than the smallest datagram that a session sends.
    add_payload(response, answer.payload);
}

}  // namespace

struct Server::State {
    State(const Limits& bounds, const Timing& times)
        : limits(bounds), timing(times), observations(bounds) {}
    ~State() {
        if (context) coap_register_nack_handler(context.get(), nullptr);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    static State& of(coap_resource_t* resource) {
        return *static_cast<State*>(coap_resource_get_userdata(resource));
    }
    static void on_get(coap_resource_t* resource, coap_session_t* session,
                       const coap_pdu_t* request, const coap_string_t*, coap_pdu_t* response) {
        of(resource).observe(session, request, response);
    }
    static void on_post(coap_resource_t* resource, coap_session_t* session,
                        const coap_pdu_t* request, const coap_string_t*, coap_pdu_t* response) {
        of(resource).post(session, request, response);
    }
    static void on_nack(coap_session_t* session, const coap_pdu_t*, coap_nack_reason_t reason,
                        coap_mid_t) {
        auto& self = *static_cast<State*>(coap_get_app_data(coap_session_get_context(session)));
        const bool silent = reason == COAP_NACK_TOO_MANY_RETRIES;
        const std::size_t forgotten =
            silent ? self.observations.lose(session) : self.observations.forget(session);
        if (forgotten > 0) self.counts.refusals["observer_lost"] += forgotten;
    }

    void refuse(std::string_view reason) { ++counts.refusals[std::string(reason)]; }
    void refuse(coap_pdu_t* response, coap_pdu_code_t why, std::string_view reason) {
        refuse(reason);
        coap_pdu_set_code(response, why);
    }
    void observe(coap_session_t* session, const coap_pdu_t* request, coap_pdu_t* response);
    void post(coap_session_t* session, const coap_pdu_t* request, coap_pdu_t* response);
    [[nodiscard]] Answer take(Observation& from, const coap_pdu_t* request);
    [[nodiscard]] std::optional<Answer> take_block(Observation& from, Block block,
                                                   base::ByteView payload);
    [[nodiscard]] Answer hand_on(const Observation& from, base::ByteView frame);
    [[nodiscard]] bool heard(Observation& from, Steady::time_point now) const;
    void notify(Observation& observer, const base::Bytes& frame);

    Limits limits;
    Timing timing;
    Context context;
    Observations observations;  // after the context: it holds sessions of it
    Handler handler;
    Counts counts;
    std::uint64_t malformed_before = malformed_datagrams();
    Steady::time_point expire_at{};
    // While a frame is handed on: whose it is, and what is sent to that device meanwhile.
    std::optional<DevicePath> asker;
    std::vector<base::Bytes> said;
};

/// A sign of life. False: more than its share.
bool Server::State::heard(Observation& from, Steady::time_point now) const {
    from.last_request = now;
    from.unheard = 0;
    from.lost = 0;
    if (now - from.second_began >= std::chrono::seconds(1)) {
        from.second_began = now;
        from.requests_this_second = 0;
    }
    return ++from.requests_this_second <= limits.requests_per_second;
}

void Server::State::observe(coap_session_t* session, const coap_pdu_t* request,
                            coap_pdu_t* response) {
    const auto path = path_of(request);
    if (!path) return refuse(response, code(4, 4), "bad_path");
    const auto action = uint_option(request, COAP_OPTION_OBSERVE);
    if (action == observe_end) {
        observations.forget(*path, session);
        return coap_pdu_set_code(response, code(2, 5));
    }
    if (action != observe_begin) return refuse(response, code(4, 0), "bad_request");
    const auto now = Steady::now();
    Observation* own = observations.find(*path, session);
    if (own == nullptr) {
        own = observations.add(*path, session, now);
        if (own == nullptr) return refuse(response, code(5, 3), "full");
        set_timing(session, timing);
        coap_session_set_max_retransmit(session, timing.notification_retransmit_max);
    }
    if (!heard(*own, now)) return refuse(response, code(4, 29), "too_fast");
    own->token = token_of(request);
    coap_pdu_set_code(response, code(2, 5));
    add_uint_option(response, COAP_OPTION_OBSERVE, ++own->sequence & observe_mask);
}

void Server::State::post(coap_session_t* session, const coap_pdu_t* request, coap_pdu_t* response) {
    const auto path = path_of(request);
    if (!path) return refuse(response, code(4, 4), "bad_path");
    Observation* from = observations.find(*path, session);
    if (from == nullptr) return refuse(response, code(4, 4), "not_observed");
    if (!heard(*from, Steady::now())) return refuse(response, code(4, 29), "too_fast");
    const coap_mid_t id = coap_pdu_get_mid(request);
    const Token token = token_of(request);
    for (const Answer& known : from->answers) {
        if (known.message_id == id && known.token == token) return write(known, response);
    }
    Answer answer = take(*from, request);
    answer.message_id = id;
    answer.token = token;
    write(answer, response);
    from = observations.find(*path, session);  // the handler may have forgotten it
    if (from == nullptr) return;
    from->answers.push_back(std::move(answer));
    if (from->answers.size() > answers_kept) from->answers.pop_front();
}

Answer Server::State::take(Observation& from, const coap_pdu_t* request) {
    const base::ByteView payload = payload_of(request);
    const auto block = uint_option(request, COAP_OPTION_BLOCK1);
    if (!block) return hand_on(from, payload);
    auto answer = take_block(from, Block::from(*block), payload);
    if (answer) {
        answer->block = *block;
        return *answer;
    }
    const base::Bytes frame = std::exchange(from.body, {});
    Answer last = hand_on(from, frame);
    last.block = *block;
    return last;
}

/// Blocks come one after the other (RFC 7959 section 2.5). Nothing: it was the last.
std::optional<Answer> Server::State::take_block(Observation& from, Block block,
                                                base::ByteView payload) {
    const auto refused = [&](coap_pdu_code_t why, std::string_view reason) {
        from.body.clear();
        refuse(reason);
        return Answer{.code = why};
    };
    constexpr unsigned szx_reserved = 7;
    const std::size_t size = std::size_t{16} << block.szx;
    const bool fits = block.more ? payload.size() == size : payload.size() <= size;
    if (block.szx == szx_reserved || !fits) return refused(code(4, 0), "bad_request");
    if (block.number == 0) from.body.clear();
    if (block.number * size != from.body.size()) return refused(code(4, 8), "incomplete");
    if (from.body.size() + payload.size() > frame_bytes_max) {
        return refused(code(4, 13), "too_large");
    }
    from.body.insert(from.body.end(), payload.begin(), payload.end());
    if (block.more) return Answer{.code = code(2, 31)};
    return std::nullopt;
}

/// The first that is said to the device meanwhile is the answer; to the rest it has to listen.
Answer Server::State::hand_on(const Observation& from, base::ByteView frame) {
    if (frame.empty()) {
        refuse("bad_request");
        return {.code = code(4, 0)};
    }
    const DevicePath path = from.path;
    const coap_session_t* session = from.session.get();
    ++counts.frames_up;
    asker = path;
    said.clear();
    if (handler) handler(path, frame);
    asker.reset();
    Answer out{.code = code(2, 4)};
    auto answers = std::exchange(said, {});
    Observation* observer = observations.find(path, session);
    if (observer != nullptr && !answers.empty()) observations.prove(*observer);
    for (base::Bytes& answer : answers) {
        if (out.payload.empty() && answer.size() <= block_bytes) {
            ++counts.frames_down;
            out.payload = std::move(answer);
        } else if (observer != nullptr) {
            notify(*observer, answer);
        }
    }
    return out;
}

void Server::State::notify(Observation& observer, const base::Bytes& frame) {
    if (frame.size() > block_bytes) return refuse("too_large");
    if (observer.unheard >= limits.notifications_unheard) return refuse("backlog");
    coap_session_t* session = observer.session.get();
    coap_pdu_t* message = coap_new_pdu(COAP_MESSAGE_CON, code(2, 5), session);
    if (message == nullptr) return refuse("backlog");
    ++observer.unheard;
    const auto* token = reinterpret_cast<const std::uint8_t*>(observer.token.data());
    const bool whole =
        coap_add_token(message, observer.token.size(), token) != 0 &&
        add_uint_option(message, COAP_OPTION_OBSERVE, ++observer.sequence & observe_mask) &&
        add_payload(message, frame);
    if (!whole) {
        coap_delete_pdu(message);
        return refuse("too_large");
    }
    if (coap_send(session, message) == COAP_INVALID_MID) return refuse("observer_lost");
    ++counts.frames_down;
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() = default;

base::Result<std::unique_ptr<Server>> Server::listen(const Address& address, const Limits& limits,
                                                     const Timing& timing) {
    const auto where = to_library(address);
    if (!where) return pass(where);
    auto context = make_context();
    if (!context) return pass(context);
    auto state = std::make_unique<State>(limits, timing);
    state->context = std::move(*context);
    coap_context_t* const own = state->context.get();
    if (coap_new_endpoint(own, &*where, COAP_PROTO_UDP) == nullptr) {
        return fail(ErrorCode::unavailable,
                    "cannot listen for CoAP on " + text_of(address) + " (UDP)");
    }
    // Which devices there are is known above: every path has the same resource.
    coap_resource_t* resource = coap_resource_unknown_init(nullptr);
    if (resource == nullptr) return fail(ErrorCode::unavailable, "libcoap has no memory");
    coap_resource_set_userdata(resource, state.get());
    coap_register_request_handler(resource, COAP_REQUEST_GET, State::on_get);
    coap_register_request_handler(resource, COAP_REQUEST_POST, State::on_post);
    coap_add_resource(own, resource);
    coap_set_app_data(own, state.get());
    coap_register_nack_handler(own, State::on_nack);
    return std::unique_ptr<Server>(new Server(std::move(state)));
}

void Server::set_handler(Handler handler) {
    state_->handler = std::move(handler);
}

int Server::descriptor() const {
    return coap_context_get_coap_fd(state_->context.get());
}

milliseconds Server::prepare() {
    if (const auto now = Steady::now(); now >= state_->expire_at) {
        state_->expire_at = now + expire_every;
        state_->observations.expire(now);
    }
    return coap::prepare(state_->context.get());
}

void Server::process() {
    coap::process(state_->context.get());
}

bool Server::send(const DevicePath& path, base::Bytes frame) {
    if (state_->asker == path) {
        state_->said.push_back(std::move(frame));
        return true;
    }
    const auto audience = state_->observations.audience(path);
    for (Observation* observer : audience) state_->notify(*observer, frame);
    return !audience.empty();
}

void Server::forget(const DevicePath& path) {
    state_->observations.forget(path);
}

std::size_t Server::observations() const {
    return state_->observations.size();
}

Counts Server::counts() const {
    Counts out = state_->counts;
    const std::uint64_t malformed = malformed_datagrams() - state_->malformed_before;
    if (malformed > 0) out.refusals["malformed"] = malformed;
    return out;
}

}  // namespace coap
