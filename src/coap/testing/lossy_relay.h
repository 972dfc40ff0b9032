// SPDX-License-Identifier: Apache-2.0
// For tests alone: a way of UDP between clients and a server on 127.0.0.1 that loses, doubles and
// reorders as a seed says.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/random.h"
#include "coap/address.h"

namespace coap::testing {

[[nodiscard]] inline sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

/// A UDP socket of 127.0.0.1 that never waits.
class Socket {
public:
    Socket() : descriptor_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        sockaddr_in own = loopback(0);
        socklen_t size = sizeof own;
        CHECK(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0);
        CHECK(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&own), &size) == 0);
        port_ = ntohs(own.sin_port);
    }
    ~Socket() { ::close(descriptor_); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    void send(std::uint16_t port, base::ByteView bytes) const {
        const sockaddr_in to = loopback(port);
        // What the system does not take is lost, as on any way.
        [[maybe_unused]] const auto sent =
            ::sendto(descriptor_, bytes.data(), bytes.size(), 0,
                     reinterpret_cast<const sockaddr*>(&to), sizeof to);
    }
    struct Datagram {
        std::uint16_t from = 0;
        base::Bytes bytes;
    };
    /// False: none is there.
    bool receive(Datagram& out) const {
        std::array<std::uint8_t, 2'048> buffer{};
        sockaddr_in from{};
        socklen_t size = sizeof from;
        const auto got = ::recvfrom(descriptor_, buffer.data(), buffer.size(), 0,
                                    reinterpret_cast<sockaddr*>(&from), &size);
        if (got < 0) return false;
        out = {ntohs(from.sin_port), {buffer.begin(), buffer.begin() + got}};
        return true;
    }

private:
    int descriptor_;
    std::uint16_t port_ = 0;
};

class LossyRelay {
public:
    /// Of a hundred datagrams so many are lost, doubled, or kept and sent after later ones.
    struct Chances {
        std::uint64_t lost = 0;
        std::uint64_t doubled = 0;
        std::uint64_t late = 0;
    };
    LossyRelay(std::uint16_t server_port, std::uint64_t seed)
        : server_port_(server_port), random_(seed) {}

    [[nodiscard]] Address address() const { return {"127.0.0.1", front_.port()}; }
    void set(Chances chances) { chances_ = chances; }
    [[nodiscard]] std::uint64_t passed() const { return passed_; }

    void poll() {
        Socket::Datagram datagram;
        while (front_.receive(datagram)) {
            auto& back = backs_[datagram.from];
            if (!back) back = std::make_unique<Socket>();
            pass({back.get(), server_port_, std::move(datagram.bytes)});
        }
        for (const auto& [client, back] : backs_) {
            while (back->receive(datagram)) pass({&front_, client, std::move(datagram.bytes)});
        }
    }

private:
    struct Passing {
        const Socket* by = nullptr;
        std::uint16_t to = 0;
        base::Bytes bytes;
    };
    void pass(Passing passing) {
        const std::uint64_t dice = random_.below(100);
        if (dice < chances_.lost) return;
        ++passed_;
        if (dice < chances_.lost + chances_.late) {
            late_.push_back(std::move(passing));
            return;
        }
        passing.by->send(passing.to, passing.bytes);
        if (dice < chances_.lost + chances_.late + chances_.doubled) {
            passing.by->send(passing.to, passing.bytes);
        }
        for (const Passing& one : std::exchange(late_, {})) one.by->send(one.to, one.bytes);
    }

    std::uint16_t server_port_;
    base::SeededRandom random_;
    Chances chances_;
    Socket front_;
    std::map<std::uint16_t, std::unique_ptr<Socket>> backs_;  // by client
    std::vector<Passing> late_;
    std::uint64_t passed_ = 0;
};

}  // namespace coap::testing
