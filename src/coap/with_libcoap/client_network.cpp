// SPDX-License-Identifier: Apache-2.0
#include "coap/client_network.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "base/check.h"
#include "coap/device_path.h"
#include "coap/with_libcoap/library.h"

namespace coap {

using base::ErrorCode;
using base::fail;
using base::pass;
using mqtt::Direction;
using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {

// As over MQTT: a PDA on the same machine is back within tenths of a second.
constexpr Steady::duration delay_first = 100ms;
constexpr Steady::duration delay_max = 2s;
/// The server stops after 32 notifications without a sign of life.
constexpr unsigned notifications_before_refresh = 16;

}  // namespace

struct ClientNetwork::State {
    State(const coap_address_t& where, const Timing& times) : server(where), timing(times) {}
    ~State() {
        CHECK(clients.empty());
        if (wake_descriptor >= 0) ::close(wake_descriptor);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    coap_address_t server;
    Timing timing;
    Context context;
    int wake_descriptor = -1;
    std::vector<int> watched;
    std::vector<Client*> clients;
};

/// One device. One request is under way at a time (NSTART is 1 anyway), so that frames arrive in
/// the order in which they were published.
class ClientNetwork::Client final : public mqtt::MqttTransport {
public:
    explicit Client(ClientNetwork& network) : network_(network) {
        network_.state_->clients.push_back(this);
    }
    ~Client() override {
        listener_ = nullptr;
        drop("closed by this side");
        std::erase(network_.state_->clients, this);
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void connect(mqtt::Listener& listener) override {
        listener_ = &listener;
        next_attempt_ = Steady::now();
        network_.wake();
    }
    void disconnect() override {
        listener_ = nullptr;
        if (session_ != nullptr && path()) end_observation();
        lost_ = "closed by this side";
        if (!calling_back_) drop_if_lost();
    }
    [[nodiscard]] bool connected() const override { return connected_; }
    [[nodiscard]] base::Result<void> subscribe(std::string filter) override;
    [[nodiscard]] base::Result<void> publish(std::string topic, base::Bytes payload) override;

    /// Begins, asks and posts what is due.
    void advance(Steady::time_point now);
    /// When it wants to do that without anything coming in.
    [[nodiscard]] Steady::time_point next_wake() const {
        if (listener_ == nullptr) return Steady::time_point::max();
        if (session_ == nullptr) return next_attempt_;
        const bool idle = observed_ && under_way_ == Request::none;
        return idle ? refresh_at_ : Steady::time_point::max();
    }
    void drop_if_lost();

    static coap_response_t on_response(coap_session_t* session, const coap_pdu_t*,
                                       const coap_pdu_t* received, coap_mid_t);
    static void on_nack(coap_session_t* session, const coap_pdu_t*, coap_nack_reason_t reason,
                        coap_mid_t);

private:
    enum class Request : std::uint8_t { none, observation, post };

    void begin(Steady::time_point now);
    void drop(std::string_view reason);
    [[nodiscard]] std::optional<DevicePath> path() const;
    [[nodiscard]] bool take_from_outbox();
    [[nodiscard]] bool send(coap_pdu_t* message);
    [[nodiscard]] coap_pdu_t* request(coap_pdu_code_t method, const Token& token) const;
    bool add_path(coap_pdu_t* message) const;
    void ask_for_observation(Steady::time_point now);
    void end_observation();
    void post_block();
    void follow_observation(const coap_pdu_t* received);
    void follow_post(const coap_pdu_t* received);
    void hear(base::ByteView frame);

    ClientNetwork& network_;
    mqtt::Listener* listener_ = nullptr;
    coap_session_t* session_ = nullptr;
    std::atomic<bool> connected_ = false;
    bool observed_ = false;
    bool calling_back_ = false;
    std::string lost_;  // why the connection is to be dropped; empty: it is not
    Token observation_;
    unsigned heard_ = 0;  // notifications since the last request
    Steady::time_point refresh_at_{};
    Steady::time_point next_attempt_{};
    Steady::duration delay_ = delay_first;
    Request under_way_ = Request::none;
    Token posted_;
    base::Bytes frame_;  // being posted; empty: none
    std::size_t posted_bytes_ = 0;
    mutable std::mutex mutex_;  // guards the rest
    std::optional<DevicePath> path_;
    std::deque<base::Bytes> outbox_;
};

base::Result<void> ClientNetwork::Client::subscribe(std::string filter) {
    if (!connected_) return fail(ErrorCode::unavailable, "no socket yet");
    if (auto path = path_of_topic(filter, Direction::down)) {
        const std::scoped_lock lock(mutex_);
        path_ = std::move(*path);
    }
    network_.wake();
    return {};
}

base::Result<void> ClientNetwork::Client::publish(std::string topic, base::Bytes payload) {
    if (!connected_) return fail(ErrorCode::unavailable, "the PDA is not reached");
    const auto to = path_of_topic(topic, Direction::up);
    {
        const std::scoped_lock lock(mutex_);
        if (!to || to != path_ || payload.empty() || payload.size() > frame_bytes_max) {
            return fail(ErrorCode::malformed, "that is no frame of this device to its PDA");
        }
        if (outbox_.size() >= queue_frames_max) {
            return fail(ErrorCode::busy, "too many frames wait to be sent");
        }
        outbox_.push_back(std::move(payload));
    }
    network_.wake();
    return {};
}

std::optional<DevicePath> ClientNetwork::Client::path() const {
    const std::scoped_lock lock(mutex_);
    return path_;
}

bool ClientNetwork::Client::take_from_outbox() {
    const std::scoped_lock lock(mutex_);
    if (outbox_.empty()) return false;
    frame_ = std::move(outbox_.front());
    outbox_.pop_front();
    posted_bytes_ = 0;
    return true;
}

void ClientNetwork::Client::begin(Steady::time_point now) {
    State& state = *network_.state_;
    session_ = coap_new_client_session(state.context.get(), nullptr, &state.server, COAP_PROTO_UDP);
    if (session_ == nullptr) {
        next_attempt_ = now + delay_;
        delay_ = std::min(delay_ * 2, delay_max);
        return;
    }
    set_timing(session_, state.timing);
    coap_session_set_app_data(session_, this);
    refresh_at_ = now + state.timing.refresh;
    connected_ = true;
    calling_back_ = true;
    listener_->on_connected();
    calling_back_ = false;
}

void ClientNetwork::Client::drop_if_lost() {
    if (!lost_.empty()) drop(std::exchange(lost_, {}));
}

void ClientNetwork::Client::drop(std::string_view reason) {
    connected_ = false;
    {
        const std::scoped_lock lock(mutex_);
        outbox_.clear();
        path_.reset();
    }
    if (session_ == nullptr) return;
    coap_session_set_app_data(session_, nullptr);  // nobody is told of what was under way
    coap_session_release(std::exchange(session_, nullptr));
    observed_ = false;
    under_way_ = Request::none;
    frame_.clear();
    next_attempt_ = Steady::now() + delay_;
    delay_ = std::min(delay_ * 2, delay_max);
    if (listener_ != nullptr) listener_->on_disconnected(reason);
}

bool ClientNetwork::Client::send(coap_pdu_t* message) {
    if (message != nullptr && coap_send(session_, message) != COAP_INVALID_MID) return true;
    lost_ = "the datagram cannot be sent";
    return false;
}

coap_pdu_t* ClientNetwork::Client::request(coap_pdu_code_t method, const Token& token) const {
    coap_pdu_t* message = coap_new_pdu(COAP_MESSAGE_CON, method, session_);
    if (message == nullptr) return nullptr;
    coap_add_token(message, token.size(), reinterpret_cast<const std::uint8_t*>(token.data()));
    return message;
}

bool ClientNetwork::Client::add_path(coap_pdu_t* message) const {
    const auto to = path();
    if (message == nullptr || !to) return false;
    return std::ranges::all_of(
        std::initializer_list<std::string_view>{to->tenant, to->pda, to->device},
        [message](std::string_view segment) {
            return coap_add_option(message, COAP_OPTION_URI_PATH, segment.size(),
                                   reinterpret_cast<const std::uint8_t*>(segment.data())) != 0;
        });
}

void ClientNetwork::Client::ask_for_observation(Steady::time_point now) {
    if (!observed_) observation_ = draw_token();
    coap_pdu_t* message = request(COAP_REQUEST_CODE_GET, observation_);
    if (message != nullptr) add_uint_option(message, COAP_OPTION_OBSERVE, COAP_OBSERVE_ESTABLISH);
    add_path(message);
    under_way_ = Request::observation;
    heard_ = 0;
    refresh_at_ = now + network_.state_->timing.refresh;
    [[maybe_unused]] const bool sent = send(message);
}

/// Once, and nobody waits for the answer: a server that does not hear it notices by itself.
void ClientNetwork::Client::end_observation() {
    coap_pdu_t* message = coap_new_pdu(COAP_MESSAGE_NON, COAP_REQUEST_CODE_GET, session_);
    if (message == nullptr) return;
    const auto* token = reinterpret_cast<const std::uint8_t*>(observation_.data());
    coap_add_token(message, observation_.size(), token);
    add_uint_option(message, COAP_OPTION_OBSERVE, COAP_OBSERVE_CANCEL);
    add_path(message);
    coap_send(session_, message);
}

void ClientNetwork::Client::post_block() {
    const std::size_t left = frame_.size() - posted_bytes_;
    const std::size_t size = std::min(left, block_bytes);
    posted_ = draw_token();
    coap_pdu_t* message = request(COAP_REQUEST_CODE_POST, posted_);
    bool whole = add_path(message);
    if (whole && frame_.size() > block_bytes) {
        const Block block{.number = static_cast<std::uint32_t>(posted_bytes_ / block_bytes),
                          .more = left > size,
                          .szx = block_szx};
        whole = add_uint_option(message, COAP_OPTION_BLOCK1, block.value());
        if (whole && block.number == 0) {
            const auto total = static_cast<std::uint32_t>(frame_.size());
            whole = add_uint_option(message, COAP_OPTION_SIZE1, total);
        }
    }
    whole = whole && add_payload(message, base::ByteView(frame_).subspan(posted_bytes_, size));
    if (!whole) {
        lost_ = "the message has no room for its options";
        coap_delete_pdu(message);
        return;
    }
    posted_bytes_ += size;
    under_way_ = Request::post;
    heard_ = 0;
    [[maybe_unused]] const bool sent = send(message);
}

void ClientNetwork::Client::advance(Steady::time_point now) {
    drop_if_lost();
    if (listener_ == nullptr) return;
    if (session_ == nullptr && now >= next_attempt_) begin(now);
    if (session_ == nullptr || under_way_ != Request::none || !lost_.empty()) return;
    const bool refresh = now >= refresh_at_ || heard_ >= notifications_before_refresh;
    if (!observed_ || refresh) {
        if (path()) ask_for_observation(now);
        return;
    }
    if (!frame_.empty() || take_from_outbox()) post_block();
}

coap_response_t ClientNetwork::Client::on_response(coap_session_t* session, const coap_pdu_t*,
                                                   const coap_pdu_t* received, coap_mid_t) {
    auto* client = static_cast<Client*>(coap_session_get_app_data(session));
    if (client == nullptr) return COAP_RESPONSE_FAIL;
    const Token token = token_of(received);
    if (client->under_way_ == Request::post && token == client->posted_) {
        client->follow_post(received);
        return COAP_RESPONSE_OK;
    }
    if (token != client->observation_) return COAP_RESPONSE_FAIL;  // RFC 7641 section 3.6: a Reset
    client->follow_observation(received);
    return COAP_RESPONSE_OK;
}

void ClientNetwork::Client::follow_observation(const coap_pdu_t* received) {
    if (under_way_ == Request::observation && coap_pdu_get_type(received) == COAP_MESSAGE_ACK) {
        under_way_ = Request::none;
        observed_ = coap_pdu_get_code(received) == code(2, 5) &&
                    uint_option(received, COAP_OPTION_OBSERVE).has_value();
        if (!observed_) lost_ = "the PDA grants no observation";
        if (observed_) delay_ = delay_first;
        return;
    }
    if (!observed_ || coap_pdu_get_code(received) != code(2, 5)) return;
    ++heard_;
    hear(payload_of(received));
}

/// What was refused is lost: whoever published it seals it anew.
void ClientNetwork::Client::follow_post(const coap_pdu_t* received) {
    under_way_ = Request::none;
    const coap_pdu_code_t answer = coap_pdu_get_code(received);
    if (answer == code(2, 31) && posted_bytes_ < frame_.size()) return;
    frame_.clear();
    if (answer == code(4, 4)) {
        lost_ = "the PDA knows nothing of the observation";
    } else if (answer == code(2, 4)) {
        hear(payload_of(received));
    }
}

void ClientNetwork::Client::hear(base::ByteView frame) {
    const auto from = path();
    if (frame.empty() || listener_ == nullptr || !from) return;
    calling_back_ = true;
    listener_->on_message(from->topic(Direction::down), frame);
    calling_back_ = false;
}

void ClientNetwork::Client::on_nack(coap_session_t* session, const coap_pdu_t*,
                                    coap_nack_reason_t reason, coap_mid_t) {
    auto* client = static_cast<Client*>(coap_session_get_app_data(session));
    if (client == nullptr || !client->lost_.empty()) return;
    client->lost_ = reason == COAP_NACK_TOO_MANY_RETRIES ? "the PDA does not answer"
                                                         : "nobody listens at the PDA's port";
}

ClientNetwork::ClientNetwork(std::unique_ptr<State> state) : state_(std::move(state)) {}
ClientNetwork::~ClientNetwork() = default;

base::Result<std::unique_ptr<ClientNetwork>> ClientNetwork::open(const Address& server,
                                                                 const Timing& timing) {
    const auto where = to_library(server);
    if (!where) return pass(where);
    auto context = make_context();
    if (!context) return pass(context);
    auto state = std::make_unique<State>(*where, timing);
    state->context = std::move(*context);
    coap_register_response_handler(state->context.get(), Client::on_response);
    coap_register_nack_handler(state->context.get(), Client::on_nack);
    state->wake_descriptor = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (state->wake_descriptor < 0) {
        return fail(ErrorCode::unavailable,
                    std::string("cannot make an event descriptor: ") + std::strerror(errno));
    }
    return std::unique_ptr<ClientNetwork>(new ClientNetwork(std::move(state)));
}

std::unique_ptr<mqtt::MqttTransport> ClientNetwork::make_client(const mqtt::Credentials&) {
    return std::make_unique<Client>(*this);
}

void ClientNetwork::wake() {
    const std::uint64_t one = 1;
    // Fails only where the counter is full: then a wake-up is pending already.
    [[maybe_unused]] const auto written = ::write(state_->wake_descriptor, &one, sizeof one);
}

void ClientNetwork::watch(int descriptor) {
    state_->watched.push_back(descriptor);
}

void ClientNetwork::poll(std::chrono::milliseconds wait) {
    const auto clients = state_->clients;
    Steady::time_point now = Steady::now();
    Steady::time_point until = now + wait;
    for (Client* client : clients) {
        client->advance(now);
        until = std::min(until, client->next_wake());
    }
    coap_context_t* const context = state_->context.get();
    until = std::min(until, Steady::now() + prepare(context));
    std::vector<pollfd> watched{{state_->wake_descriptor, POLLIN, 0},
                                {coap_context_get_coap_fd(context), POLLIN, 0}};
    for (const int descriptor : state_->watched) watched.push_back({descriptor, POLLIN, 0});
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now());
    ::poll(watched.data(), watched.size(),
           static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    std::uint64_t count = 0;
    // Resets the counter where it was set.
    [[maybe_unused]] const auto got = ::read(state_->wake_descriptor, &count, sizeof count);
    process(context);
    now = Steady::now();
    for (Client* client : clients) client->advance(now);
}

}  // namespace coap
