// SPDX-License-Identifier: Apache-2.0
#include "api/agreement_client.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <optional>

#include "api/node_client.h"
#include "api/sign_in_record.h"
#include "crypto/key_wrap.h"
#include "keyagreement/credentials.h"

namespace api {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using base::ErrorCode;
using beast::error_code;

/// One login, step by step. Lives on one thread, in `run`.
class Carrier {
public:
    Carrier(keyagreement::Client& client, const base::Clock& clock)
        : client_(client), clock_(clock) {}

    base::Result<AgreedSession> run(const NodeClient::Address& node,
                                    std::chrono::milliseconds patience) {
        end_.expires_after(patience);
        end_.async_wait([this](error_code cancelled) {
            if (!cancelled) context_.stop();
        });
        resolver_.async_resolve(
            node.host, node.port, [this, node](error_code failed, const auto& found) {
                if (!go_on(failed)) return;
                auto& stream = beast::get_lowest_layer(socket_);
                stream.async_connect(found, [this, node](error_code refused, const auto&) {
                    if (go_on(refused)) shake_hands(node);
                });
            });
        context_.run();
        if (signed_in_) return *std::move(signed_in_);
        if (!open_ || failure_) {
            return base::fail(ErrorCode::unavailable,
                              "no node answers at http://" + node.host + ":" + node.port +
                                  (failure_ ? ": " + failure_.message() : std::string()));
        }
        return base::fail(ErrorCode::unauthenticated,
                          "the node says nothing: the secret, the key file or this machine's clock "
                          "is wrong, or the login was withdrawn");
    }

private:
    bool go_on(error_code failed) {
        if (!failed) return true;
        failure_ = failed;
        context_.stop();
        return false;
    }

    void shake_hands(const NodeClient::Address& node) {
        socket_.async_handshake(node.host + ":" + node.port, "/api/v1/agreement",
                                [this](error_code failed) {
                                    if (!go_on(failed)) return;
                                    open_ = true;
                                    socket_.binary(true);
                                    read();
                                    take(client_.start(clock_.now()));
                                });
    }

    void read() {
        socket_.async_read(buffer_, [this](error_code failed, std::size_t) {
            if (!go_on(failed)) return;
            const auto data = buffer_.cdata();
            const base::ByteView frame(static_cast<const std::uint8_t*>(data.data()), data.size());
            auto outcome = client_.receive(frame, clock_.now());
            buffer_.consume(buffer_.size());
            if (outcome.received) told(outcome.received->plaintext);
            take(std::move(outcome));
            if (!context_.stopped()) read();
        });
    }

    void take(keyagreement::Outcome outcome) {
        if (signed_in_) return context_.stop();
        for (auto& frame : outcome.to_send) to_send_.push_back(std::move(frame));
        if (outcome.established) show_token();
        write();
        const auto wait = client_.next_wake() - clock_.now();  // may be far away
        wake_.expires_after(std::min<std::chrono::milliseconds>(wait, agreement_patience));
        wake_.async_wait([this](error_code cancelled) {
            if (!cancelled) take(client_.tick(clock_.now()));
        });
    }

    void show_token() {
        auto plaintext = encode_sign_in(*client_.login_token());
        auto record = client_.seal(plaintext, clock_.now());
        crypto::wipe(plaintext);
        if (record) to_send_.push_back(*std::move(record));
    }

    void told(base::ByteView plaintext) {
        auto me = decode_signed_in(plaintext);
        if (!me) return;
        const auto token = keyagreement::session_token_of(*client_.session_key());
        signed_in_ = AgreedSession{.token = base::to_hex(token.view()), .me = *std::move(me)};
    }

    void write() {
        if (writing_ || to_send_.empty()) return;
        writing_ = true;
        socket_.async_write(asio::buffer(to_send_.front()), [this](error_code failed, std::size_t) {
            if (!go_on(failed)) return;
            writing_ = false;
            to_send_.pop_front();
            write();
        });
    }

    keyagreement::Client& client_;
    const base::Clock& clock_;
    asio::io_context context_;
    tcp::resolver resolver_{context_};
    websocket::stream<beast::tcp_stream> socket_{context_};
    asio::steady_timer end_{context_};
    asio::steady_timer wake_{context_};
    beast::flat_buffer buffer_;
    std::deque<base::Bytes> to_send_;
    error_code failure_;
    std::optional<AgreedSession> signed_in_;
    bool open_ = false;
    bool writing_ = false;
};

}  // namespace

base::Result<AgreedSession> agree_and_sign_in(std::string_view url, keyagreement::Client& client,
                                              const base::Clock& clock,
                                              std::chrono::milliseconds patience) {
    const auto node = NodeClient::address_of(url);
    if (!node) return base::pass(node);
    return Carrier(client, clock).run(*node, patience);
}

}  // namespace api
