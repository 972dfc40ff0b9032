// SPDX-License-Identifier: Apache-2.0
// In place of with_libcoap where that library is not there.
#include "coap/available.h"
#include "coap/client_network.h"
#include "coap/server.h"

namespace coap {

using base::ErrorCode;
using base::fail;

struct Server::State {};
struct ClientNetwork::State {};

bool available() {
    return false;
}

base::Result<std::unique_ptr<Server>> Server::listen(const Address&, const Limits&, const Timing&) {
    return fail(ErrorCode::unavailable, absent_text);
}
Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() = default;
void Server::set_handler(Handler) {}
int Server::descriptor() const {
    return -1;
}
std::chrono::milliseconds Server::prepare() {
    return {};
}
void Server::process() {}
bool Server::send(const DevicePath&, base::Bytes) {
    return false;
}
void Server::forget(const DevicePath&) {}
std::size_t Server::observations() const {
    return 0;
}
Counts Server::counts() const {
    return {};
}

base::Result<std::unique_ptr<ClientNetwork>> ClientNetwork::open(const Address&, const Timing&) {
    return fail(ErrorCode::unavailable, absent_text);
}
ClientNetwork::ClientNetwork(std::unique_ptr<State> state) : state_(std::move(state)) {}
ClientNetwork::~ClientNetwork() = default;
std::unique_ptr<mqtt::MqttTransport> ClientNetwork::make_client(const mqtt::Credentials&) {
    return nullptr;
}
void ClientNetwork::poll(std::chrono::milliseconds) {}
void ClientNetwork::wake() {}
void ClientNetwork::watch(int) {}

}  // namespace coap
