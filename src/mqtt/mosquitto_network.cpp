// SPDX-License-Identifier: Apache-2.0
#include "mqtt/mosquitto_network.h"

#include <mosquitto.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "base/check.h"

namespace mqtt {

using base::ErrorCode;
using base::fail;
using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {

// Chosen by us: a broker on the same machine is back within tenths of a second.
constexpr Steady::duration delay_first = 100ms;
constexpr Steady::duration delay_max = 2s;
/// From the TCP connection to the broker's CONNACK.
constexpr Steady::duration connect_timeout = 10s;
/// How often keep-alive is looked at, and reading is tried where the socket did not ask for it:
/// libmosquitto can leave decrypted bytes in the TLS buffer, which poll(2) does not see.
constexpr Steady::duration misc_interval = 250ms;
constexpr short closed_events = POLLERR | POLLHUP | POLLRDHUP;
constexpr int keepalive_s = 20;
constexpr int read_packets_max = 256;

}  // namespace

struct MosquittoNetwork::State {
    BrokerAddress address;
    int wake_descriptor = -1;
    std::vector<int> watched;
    std::vector<Client*> clients;
    Steady::time_point last_misc{};

    ~State() {
        CHECK(clients.empty());
        if (wake_descriptor >= 0) ::close(wake_descriptor);
        mosquitto_lib_cleanup();
    }
};

/// One client. A lost connection destroys libmosquitto's object with all it still meant to repeat.
class MosquittoNetwork::Client final : public MqttTransport {
public:
    Client(MosquittoNetwork& network, Credentials credentials)
        : network_(network), credentials_(std::move(credentials)) {
        network_.state_->clients.push_back(this);
    }
    ~Client() override {
        Client::disconnect();
        std::erase(network_.state_->clients, this);
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void connect(Listener& listener) override {
        listener_ = &listener;
        next_attempt_ = Steady::now();
        network_.wake();
    }
    void disconnect() override {
        listener_ = nullptr;
        if (handle_ != nullptr && connected_) mosquitto_disconnect(handle_);
        drop("closed by this side");
    }
    [[nodiscard]] bool connected() const override { return connected_; }
    [[nodiscard]] base::Result<void> subscribe(std::string filter) override {
        return enqueue({true, std::move(filter), {}});
    }
    [[nodiscard]] base::Result<void> publish(std::string topic, base::Bytes payload) override {
        return enqueue({false, std::move(topic), std::move(payload)});
    }

    /// Nothing: waits for nothing but its socket.
    [[nodiscard]] std::optional<Steady::time_point> next_attempt() const {
        if (listener_ == nullptr || handle_ != nullptr) return std::nullopt;
        return next_attempt_;
    }
    [[nodiscard]] int socket() const { return handle_ == nullptr ? -1 : mosquitto_socket(handle_); }
    [[nodiscard]] bool wants_write() const { return mosquitto_want_write(handle_); }

    void begin_if_due(Steady::time_point now);
    void send_waiting();
    void serve(short events, bool misc_due, Steady::time_point now);

private:
    struct Outgoing {
        bool subscription;
        std::string topic;
        base::Bytes payload;
    };

    base::Result<void> enqueue(Outgoing outgoing);
    int begin();
    void drop(std::string_view reason);
    static void connected_callback(mosquitto*, void* self, int refusal);
    static void message_callback(mosquitto*, void* self, const mosquitto_message* message);

    MosquittoNetwork& network_;
    const Credentials credentials_;
    Listener* listener_ = nullptr;
    mosquitto* handle_ = nullptr;
    std::atomic<bool> connected_ = false;
    Steady::time_point begun_{};
    Steady::time_point next_attempt_{};
    Steady::duration delay_ = delay_first;
    std::string refusal_;  // why the broker did not accept us, for `on_disconnected`
    std::mutex mutex_;     // guards outbox_
    std::deque<Outgoing> outbox_;
};

base::Result<void> MosquittoNetwork::Client::enqueue(Outgoing outgoing) {
    {
        const std::scoped_lock lock(mutex_);
        if (!connected_) return fail(ErrorCode::unavailable, "not connected to the broker");
        if (outbox_.size() >= queue_messages_max) {
            return fail(ErrorCode::busy, "too many messages wait to be sent");
        }
        outbox_.push_back(std::move(outgoing));
    }
    network_.wake();
    return {};
}

int MosquittoNetwork::Client::begin() {
    handle_ = mosquitto_new(credentials_.client_id.c_str(), true, this);
    if (handle_ == nullptr) return errno == ENOMEM ? MOSQ_ERR_NOMEM : MOSQ_ERR_INVAL;
    mosquitto_connect_callback_set(handle_, connected_callback);
    mosquitto_message_callback_set(handle_, message_callback);
    const BrokerAddress& address = network_.state_->address;
    int code = mosquitto_username_pw_set(handle_, credentials_.username.c_str(),
                                         credentials_.password.c_str());
    if (code == MOSQ_ERR_SUCCESS) {
        code =
            mosquitto_tls_set(handle_, address.ca_file.c_str(), nullptr, nullptr, nullptr, nullptr);
    }
    if (code == MOSQ_ERR_SUCCESS) {
        code = mosquitto_tls_opts_set(handle_, 1, mosquitto_name(address.tls_min), tls_1_2_ciphers);
    }
    if (code == MOSQ_ERR_SUCCESS) code = mosquitto_int_option(handle_, MOSQ_OPT_TCP_NODELAY, 1);
    // The device's window bounds what is under way; libmosquitto's own bound would only delay it.
    if (code == MOSQ_ERR_SUCCESS) code = mosquitto_max_inflight_messages_set(handle_, 0);
    if (code == MOSQ_ERR_SUCCESS) {
        code = mosquitto_connect_async(handle_, address.host.c_str(), address.port, keepalive_s);
    }
    return code;
}

void MosquittoNetwork::Client::begin_if_due(Steady::time_point now) {
    if (listener_ == nullptr || handle_ != nullptr || now < next_attempt_) return;
    begun_ = now;
    refusal_.clear();
    const int code = begin();
    if (code != MOSQ_ERR_SUCCESS) {
        drop(code == MOSQ_ERR_ERRNO ? std::strerror(errno) : mosquitto_strerror(code));
    }
}

void MosquittoNetwork::Client::drop(std::string_view reason) {
    std::deque<Outgoing> forgotten;
    {
        const std::scoped_lock lock(mutex_);
        connected_ = false;
        forgotten.swap(outbox_);
    }
    if (handle_ == nullptr) return;
    // libmosquitto may call back while it is destroyed; nobody listens then.
    mosquitto_connect_callback_set(handle_, nullptr);
    mosquitto_message_callback_set(handle_, nullptr);
    mosquitto_destroy(handle_);
    handle_ = nullptr;
    next_attempt_ = Steady::now() + delay_;
    delay_ = std::min(delay_ * 2, delay_max);
    const std::string why = refusal_.empty() ? std::string(reason) : refusal_;
    if (listener_ != nullptr) listener_->on_disconnected(why);
}

void MosquittoNetwork::Client::connected_callback(mosquitto*, void* self, int refusal) {
    auto& client = *static_cast<Client*>(self);
    if (refusal != 0) {
        client.refusal_ = mosquitto_connack_string(refusal);
        return;
    }
    client.delay_ = delay_first;
    client.connected_ = true;
    if (client.listener_ != nullptr) client.listener_->on_connected();
}

void MosquittoNetwork::Client::message_callback(mosquitto*, void* self,
                                                const mosquitto_message* message) {
    auto& client = *static_cast<Client*>(self);
    if (client.listener_ == nullptr || message->payloadlen < 0) return;
    const auto* bytes = static_cast<const std::uint8_t*>(message->payload);
    client.listener_->on_message(message->topic,
                                 {bytes, static_cast<std::size_t>(message->payloadlen)});
}

void MosquittoNetwork::Client::send_waiting() {
    if (handle_ == nullptr || !connected_) return;
    std::deque<Outgoing> due;
    {
        const std::scoped_lock lock(mutex_);
        due.swap(outbox_);
    }
    for (const Outgoing& outgoing : due) {
        const int code = outgoing.subscription
                             ? mosquitto_subscribe(handle_, nullptr, outgoing.topic.c_str(), 1)
                             : mosquitto_publish(handle_, nullptr, outgoing.topic.c_str(),
                                                 static_cast<int>(outgoing.payload.size()),
                                                 outgoing.payload.data(), 1, false);
        if (code != MOSQ_ERR_SUCCESS) return drop(mosquitto_strerror(code));
    }
}

void MosquittoNetwork::Client::serve(short events, bool misc_due, Steady::time_point now) {
    if (handle_ == nullptr) return;
    int code = MOSQ_ERR_SUCCESS;
    const bool closed = (events & closed_events) != 0;
    if (closed || (events & POLLIN) != 0 || misc_due) {
        code = mosquitto_loop_read(handle_, read_packets_max);
    }
    if (code == MOSQ_ERR_SUCCESS && ((events & POLLOUT) != 0 || misc_due)) {
        code = mosquitto_loop_write(handle_, read_packets_max);
    }
    if (code == MOSQ_ERR_SUCCESS && misc_due) code = mosquitto_loop_misc(handle_);
    if (code != MOSQ_ERR_SUCCESS) {
        return drop(code == MOSQ_ERR_ERRNO ? std::strerror(errno) : mosquitto_strerror(code));
    }
    if (!refusal_.empty()) return drop(refusal_);
    // libmosquitto 2.0.11 goes on waiting for a handshake whose connection is gone.
    if (closed && !connected_) return drop("the broker closed the connection");
    if (!connected_ && now - begun_ > connect_timeout) drop("the broker did not answer in time");
}

MosquittoNetwork::MosquittoNetwork(std::unique_ptr<State> state) : state_(std::move(state)) {}
MosquittoNetwork::~MosquittoNetwork() = default;

base::Result<std::unique_ptr<MosquittoNetwork>> MosquittoNetwork::open(BrokerAddress address) {
    if (mosquitto_lib_init() != MOSQ_ERR_SUCCESS) {
        return fail(ErrorCode::unavailable, "libmosquitto does not start");
    }
    auto state = std::make_unique<State>();
    state->address = std::move(address);
    state->wake_descriptor = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (state->wake_descriptor < 0) {
        return fail(ErrorCode::unavailable,
                    std::string("cannot make an event descriptor: ") + std::strerror(errno));
    }
    std::signal(SIGPIPE, SIG_IGN);
    return std::unique_ptr<MosquittoNetwork>(new MosquittoNetwork(std::move(state)));
}

std::unique_ptr<MqttTransport> MosquittoNetwork::make_client(const Credentials& credentials) {
    return std::make_unique<Client>(*this, credentials);
}

void MosquittoNetwork::wake() {
    const std::uint64_t one = 1;
    // Fails only where the counter is full: then a wake-up is pending already.
    [[maybe_unused]] const auto written = ::write(state_->wake_descriptor, &one, sizeof one);
}

void MosquittoNetwork::watch(int descriptor) {
    state_->watched.push_back(descriptor);
}

void MosquittoNetwork::poll(std::chrono::milliseconds wait) {
    const auto clients = state_->clients;
    Steady::time_point now = Steady::now();
    Steady::time_point until = now + std::min<Steady::duration>(wait, misc_interval);
    std::vector<pollfd> watched{{state_->wake_descriptor, POLLIN, 0}};
    for (const int descriptor : state_->watched) watched.push_back({descriptor, POLLIN, 0});
    const std::size_t first_owned = watched.size();
    std::vector<Client*> owners;
    for (Client* client : clients) {
        client->begin_if_due(now);
        client->send_waiting();
        if (const auto attempt = client->next_attempt()) until = std::min(until, *attempt);
        if (const int socket = client->socket(); socket >= 0) {
            const int write = client->wants_write() ? POLLOUT : 0;
            watched.push_back({socket, static_cast<short>(POLLIN | POLLRDHUP | write), 0});
            owners.push_back(client);
        }
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now());
    const int ready = ::poll(watched.data(), watched.size(),
                             static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready > 0 && watched[0].revents != 0) {
        std::uint64_t count = 0;
        // Resets the counter; it was readable, and nobody else reads it.
        [[maybe_unused]] const auto got = ::read(state_->wake_descriptor, &count, sizeof count);
    }
    now = Steady::now();
    const bool misc_due = now - state_->last_misc >= misc_interval;
    if (misc_due) state_->last_misc = now;
    for (std::size_t i = 0; i < owners.size(); ++i) {
        const short events = ready > 0 ? watched[first_owned + i].revents : short{0};
        owners[i]->serve(events, misc_due, now);
    }
    for (Client* client : owners) client->send_waiting();
}

}  // namespace mqtt
