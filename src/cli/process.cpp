// SPDX-License-Identifier: Apache-2.0
#include "cli/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

namespace cli {
namespace {

std::string last_line(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::string line, last;
    while (std::getline(in, line)) {
        if (!line.empty()) last = line;
    }
    return last;
}

[[noreturn]] void become(const ChildCommand& command, int ready_fd, pid_t parent) {
    // The child dies with us, also when we are killed; the check closes the race with our death.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    // A process group of its own, so that Ctrl-C reaches the supervisor alone, which stops the rest
    // in order.
    setpgid(0, 0);
    if (!command.log.empty()) {
        const int log = open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (log >= 0) {
            dup2(log, STDOUT_FILENO);
            dup2(log, STDERR_FILENO);
        }
    }
    auto arguments = command.arguments;
    if (ready_fd >= 0) {
        arguments.push_back("--ready-fd");
        arguments.push_back(std::to_string(ready_fd));
    }
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    const auto why = fmt::format("cannot start {}: {}\n", argv[0], std::strerror(errno));
    [[maybe_unused]] const auto written = write(STDERR_FILENO, why.data(), why.size());
    _exit(127);
}

base::Result<void> wait_until_ready(int descriptor, std::chrono::milliseconds patience) {
    pollfd wait{.fd = descriptor, .events = POLLIN, .revents = 0};
    const int polled = poll(&wait, 1, static_cast<int>(patience.count()));
    char byte = 0;
    if (polled == 1 && read(descriptor, &byte, 1) == 1) return {};
    return base::fail(base::ErrorCode::unavailable,
                      polled == 0 ? "it did not get ready in time" : "it ended at once");
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int status_of(int raw) {
    return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
}

/// A bound socket on `port` (0: any), or -1.
int bound_socket(std::uint16_t port) {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    const int reuse = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
    const auto address = loopback(port);
    if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(descriptor, 1) != 0) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

}  // namespace

base::Result<Child> start(const ChildCommand& command, std::chrono::milliseconds patience) {
    int ready[2] = {-1, -1};
    if (command.tells_when_ready && pipe(ready) != 0) {
        return base::fail(base::ErrorCode::unavailable, "no pipe can be made");
    }
    if (ready[0] >= 0) fcntl(ready[0], F_SETFD, FD_CLOEXEC);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) {
        return base::fail(base::ErrorCode::unavailable,
                          fmt::format("cannot start {}: {}", command.name, std::strerror(errno)));
    }
    if (pid == 0) become(command, ready[1], parent);
    Child child{.name = command.name, .pid = pid};
    if (!command.tells_when_ready) return child;

    close(ready[1]);
    const auto is_ready = wait_until_ready(ready[0], patience);
    close(ready[0]);
    if (!is_ready) {
        stop(child, std::chrono::milliseconds{500});
        return base::fail(base::ErrorCode::unavailable,
                          fmt::format("{} did not start ({}); its last words: {}", command.name,
                                      is_ready.error().detail, last_line(command.log)));
    }
    return child;
}

base::Result<void> tell_ready(int ready_fd) {
    if (ready_fd < 0) return {};
    const char byte = '1';
    const bool told = write(ready_fd, &byte, 1) == 1;
    close(ready_fd);
    if (told) return {};
    return base::fail(base::ErrorCode::unavailable, "whoever waited for this process is gone");
}

std::optional<int> reap(Child& child) {
    int raw = 0;
    if (child.pid <= 0 || waitpid(child.pid, &raw, WNOHANG) != child.pid) return std::nullopt;
    child.pid = -1;
    return status_of(raw);
}

int stop(Child& child, std::chrono::milliseconds patience) {
    if (child.pid <= 0) return 0;
    kill(child.pid, SIGTERM);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline) {
        if (const auto status = reap(child)) return *status;
        // A poll of a few milliseconds: waitpid has no timeout.
        poll(nullptr, 0, 5);
    }
    kill(child.pid, SIGKILL);
    int raw = 0;
    waitpid(child.pid, &raw, 0);
    child.pid = -1;
    return status_of(raw);
}

void hold_signals() {
    sigset_t held;
    sigemptyset(&held);
    for (const int number : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&held, number);
    pthread_sigmask(SIG_BLOCK, &held, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

std::optional<int> next_signal(std::chrono::milliseconds patience, bool children) {
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGTERM);
    if (children) sigaddset(&awaited, SIGCHLD);
    const timespec limit{.tv_sec = patience.count() / 1000,
                         .tv_nsec = (patience.count() % 1000) * 1'000'000};
    const int number = sigtimedwait(&awaited, nullptr, &limit);
    if (number < 0) return std::nullopt;
    return number;
}

bool accepts_connections(std::uint16_t port) {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return false;
    const auto address = loopback(port);
    const bool connected =
        connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(descriptor);
    return connected;
}

base::Result<void> port_is_free(std::uint16_t port) {
    const int descriptor = bound_socket(port);
    if (descriptor < 0) {
        return base::fail(
            base::ErrorCode::busy,
            fmt::format("port {} is in use on 127.0.0.1; stop what uses it, or choose "
                        "another with --port",
                        port));
    }
    close(descriptor);
    return {};
}

base::Result<std::uint16_t> choose_port() {
    const int descriptor = bound_socket(0);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    const bool known = descriptor >= 0 &&
                       getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    if (descriptor >= 0) close(descriptor);
    if (!known) return base::fail(base::ErrorCode::unavailable, "no port is free on 127.0.0.1");
    return ntohs(address.sin_port);
}

}  // namespace cli
