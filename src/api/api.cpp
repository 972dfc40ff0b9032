// SPDX-License-Identifier: Apache-2.0
#include "api/api.h"

#include "api/internal/server.h"
#include "api/internal/service.h"

namespace api {

struct Api::State {
    std::unique_ptr<Server> server;
};

Api::Api(std::unique_ptr<State> state) : state_(std::move(state)) {}
Api::~Api() = default;

base::Result<std::unique_ptr<Api>> Api::start(Parts parts, Options options) {
    auto service = Service::make(parts, std::move(options));
    if (!service) return base::pass(service);
    auto server = Server::start(*std::move(service));
    if (!server) return base::pass(server);
    auto state = std::make_unique<State>();
    state->server = *std::move(server);
    return std::unique_ptr<Api>(new Api(std::move(state)));
}

std::uint16_t Api::port() const {
    return state_->server->port();
}

}  // namespace api
