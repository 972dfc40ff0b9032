// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace api {

/// Asks a node over plain HTTP, one connection a request; for the tools that stand beside a node.
class NodeClient {
public:
    /// A request that takes longer fails. Chosen by us.
    static constexpr std::chrono::seconds timeout{10};
    static constexpr std::uint64_t answer_bytes_max = 1U << 20U;

    struct Address {
        std::string host;
        std::string port;
    };
    /// `url`: "http://HOST:PORT", as a node says at its start. Errors: `malformed`.
    [[nodiscard]] static base::Result<Address> address_of(std::string_view url);
    [[nodiscard]] static base::Result<NodeClient> open(std::string_view url);

    /// The body of a 200 or 201. Errors: what the node refused with, by its status (`malformed`,
    /// `not_authorised`, `not_found`, `conflict`, `bad_signature`, else `unavailable`);
    /// `unavailable` if it does not answer; `too_large`.
    [[nodiscard]] base::Result<std::string> get(const std::string& target) const;
    /// `body` is JSON.
    [[nodiscard]] base::Result<std::string> post(const std::string& target, std::string body) const;

    /// A session's cookie from here on; it goes out with every request.
    void use_session(std::string token) { session_ = std::move(token); }
    /// `post` of what opens a session; uses it from then on.
    [[nodiscard]] base::Result<std::string> sign_in(const std::string& target, std::string body);
    [[nodiscard]] const std::string& session() const { return session_; }

private:
    explicit NodeClient(Address node) : node_(std::move(node)) {}
    Address node_;
    std::string session_;
};

}  // namespace api
