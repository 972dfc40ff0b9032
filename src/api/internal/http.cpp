// SPDX-License-Identifier: Apache-2.0
#include "api/internal/http.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <set>

namespace api {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Calls `visit(name, value)` for each pair, still encoded.
template <class Visit>
void each_pair(std::string_view query, Visit visit) {
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) continue;
        const auto equals = std::min(pair.find('='), pair.size());
        const auto value = equals < pair.size() ? pair.substr(equals + 1) : std::string_view{};
        visit(pair.substr(0, equals), value);
    }
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out.push_back(' ');
        } else if (text[i] != '%') {
            out.push_back(text[i]);
        } else {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        }
    }
    return out;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
    std::optional<std::string> found;
    each_pair(query, [&](std::string_view key, std::string_view value) {
        if (key == name && !found) found = percent_decode(value);
    });
    return found;
}

base::Result<void> check_query(std::string_view query,
                               std::initializer_list<std::string_view> known) {
    base::Result<void> outcome;
    std::set<std::string_view> seen;
    each_pair(query, [&](std::string_view key, std::string_view value) {
        if (!outcome) return;
        if (std::find(known.begin(), known.end(), key) == known.end()) {
            std::string names;
            for (const auto& each : known) names += (names.empty() ? "" : ", ") + std::string(each);
            outcome = base::fail(base::ErrorCode::malformed,
                                 "a query parameter is not known here; known are: " +
                                     (names.empty() ? std::string("none") : names));
        } else if (!seen.insert(key).second) {
            outcome = base::fail(base::ErrorCode::malformed,
                                 "query parameter " + std::string(key) + " is given twice");
        } else if (!percent_decode(value)) {
            outcome = base::fail(base::ErrorCode::malformed,
                                 "query parameter " + std::string(key) + " is badly encoded");
        }
    });
    return outcome;
}

std::string cookie_value(std::string_view header, std::string_view name) {
    while (!header.empty()) {
        const auto end = std::min(header.find(';'), header.size());
        auto pair = header.substr(0, end);
        header.remove_prefix(std::min(end + 1, header.size()));
        while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
        if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
            return std::string(pair.substr(name.size() + 1));
        }
    }
    return {};
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

unsigned status_of(base::ErrorCode code) {
    using base::ErrorCode;
    switch (code) {
        case ErrorCode::malformed:
        case ErrorCode::undecodable:
        case ErrorCode::not_canonical:
        case ErrorCode::bad_batch:
            return 400;
        case ErrorCode::unauthenticated:
            return 401;
        case ErrorCode::not_authorised:
        case ErrorCode::consent_missing:
        case ErrorCode::wrong_doctor:
            return 403;
        case ErrorCode::not_found:
            return 404;
        case ErrorCode::conflict:
        case ErrorCode::duplicate_key:
        case ErrorCode::already_committed:
            return 409;
        case ErrorCode::too_large:
            return 413;
        case ErrorCode::busy:
            return 429;
        case ErrorCode::unavailable:
        case ErrorCode::unsupported_version:
        case ErrorCode::storage_full:
            return 503;
        case ErrorCode::corrupted:
            return 500;
        case ErrorCode::bad_signature:
        case ErrorCode::malleable_signature:
        case ErrorCode::bad_key:
        case ErrorCode::wrong_root:
        case ErrorCode::personal_data:
        case ErrorCode::replayed:
        case ErrorCode::wrong_chain:
        case ErrorCode::unknown_signer:
        case ErrorCode::key_not_valid:
        case ErrorCode::not_eligible:
        case ErrorCode::expired:
            return 422;
    }
    return 500;
}

Response error_response(unsigned status, const base::Error& error) {
    Response response;
    response.status = status;
    response.body = boost::json::serialize(
        boost::json::object{{"error", boost::json::object{{"code", base::name_of(error.code)},
                                                          {"message", error.detail}}}});
    return response;
}

}  // namespace api
