// SPDX-License-Identifier: Apache-2.0
#include "api/internal/agreement_connection.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>

namespace api {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;

/// Both chosen by us. What a user sends has 130 bytes at most, and is over within seconds.
constexpr std::size_t message_bytes_max = 1'024;
constexpr std::chrono::seconds lifetime{60};

class AgreementConnection : public std::enable_shared_from_this<AgreementConnection> {
public:
    AgreementConnection(beast::tcp_stream stream, const ConnectionContext& context)
        : context_(context), socket_(std::move(stream)), end_(socket_.get_executor()) {
        context_.open.fetch_add(1);
        error_code unknown;  // a client that is gone already has no address; reading tells
        const auto remote =
            beast::get_lowest_layer(socket_).socket().remote_endpoint(unknown).address();
        source_ = unknown ? std::string() : source_of(remote);
    }
    ~AgreementConnection() { context_.open.fetch_sub(1); }
    AgreementConnection(const AgreementConnection&) = delete;
    AgreementConnection& operator=(const AgreementConnection&) = delete;

    void accept(const beast::http::request<beast::http::string_body>& request) {
        request_ = request;
        beast::get_lowest_layer(socket_).expires_never();  // the WebSocket has its own limits
        socket_.set_option(websocket::stream_base::timeout::suggested(beast::role_type::server));
        socket_.read_message_max(message_bytes_max);
        socket_.auto_fragment(false);
        socket_.binary(true);
        end_.expires_after(lifetime);
        end_.async_wait([weak = weak_from_this()](error_code cancelled) {
            const auto self = weak.lock();
            if (self && !cancelled) self->close();
        });
        socket_.async_accept(request_, [self = shared_from_this()](error_code failed) {
            if (failed) return self->close();
            self->read();
        });
    }

private:
    void read() {
        socket_.async_read(buffer_, [self = shared_from_this()](error_code failed, std::size_t) {
            if (failed || !self->socket_.got_binary()) return self->close();
            self->take();
        });
    }

    void take() {
        const auto data = buffer_.cdata();
        const base::ByteView frame(static_cast<const std::uint8_t*>(data.data()), data.size());
        for (auto& answer : context_.service->agree(source_, frame)) {
            answers_.push_back(std::move(answer));
        }
        buffer_.consume(buffer_.size());
        write();
    }

    void write() {
        if (answers_.empty()) return read();
        socket_.async_write(asio::buffer(answers_.front()),
                            [self = shared_from_this()](error_code failed, std::size_t) {
                                if (failed) return self->close();
                                self->answers_.pop_front();
                                self->write();
                            });
    }

    /// Without the closing handshake: everything said is in the frames.
    void close() {
        end_.cancel();
        beast::get_lowest_layer(socket_).close();
    }

    ConnectionContext context_;
    websocket::stream<beast::tcp_stream> socket_;
    asio::steady_timer end_;
    beast::http::request<beast::http::string_body> request_;
    beast::flat_buffer buffer_;
    std::deque<base::Bytes> answers_;
    std::string source_;
};

}  // namespace

std::string source_of(const asio::ip::address& remote) {
    if (remote.is_v4()) return remote.to_string();
    const auto v6 = remote.to_v6();
    if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
    const auto bytes = v6.to_bytes();
    return base::to_hex(base::ByteView(bytes).first(8));
}

void serve_agreement(beast::tcp_stream stream,
                     const beast::http::request<beast::http::string_body>& request,
                     const ConnectionContext& context) {
    std::make_shared<AgreementConnection>(std::move(stream), context)->accept(request);
}

}  // namespace api
