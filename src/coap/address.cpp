// SPDX-License-Identifier: Apache-2.0
#include "coap/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace coap {

using base::ErrorCode;
using base::fail;

base::Result<Address> parse_address(std::string_view text) {
    const auto refused = [&] {
        return fail(ErrorCode::malformed, "'" + std::string(text) +
                                              "' is not ADDRESS:PORT, as 127.0.0.1:5683 or "
                                              "[::1]:5683");
    };
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return refused();
    std::string_view ip = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    const bool bracketed = ip.size() > 2 && ip.front() == '[' && ip.back() == ']';
    if (bracketed) ip = ip.substr(1, ip.size() - 2);

    Address out{.ip = std::string(ip)};
    std::array<unsigned char, sizeof(in6_addr)> parsed{};
    if (::inet_pton(bracketed ? AF_INET6 : AF_INET, out.ip.c_str(), parsed.data()) != 1) {
        return refused();
    }
    const auto [end, wrong] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (wrong != std::errc{} || end != port.data() + port.size() || out.port == 0) return refused();
    return out;
}

std::string text_of(const Address& address) {
    const bool v6 = address.ip.find(':') != std::string::npos;
    return (v6 ? "[" + address.ip + "]" : address.ip) + ":" + std::to_string(address.port);
}

base::Result<std::uint16_t> free_port() {
    const int descriptor = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool bound =
        descriptor >= 0 &&
        ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    const int why = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (!bound) {
        return fail(ErrorCode::unavailable,
                    std::string("no UDP port is to be had: ") + std::strerror(why));
    }
    return ntohs(address.sin_port);
}

}  // namespace coap
