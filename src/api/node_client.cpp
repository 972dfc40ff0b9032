// SPDX-License-Identifier: Apache-2.0
#include "api/node_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>
#include <optional>

namespace api {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using base::ErrorCode;

namespace {

/// One request and its answer, step by step under one time limit. Lives on one thread, in `run`.
class Exchange {
public:
    explicit Exchange(http::request<http::string_body> request) : request_(std::move(request)) {
        parser_.body_limit(NodeClient::answer_bytes_max);
    }

    /// Nothing if the node did not answer; `failure` says why.
    std::optional<http::response<http::string_body>> run(const std::string& host,
                                                         const std::string& port) {
        stream_.expires_after(NodeClient::timeout);
        resolver_.async_resolve(host, port, [this](beast::error_code error, const auto& found) {
            if (!go_on(error)) return;
            stream_.async_connect(found, [this](beast::error_code failed, const auto&) {
                if (go_on(failed)) send();
            });
        });
        context_.run();
        if (failure) return std::nullopt;
        return parser_.release();
    }

    beast::error_code failure;

private:
    bool go_on(beast::error_code error) {
        if (error) failure = error;
        return !error;
    }
    void send() {
        http::async_write(stream_, request_, [this](beast::error_code error, std::size_t) {
            if (!go_on(error)) return;
            http::async_read(stream_, buffer_, parser_,
                             [this](beast::error_code failed, std::size_t) { go_on(failed); });
        });
    }

    asio::io_context context_;
    tcp::resolver resolver_{context_};
    beast::tcp_stream stream_{context_};
    beast::flat_buffer buffer_;
    http::request<http::string_body> request_;
    http::response_parser<http::string_body> parser_;
};

ErrorCode code_of(unsigned status) {
    switch (status) {
        case 400:
            return ErrorCode::malformed;
        case 401:
        case 403:
            return ErrorCode::not_authorised;
        case 404:
            return ErrorCode::not_found;
        case 409:
            return ErrorCode::conflict;
        case 422:
            return ErrorCode::bad_signature;
        default:
            return ErrorCode::unavailable;
    }
}

/// What the node says is wrong, or its status.
std::string words_of(const http::response<http::string_body>& answer) {
    beast::error_code error;
    const auto json = boost::json::parse(answer.body(), error);
    const auto* object = error ? nullptr : json.if_object();
    const auto* inner = object == nullptr ? nullptr : object->if_contains("error");
    const auto* fault = inner == nullptr ? nullptr : inner->if_object();
    const auto* message = fault == nullptr ? nullptr : fault->if_contains("message");
    if (message != nullptr && message->is_string()) return std::string(message->get_string());
    return "the node answered " + std::to_string(answer.result_int());
}

using Request = http::request<http::string_body>;
using Answer = http::response<http::string_body>;

/// An answer of 200 or 201.
base::Result<Answer> ask(Request request, const NodeClient::Address& node,
                         const std::string& session) {
    request.set(http::field::host, node.host + ":" + node.port);
    if (!session.empty()) request.set(http::field::cookie, "salus_session=" + session);
    request.prepare_payload();
    Exchange exchange(std::move(request));
    auto answer = exchange.run(node.host, node.port);
    if (!answer) {
        const bool large = exchange.failure == http::error::body_limit;
        return base::fail(
            large ? ErrorCode::too_large : ErrorCode::unavailable,
            "http://" + node.host + ":" + node.port + ": " + exchange.failure.message());
    }
    const bool done =
        answer->result() == http::status::ok || answer->result() == http::status::created;
    if (done) return *std::move(answer);
    return base::fail(code_of(answer->result_int()), words_of(*answer));
}

Request post_of(const std::string& target, std::string body) {
    Request request(http::verb::post, target, 11, std::move(body));
    request.set(http::field::content_type, "application/json");
    request.set("X-Salus", "1");
    return request;
}

}  // namespace

base::Result<NodeClient::Address> NodeClient::address_of(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    const bool has_scheme = url.starts_with(scheme);
    if (has_scheme) url.remove_prefix(scheme.size());
    if (url.ends_with('/')) url.remove_suffix(1);
    const auto colon = url.rfind(':');
    const auto port = colon == std::string_view::npos ? "" : url.substr(colon + 1);
    const bool digits = !port.empty() && port.size() <= 5 &&
                        port.find_first_not_of("0123456789") == std::string_view::npos;
    if (!has_scheme || !digits || colon == 0) {
        return base::fail(ErrorCode::malformed, "a node's address is http://HOST:PORT");
    }
    return Address{.host = std::string(url.substr(0, colon)), .port = std::string(port)};
}

base::Result<NodeClient> NodeClient::open(std::string_view url) {
    auto node = address_of(url);
    if (!node) return base::pass(node);
    return NodeClient(*std::move(node));
}

base::Result<std::string> NodeClient::get(const std::string& target) const {
    auto answer = ask({http::verb::get, target, 11}, node_, session_);
    if (!answer) return base::pass(answer);
    return std::move(answer->body());
}

base::Result<std::string> NodeClient::post(const std::string& target, std::string body) const {
    auto answer = ask(post_of(target, std::move(body)), node_, session_);
    if (!answer) return base::pass(answer);
    return std::move(answer->body());
}

base::Result<std::string> NodeClient::sign_in(const std::string& target, std::string body) {
    auto answer = ask(post_of(target, std::move(body)), node_, session_);
    if (!answer) return base::pass(answer);
    constexpr std::string_view name = "salus_session=";
    const std::string_view cookie((*answer)[http::field::set_cookie]);
    if (!cookie.starts_with(name)) {
        return base::fail(ErrorCode::unavailable, "the node opened no session");
    }
    session_ = cookie.substr(name.size(), cookie.find(';') - name.size());
    return std::move(answer->body());
}

}  // namespace api
