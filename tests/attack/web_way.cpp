// SPDX-License-Identifier: Apache-2.0
#include "web_way.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <string>

namespace asio = boost::asio;
namespace beast = boost::beast;
using beast::error_code;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// For what a node that runs does at once.
constexpr std::chrono::seconds step_patience{10};

}  // namespace

class WebWay::Connection {
public:
    base::Result<void> open(std::uint16_t port) {
        error_code failed = asio::error::timed_out;
        bool done = false;
        const auto finished = [&](error_code how) {
            failed = how;
            done = true;
        };
        beast::get_lowest_layer(socket_).async_connect(
            asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), port), [&](error_code how) {
                if (how) return finished(how);
                socket_.async_handshake("127.0.0.1:" + std::to_string(port), "/api/v1/agreement",
                                        finished);
            });
        run_until([&] { return done; }, step_patience);
        if (!done) abandon();
        if (failed) {
            return base::fail(base::ErrorCode::unavailable,
                              "no node takes agreements there: " + failed.message());
        }
        socket_.binary(true);
        read();
        return {};
    }

    bool send(base::ByteView frame) {
        bool done = false, sent = false;
        socket_.async_write(asio::buffer(frame.data(), frame.size()),
                            [&](error_code failed, std::size_t) {
                                done = true;
                                sent = !failed;
                            });
        run_until([&] { return done; }, step_patience);
        if (!done) abandon();
        return sent;
    }

    std::optional<base::Bytes> receive(milliseconds patience) {
        run_until([this] { return !frames_.empty() || closed_; }, patience);
        if (frames_.empty()) return std::nullopt;
        auto out = std::move(frames_.front());
        frames_.pop_front();
        return out;
    }

private:
    void read() {
        socket_.async_read(buffer_, [this](error_code failed, std::size_t) {
            closed_ = static_cast<bool>(failed);
            if (closed_) return;
            const auto data = buffer_.cdata();
            const auto* begin = static_cast<const std::uint8_t*>(data.data());
            frames_.emplace_back(begin, begin + data.size());
            buffer_.consume(buffer_.size());
            read();
        });
    }

    template <class Condition>
    void run_until(const Condition& condition, milliseconds patience) {
        const auto end = steady_clock::now() + patience;
        context_.restart();
        while (!condition() && steady_clock::now() < end) {
            if (context_.run_one_until(end) == 0) break;
        }
    }

    /// What is under way refers to its caller: it must end before that returns.
    void abandon() {
        beast::get_lowest_layer(socket_).close();
        context_.restart();
        context_.run();
    }

    asio::io_context context_;
    beast::websocket::stream<beast::tcp_stream> socket_{context_};
    beast::flat_buffer buffer_;
    std::deque<base::Bytes> frames_;
    bool closed_ = false;
};

WebWay::WebWay(std::uint16_t port) : port_(port) {}
WebWay::~WebWay() = default;

base::Result<void> WebWay::connect() {
    connection_ = std::make_unique<Connection>();
    auto opened = connection_->open(port_);
    if (!opened) connection_.reset();
    return opened;
}

bool WebWay::send(base::ByteView frame) {
    return connection_ && connection_->send(frame);
}

std::optional<base::Bytes> WebWay::receive(milliseconds patience) {
    if (!connection_) return std::nullopt;
    return connection_->receive(patience);
}
