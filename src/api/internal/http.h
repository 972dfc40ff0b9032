// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace api {

class EventStream;

enum class Method : std::uint8_t { get, post, other };

/// One request, as the routes see it: read from the wire by server.cpp, or made by a test.
struct Request {
    Method method = Method::get;
    std::string path = "/";  ///< As sent, without the query; percent signs are not decoded.
    std::string query;       ///< As sent, without the '?'.
    std::string host;
    std::string origin;          ///< Empty: not sent.
    std::string fetch_site;      ///< Sec-Fetch-Site; empty: not sent.
    std::string session_cookie;  ///< Value of `salus_session`; empty: not sent.
    std::string content_type;
    std::string salus_header;  ///< X-Salus.
    std::string last_event_id;
    std::string accept_encoding;
    std::string if_none_match;
    std::string body;
};

struct Response {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    /// Set: the body is what this stream gives, without end.
    std::shared_ptr<EventStream> stream;
};

/// The value of `name` in a query, percent-decoded; nothing if it is absent or badly encoded.
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view name);
/// Errors: `malformed` for bad encoding, a name twice, or one not among `known`.
[[nodiscard]] base::Result<void> check_query(std::string_view query,
                                             std::initializer_list<std::string_view> known);
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);
/// The value of one cookie in a Cookie header.
[[nodiscard]] std::string cookie_value(std::string_view header, std::string_view name);
/// Decimal digits alone; nothing for anything else or beyond 64 bits.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

/// The status that an error answers with, and the answer itself.
[[nodiscard]] unsigned status_of(base::ErrorCode code);
[[nodiscard]] Response error_response(unsigned status, const base::Error& error);
[[nodiscard]] inline Response error_response(const base::Error& error) {
    return error_response(status_of(error.code), error);
}

}  // namespace api
