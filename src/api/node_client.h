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

    /// `url`: "http://HOST:PORT", as a node says at its start. Errors: `malformed`.
    [[nodiscard]] static base::Result<NodeClient> open(std::string_view url);

    /// The body of a 200. Errors: what the node refused with, by its status (`malformed`,
    /// `not_authorised`, `not_found`, `conflict`, `bad_signature`, else `unavailable`);
    /// `unavailable` if it does not answer; `too_large`.
    [[nodiscard]] base::Result<std::string> get(const std::string& target) const;
    /// `body` is JSON.
    [[nodiscard]] base::Result<std::string> post(const std::string& target, std::string body) const;

private:
    NodeClient(std::string host, std::string port)
        : host_(std::move(host)), port_(std::move(port)) {}
    std::string host_;
    std::string port_;
};

}  // namespace api
