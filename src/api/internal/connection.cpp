// SPDX-License-Identifier: Apache-2.0
#include "api/internal/connection.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <optional>

#include "api/internal/agreement_connection.h"
#include "api/internal/server.h"

namespace api {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using Parser = http::request_parser<http::string_body>;
using Message = http::response<http::string_body>;

std::string text_of(const Parser::value_type& message, std::string_view name) {
    const auto found = message.find({name.data(), name.size()});
    if (found == message.end()) return {};
    return std::string(found->value());
}

/// Errors: `malformed` for what two readers of the bytes could understand differently.
base::Result<Request> request_of(Parser::value_type&& message) {
    if (message.count(http::field::host) != 1) {
        return base::fail(base::ErrorCode::malformed, "a request must carry exactly one Host");
    }
    // Lengths by two ways, or chunks, are how requests are smuggled past one another; no client of
    // this interface needs either.
    if (message.count(http::field::transfer_encoding) != 0 ||
        message.count(http::field::content_length) > 1) {
        return base::fail(base::ErrorCode::malformed,
                          "send the body with exactly one Content-Length, not in chunks");
    }
    const std::string_view target(message.target().data(), message.target().size());
    if (!target.starts_with('/')) {
        return base::fail(base::ErrorCode::malformed, "the request's target must begin with '/'");
    }
    Request request;
    request.method = message.method() == http::verb::get || message.method() == http::verb::head
                         ? Method::get
                     : message.method() == http::verb::post ? Method::post
                                                            : Method::other;
    const auto without_fragment = target.substr(0, target.find('#'));
    const auto question = std::min(without_fragment.find('?'), without_fragment.size());
    request.path = without_fragment.substr(0, question);
    if (question < without_fragment.size()) request.query = without_fragment.substr(question + 1);
    request.host = text_of(message, "Host");
    request.origin = text_of(message, "Origin");
    request.fetch_site = text_of(message, "Sec-Fetch-Site");
    request.session_cookie = cookie_value(text_of(message, "Cookie"), "salus_session");
    request.content_type = text_of(message, "Content-Type");
    request.salus_header = text_of(message, "X-Salus");
    request.last_event_id = text_of(message, "Last-Event-ID");
    request.accept_encoding = text_of(message, "Accept-Encoding");
    request.if_none_match = text_of(message, "If-None-Match");
    request.body = std::move(message.body());
    return request;
}

class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(asio::ip::tcp::socket socket, const ConnectionContext& context)
        : stream_(std::move(socket)), context_(context), ping_timer_(stream_.get_executor()) {}
    ~Connection() { context_.open.fetch_sub(1); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] auto executor() { return stream_.get_executor(); }

    void read() {
        parser_.emplace();
        parser_->header_limit(Server::header_bytes_max);
        parser_->body_limit(Server::body_bytes_max);
        // One limit for the whole request: sending it byte by byte does not hold the connection
        // open.
        stream_.expires_after(Server::idle_limit);
        http::async_read(
            stream_, buffer_, *parser_,
            [self = shared_from_this()](error_code failed, std::size_t) { self->on_read(failed); });
    }

private:
    void on_read(error_code failed) {
        if (failed) return on_bad_read(failed);
        head_ = parser_->get().method() == http::verb::head;
        keep_alive_ = parser_->get().keep_alive();
        version_ = parser_->get().version();
        auto message = parser_->release();
        const bool upgrade = beast::websocket::is_upgrade(message);
        auto request = request_of(upgrade ? Parser::value_type(message) : std::move(message));
        if (request && upgrade) return on_upgrade(*request, message);
        if (!request) {
            keep_alive_ = false;
            return write(error_response(request.error()));
        }
        stream_.expires_never();
        asio::post(context_.workers,
                   [self = shared_from_this(), request = *std::move(request)]() mutable {
                       auto response = self->context_.service->handle(request);
                       asio::post(self->stream_.get_executor(),
                                  [self, response = std::move(response)]() mutable {
                                      self->write(std::move(response));
                                  });
                   });
    }

    void on_upgrade(const Request& request, const Parser::value_type& message) {
        keep_alive_ = false;
        const auto admitted = context_.service->admit_upgrade(request);
        if (!admitted) return write(error_response(admitted.error()));
        closed_ = true;  // the socket goes on as another
        serve_agreement(std::move(stream_), message, context_);
    }

    void on_bad_read(error_code failed) {
        keep_alive_ = false;
        if (failed == http::error::body_limit) {
            return write(error_response(
                {base::ErrorCode::too_large, "a request's body may have at most 1 MiB"}));
        }
        if (failed == http::error::header_limit) {
            return write(error_response(
                431, {base::ErrorCode::too_large, "a request's header may have at most 16 KiB"}));
        }
        const bool bad_bytes =
            failed.category() == make_error_code(http::error::bad_method).category();
        if (bad_bytes && failed != http::error::end_of_stream &&
            failed != http::error::partial_message) {
            return write(error_response(
                {base::ErrorCode::malformed, "these bytes are no valid HTTP request"}));
        }
        close();  // the client went away, or was too slow
    }

