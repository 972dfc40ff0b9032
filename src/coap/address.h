// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace coap {

/// An IP address and a UDP port; no names, so that nothing has to be looked up.
struct Address {
    std::string ip = "127.0.0.1";  ///< IPv4, or IPv6 without brackets.
    std::uint16_t port = 5683;     ///< The default of coap: (RFC 7252 section 6.1).
    friend bool operator==(const Address&, const Address&) = default;
};

/// From `127.0.0.1:5683`, `[::1]:5683`. Errors: `malformed`.
[[nodiscard]] base::Result<Address> parse_address(std::string_view text);
[[nodiscard]] std::string text_of(const Address& address);

/// A UDP port of 127.0.0.1 that nobody had a moment ago. Errors: `unavailable`.
[[nodiscard]] base::Result<std::uint16_t> free_port();

}  // namespace coap
