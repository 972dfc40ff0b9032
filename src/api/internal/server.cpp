// SPDX-License-Identifier: Apache-2.0
#include "api/internal/server.h"

#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <thread>
#include <vector>

#include "api/internal/connection.h"

namespace api {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {
constexpr int io_threads = 2;
constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::chrono::seconds tick_interval{1};
constexpr std::string_view full_answer =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
    "Content-Length: 0\r\n\r\n";
}  // namespace

struct Server::State {
    explicit State(std::shared_ptr<Service> of)
        : service(std::move(of)), workers(service->options.workers) {}

    std::shared_ptr<Service> service;
    std::atomic<std::size_t> open = 0;  // before the contexts: connections that die count down
    asio::thread_pool workers;
    asio::io_context io{io_threads};
    tcp::acceptor acceptor{io};
    asio::steady_timer accept_timer{io};
    asio::steady_timer tick_timer{io};
    std::vector<std::jthread> threads;

    base::Result<void> listen();
    void accept();
    void on_accepted(error_code failed, tcp::socket socket);
    void tick();
};

base::Result<void> Server::State::listen() {
    const auto port = service->options.port;
    // Loopback alone: what is served here is not encrypted.
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
    error_code failed;
    acceptor.open(endpoint.protocol(), failed);
    if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed) acceptor.bind(endpoint, failed);
    if (!failed) acceptor.listen(asio::socket_base::max_listen_connections, failed);
    if (failed == asio::error::address_in_use) {
        return base::fail(base::ErrorCode::busy,
                          "port " + std::to_string(port) +
                              " is taken by another program; choose another with --port");
    }
    if (failed) {
        return base::fail(
            base::ErrorCode::unavailable,
            "cannot listen on port " + std::to_string(port) + ": " + failed.message());
    }
    service->port = acceptor.local_endpoint().port();
    return {};
}

void Server::State::accept() {
    acceptor.async_accept(asio::make_strand(io), [this](error_code failed, tcp::socket socket) {
        if (failed == asio::error::operation_aborted) return;
        on_accepted(failed, std::move(socket));
    });
}

void Server::State::on_accepted(error_code failed, tcp::socket socket) {
    if (failed) {
        // Out of descriptors, most likely: wait for others to close.
        spdlog::warn(R"({{"event":"accept_failed","reason":"{}"}})", failed.message());
        accept_timer.expires_after(accept_pause);
        accept_timer.async_wait([this](error_code cancelled) {
            if (!cancelled) accept();
        });
        return;
    }
    if (open.fetch_add(1) >= service->options.connections_max) {
        open.fetch_sub(1);
        error_code ignored;  // told if it listens; closed in any case
        socket.non_blocking(true, ignored);
        socket.write_some(asio::buffer(full_answer), ignored);
    } else {
        error_code ignored;  // without it answers are only slower
        socket.set_option(tcp::no_delay(true), ignored);
        serve(std::move(socket), {service, workers, open});
    }
    accept();
}

void Server::State::tick() {
    tick_timer.expires_after(tick_interval);
    tick_timer.async_wait([this](error_code cancelled) {
        if (cancelled) return;
        service->tick();
        tick();
    });
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

base::Result<std::unique_ptr<Server>> Server::start(std::shared_ptr<Service> service) {
    auto state = std::make_unique<State>(std::move(service));
    if (const auto listening = state->listen(); !listening) return base::pass(listening);
    state->accept();
    state->tick();
    for (int i = 0; i < io_threads; ++i) {
        state->threads.emplace_back([raw = state.get()] { raw->io.run(); });
    }
    return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::~Server() {
    state_->service->hub.stop_waking();
    state_->io.stop();
    state_->threads.clear();
    // A request that is under way still ends: what it signed is on its way into a block.
    state_->workers.join();
}

std::uint16_t Server::port() const {
    return state_->service->port;
}

}  // namespace api
