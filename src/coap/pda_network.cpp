// SPDX-License-Identifier: Apache-2.0
#include "coap/pda_network.h"

#include <algorithm>

#include "base/check.h"

namespace coap {

using mqtt::Direction;

/// One PDA: listens to the broker in its place, and hands on what comes from either side.
class PdaNetwork::Client final : public mqtt::MqttTransport, public mqtt::Listener {
public:
    Client(PdaNetwork& network, const mqtt::Credentials& credentials)
        : network_(network),
          pda_(credentials.username),
          broker_(network.broker_.make_client(credentials)) {
        network_.clients_[pda_] = this;
    }
    ~Client() override {
        const auto known = network_.clients_.find(pda_);
        if (known != network_.clients_.end() && known->second == this) {
            network_.clients_.erase(known);
        }
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void connect(mqtt::Listener& listener) override {
        listener_ = &listener;
        broker_->connect(*this);
    }
    void disconnect() override {
        listener_ = nullptr;
        broker_->disconnect();
    }
    [[nodiscard]] bool connected() const override {
        return broker_->connected() || network_.server_->observations() > 0;
    }
    [[nodiscard]] base::Result<void> subscribe(std::string filter) override {
        return broker_->subscribe(std::move(filter));
    }
    [[nodiscard]] base::Result<void> publish(std::string topic, base::Bytes payload) override {
        const auto to = path_of_topic(topic, Direction::down);
        if (to && network_.server_->send(*to, payload)) return {};
        return broker_->publish(std::move(topic), std::move(payload));
    }

    void on_connected() override {
        if (listener_ != nullptr) listener_->on_connected();
    }
    void on_disconnected(std::string_view reason) override {
        if (listener_ != nullptr) listener_->on_disconnected(reason);
    }
    void on_message(std::string_view topic, base::ByteView payload) override {
        // A device that went over to the broker is answered there.
        if (const auto from = path_of_topic(topic, Direction::up)) network_.server_->forget(*from);
        if (listener_ != nullptr) listener_->on_message(topic, payload);
    }
    void on_frame(const DevicePath& path, base::ByteView frame) {
        if (listener_ != nullptr) listener_->on_message(path.topic(Direction::up), frame);
    }

private:
    PdaNetwork& network_;
    std::string pda_;
    mqtt::Listener* listener_ = nullptr;
    std::unique_ptr<mqtt::MqttTransport> broker_;  // last: its end calls nobody back
};

PdaNetwork::PdaNetwork(mqtt::Network& broker, std::unique_ptr<Server> server)
    : broker_(broker), server_(std::move(server)) {
    CHECK(server_ != nullptr);
    server_->set_handler(
        [this](const DevicePath& path, base::ByteView frame) { hand_on(path, frame); });
    broker_.watch(server_->descriptor());
}

PdaNetwork::~PdaNetwork() {
    CHECK(clients_.empty());
}

std::unique_ptr<mqtt::MqttTransport> PdaNetwork::make_client(const mqtt::Credentials& credentials) {
    return std::make_unique<Client>(*this, credentials);
}

void PdaNetwork::hand_on(const DevicePath& path, base::ByteView frame) {
    const auto pda = clients_.find(path.pda);
    if (pda == clients_.end()) {
        ++strays_;
    } else {
        pda->second->on_frame(path, frame);
    }
}

void PdaNetwork::poll(std::chrono::milliseconds wait) {
    const auto idle = server_->prepare();
    broker_.poll(std::min(wait, idle));
    server_->process();
}

}  // namespace coap
