// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/testing_core.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/check.h"

namespace keyagreement::testing {
namespace {

constexpr std::uint8_t mask = 0xa7;
constexpr std::size_t told_bytes_max = 16'384;
constexpr std::size_t registers_bytes_max = 16'384;

struct Region {
    std::uintptr_t begin;
    std::uintptr_t end;
};

/// Of a process: "self", or its number.
std::vector<Region> writable_memory(const std::string& process) {
    std::vector<Region> out;
    std::ifstream maps("/proc/" + process + "/maps");
    for (std::string line; std::getline(maps, line);) {
        const auto dash = line.find('-');
        const auto space = line.find(' ');
        if (line.substr(space + 1, 2) != "rw") continue;
        Region region{};
        std::from_chars(line.data(), line.data() + dash, region.begin, 16);
        std::from_chars(line.data() + dash + 1, line.data() + space, region.end, 16);
        out.push_back(region);
    }
    return out;
}

int copies_between(const std::uint8_t* at, const std::uint8_t* end, const Masked& secret) {
    int copies = 0;
    while (static_cast<std::size_t>(end - at) >= secret.size()) {
        const auto places = static_cast<std::size_t>(end - at) - secret.size() + 1;
        at = static_cast<const std::uint8_t*>(std::memchr(at, secret.first(), places));
        if (at == nullptr) break;
        if (secret.stands_at(at)) ++copies;
        ++at;
    }
    return copies;
}

}  // namespace

Masked::Masked(base::ByteView secret) : bytes_(secret.begin(), secret.end()) {
    for (auto& byte : bytes_) byte ^= mask;
}

Masked Masked::of_masked(base::Bytes masked) {
    Masked out({});
    out.bytes_ = std::move(masked);
    return out;
}

Secret32 Masked::unmasked() const {
    Secret32 out;
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
        out.writable()[i] = static_cast<std::uint8_t>(bytes_[i] ^ mask);
    }
    return out;
}

std::uint8_t Masked::first() const {
    return static_cast<std::uint8_t>(bytes_[0] ^ mask);
}

bool Masked::stands_at(const std::uint8_t* at) const {
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
        if (static_cast<std::uint8_t>(at[i] ^ mask) != bytes_[i]) return false;
    }
    return true;
}

int copies_of(const Masked& secret) {
    int copies = 0;
    for (const auto& region : writable_memory("self")) {
        copies += copies_between(reinterpret_cast<const std::uint8_t*>(region.begin),  // NOLINT
                                 reinterpret_cast<const std::uint8_t*>(region.end),    // NOLINT
                                 secret);
    }
    return copies;
}

int copies_in(const std::vector<base::Bytes>& core, const Masked& secret) {
    int copies = 0;
    for (const auto& piece : core) {
        copies += copies_between(piece.data(), piece.data() + piece.size(), secret);
    }
    return copies;
}

Child::Child(const std::function<void(const Child&)>& play) {
    CHECK(pipe(pipe_.data()) == 0);
    process_ = fork();
    CHECK(process_ >= 0);
    if (process_ > 0) return;
    CHECK(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0);
    play(*this);
    _exit(0);
}

Child::~Child() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    for (const int end : pipe_) close(end);
}

void Child::stop() {
    CHECK(raise(SIGSTOP) == 0);
}

void Child::tell(const Secrets& secrets) const {
    std::string told;
    for (const auto& [name, secret] : secrets) {
        told += name + ' ' + base::to_hex(secret.masked()) + '\n';
    }
    CHECK(told.size() <= told_bytes_max);  // what a pipe takes at once
    CHECK(write(pipe_[1], told.data(), told.size()) == static_cast<ssize_t>(told.size()));
}

Secrets Child::told() const {
    std::string text(told_bytes_max, '\0');
    const auto size = read(pipe_[0], text.data(), text.size());
    CHECK(size > 0);
    text.resize(static_cast<std::size_t>(size));
    std::istringstream lines(text);
    Secrets out;
    std::string name;
    std::string digits;
    while (lines >> name >> digits) {
        out.emplace(name, Masked::of_masked(base::from_hex(digits).value()));
    }
    return out;
}

bool Child::is_stopped() const {
    int status = 0;
    return waitpid(process_, &status, 0) == process_ && WIFSTOPPED(status);
}

void Child::go_on() const {
    CHECK(ptrace(PTRACE_CONT, process_, nullptr, nullptr) == 0);
}

std::vector<base::Bytes> Child::core() const {
    std::vector<base::Bytes> out;
    const auto number = std::to_string(process_);
    const int memory = open(("/proc/" + number + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
    CHECK(memory >= 0);
    for (const auto& region : writable_memory(number)) {
        base::Bytes bytes(region.end - region.begin);
        const auto at = static_cast<off_t>(region.begin);
        const auto got = pread(memory, bytes.data(), bytes.size(), at);
        CHECK(got == static_cast<ssize_t>(bytes.size()));
        out.push_back(std::move(bytes));
    }
    close(memory);
    for (const int set : {NT_PRSTATUS, NT_FPREGSET, NT_X86_XSTATE}) {
        base::Bytes bytes(registers_bytes_max);
        iovec place{.iov_base = bytes.data(), .iov_len = bytes.size()};
        const auto got = ptrace(PTRACE_GETREGSET, process_, set, &place);
        if (got != 0 && set == NT_X86_XSTATE) continue;  // another processor has no such set
        CHECK(got == 0);
        bytes.resize(place.iov_len);
        out.push_back(std::move(bytes));
    }
    return out;
}

}  // namespace keyagreement::testing
