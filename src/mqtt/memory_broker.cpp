// SPDX-License-Identifier: Apache-2.0
#include "mqtt/memory_broker.h"

#include <algorithm>
#include <atomic>

#include "mqtt/topics.h"

namespace mqtt {

using base::ErrorCode;
using base::fail;

class MemoryBroker::Client final : public MqttTransport {
public:
    explicit Client(MemoryBroker& broker) : broker_(broker) { broker_.clients_.push_back(this); }
    ~Client() override { std::erase(broker_.clients_, this); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void connect(Listener& listener) override { listener_ = &listener; }
    void disconnect() override {
        listener_ = nullptr;
        lose("closed by this side");
    }
    [[nodiscard]] bool connected() const override { return connected_; }

    [[nodiscard]] base::Result<void> subscribe(std::string filter) override {
        if (!connected_) return fail(ErrorCode::unavailable, "not connected to the broker");
        filters_.push_back(std::move(filter));
        return {};
    }
    [[nodiscard]] base::Result<void> publish(std::string topic, base::Bytes payload) override {
        if (!connected_) return fail(ErrorCode::unavailable, "not connected to the broker");
        const std::scoped_lock lock(broker_.mutex_);
        broker_.queue_.push_back({std::move(topic), std::move(payload)});
        return {};
    }

    void connect_if_wanted() {
        if (listener_ == nullptr || connected_) return;
        connected_ = true;
        listener_->on_connected();
    }
    void lose(std::string_view reason) {
        if (!connected_) return;
        connected_ = false;
        filters_.clear();
        if (listener_ != nullptr) listener_->on_disconnected(reason);
    }
    void deliver(const Message& message) {
        if (!connected_ || listener_ == nullptr) return;
        const auto covers = [&](const std::string& f) { return filter_matches(f, message.topic); };
        if (std::ranges::any_of(filters_, covers)) {
            listener_->on_message(message.topic, message.payload);
        }
    }

private:
    MemoryBroker& broker_;
    Listener* listener_ = nullptr;
    std::atomic<bool> connected_ = false;
    std::vector<std::string> filters_;
};

std::unique_ptr<MqttTransport> MemoryBroker::make_client(const Credentials&) {
    return std::make_unique<Client>(*this);
}

void MemoryBroker::poll(std::chrono::milliseconds) {
    if (down_) return;
    const auto clients = clients_;  // a listener may make or close clients
    for (Client* client : clients) client->connect_if_wanted();
    std::deque<Message> due;
    {
        const std::scoped_lock lock(mutex_);
        due.swap(queue_);
    }
    for (Message& sent : due) {
        std::vector<Message> delivered;
        if (fate_) {
            delivered = fate_(std::move(sent));
        } else {
            delivered.push_back(std::move(sent));
        }
        for (const Message& message : delivered) {
            for (Client* client : clients) client->deliver(message);
        }
    }
}

void MemoryBroker::set_fate(Fate fate) {
    fate_ = std::move(fate);
}

void MemoryBroker::inject(Message message) {
    const std::scoped_lock lock(mutex_);
    queue_.push_back(std::move(message));
}

void MemoryBroker::disconnect_all() {
    {
        const std::scoped_lock lock(mutex_);
        queue_.clear();
    }
    for (Client* client : clients_) client->lose("the broker went away");
}

void MemoryBroker::restart() {
    disconnect_all();
}

void MemoryBroker::set_down(bool down) {
    down_ = down;
    if (down) disconnect_all();
}

std::size_t MemoryBroker::waiting() const {
    const std::scoped_lock lock(mutex_);
    return queue_.size();
}

}  // namespace mqtt
