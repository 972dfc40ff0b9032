// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

namespace gateway {

/// For tests: a real mosquitto on a free port of 127.0.0.1.
class TestBroker {
public:
    static constexpr const char* program = "/usr/sbin/mosquitto";
    [[nodiscard]] static bool available() { return ::access(program, X_OK) == 0; }

    /// A port that nobody listened on a moment ago.
    [[nodiscard]] static std::uint16_t free_port() {
        const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        const bool bound =
            ::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
            ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0;
        ::close(descriptor);
        return bound ? ntohs(address.sin_port) : std::uint16_t{0};
    }

    /// `openssl_config`: what OpenSSL shall be told in the broker, over its own settings; empty:
    /// nothing.
    TestBroker(std::filesystem::path config, std::uint16_t port,
               std::filesystem::path openssl_config = {})
        : config_(std::move(config)), port_(port), openssl_config_(std::move(openssl_config)) {}
    ~TestBroker() { kill(); }
    TestBroker(const TestBroker&) = delete;
    TestBroker& operator=(const TestBroker&) = delete;

    /// True once it accepts connections; false after 10 s.
    [[nodiscard]] bool start() {
        const std::string log = (config_.parent_path() / "log").string();
        process_ = ::fork();
        if (process_ == 0) {
            const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
            ::dup2(out, STDOUT_FILENO);
            ::dup2(out, STDERR_FILENO);
            if (!openssl_config_.empty()) ::setenv("OPENSSL_CONF", openssl_config_.c_str(), 1);
            ::execl(program, program, "-c", config_.c_str(), nullptr);
            ::_exit(127);
        }
        for (int i = 0; i < 1'000; ++i) {
            if (answers()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return false;
    }
    /// Reads users, rules and certificates again.
    void reload() { ::kill(process_, SIGHUP); }
    /// As kill -9.
    void kill() {
        if (process_ <= 0) return;
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
        process_ = -1;
    }

private:
    static sockaddr_in loopback(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        return address;
    }
    [[nodiscard]] bool answers() const {
        const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
        const sockaddr_in address = loopback(port_);
        const bool yes =
            ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        ::close(descriptor);
        return yes;
    }

    std::filesystem::path config_;
    std::uint16_t port_;
    std::filesystem::path openssl_config_;
    pid_t process_ = -1;
};

}  // namespace gateway