    void write(Response response) {
        if (response.stream && !head_) return begin_events(std::move(response));
        message_.emplace();
        message_->result(response.status);
        message_->version(version_);
        message_->keep_alive(keep_alive_);
        set_headers(response);
        const bool has_body = response.status != 204 && response.status != 304;
        const auto size = response.body.size();
        if (!head_ && has_body) message_->body() = std::move(response.body);
        if (has_body) message_->content_length(size);
        stream_.expires_after(Server::idle_limit);
        serializer_.emplace(*message_);
        if (head_) {
            http::async_write_header(stream_, *serializer_,
                                     [self = shared_from_this()](error_code failed, std::size_t) {
                                         self->on_written(failed);
                                     });
            return;
        }
        http::async_write(stream_, *serializer_,
                          [self = shared_from_this()](error_code failed, std::size_t) {
                              self->on_written(failed);
                          });
    }

    void set_headers(const Response& response) {
        message_->set(http::field::content_type, response.content_type);
        for (const auto& [name, value] : security_headers()) message_->set(name, value);
        for (const auto& [name, value] : response.headers) message_->insert(name, value);
    }

    void on_written(error_code failed) {
        serializer_.reset();
        if (failed || !keep_alive_) return close();
        read();
    }

    void begin_events(Response response) {
        events_ = std::move(response.stream);
        message_.emplace();
        message_->version(11);
        message_->keep_alive(false);  // the stream ends with the connection
        set_headers(response);
        events_->on_wake([weak = weak_from_this()] {
            if (const auto self = weak.lock()) {
                asio::post(self->stream_.get_executor(), [self] { self->pump(); });
            }
        });
        serializer_.emplace(*message_);
        writing_ = true;
        stream_.expires_after(Server::idle_limit);
        http::async_write_header(stream_, *serializer_,
                                 [self = shared_from_this()](error_code failed, std::size_t) {
                                     self->writing_ = false;
                                     if (failed) return self->close();
                                     self->send(self->events_->ping());
                                     self->wait_for_ping();
                                     self->watch_client();
                                 });
    }

    /// Writes what is new, one piece at a time: what waits meanwhile waits in the hub, not here.
    void pump() {
        if (writing_ || closed_) return;
        send(events_->next());
    }

    void send(std::string piece) {
        if (piece.empty()) return;
        piece_ = std::move(piece);
        writing_ = true;
        // A client that takes nothing is dropped; it comes back with the last id that it saw.
        stream_.expires_after(Server::idle_limit);
        asio::async_write(stream_, asio::buffer(piece_),
                          [self = shared_from_this()](error_code failed, std::size_t) {
                              self->writing_ = false;
                              if (failed) return self->close();
                              self->stream_.expires_never();
                              self->pump();
                          });
    }

    void wait_for_ping() {
        ping_timer_.expires_after(Server::ping_interval);
        ping_timer_.async_wait([weak = weak_from_this()](error_code failed) {
            const auto self = weak.lock();
            if (failed || !self || self->closed_) return;
            if (self->events_->ended()) return self->close();
            if (!self->writing_) self->send(self->events_->ping());
            self->wait_for_ping();
        });
    }

    /// Nothing is due from the client any more; whatever comes, or its end, ends the stream.
    void watch_client() {
        stream_.socket().async_read_some(
            asio::buffer(&unexpected_, 1),
            [self = shared_from_this()](error_code, std::size_t) { self->close(); });
    }

    void close() {
        if (closed_) return;
        closed_ = true;
        ping_timer_.cancel();
        error_code ignored;  // it may be closed by the other side already: the same outcome
        stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
        stream_.close();
    }

    beast::tcp_stream stream_;
    ConnectionContext context_;
    asio::steady_timer ping_timer_;
    beast::flat_buffer buffer_{Server::header_bytes_max + Server::body_bytes_max};
    std::optional<Parser> parser_;
    std::optional<Message> message_;
    std::optional<http::response_serializer<http::string_body>> serializer_;
    std::shared_ptr<EventStream> events_;
    std::string piece_;
    char unexpected_ = 0;
    unsigned version_ = 11;
    bool head_ = false;
    bool keep_alive_ = false;
    bool writing_ = false;
    bool closed_ = false;
};

}  // namespace

void serve(asio::ip::tcp::socket socket, const ConnectionContext& context) {
    const auto connection = std::make_shared<Connection>(std::move(socket), context);
    asio::post(connection->executor(), [connection] { connection->read(); });
}

}  // namespace api
