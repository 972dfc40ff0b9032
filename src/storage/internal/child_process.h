// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

#include "base/check.h"
#include "storage/internal/descriptor.h"

namespace storage::internal {

/// For tests: runs one test of this very program, disabled by its name, as a process of its own
/// that may be killed. (A mere fork would lack the threads that RocksDB started before it.) The
/// child finds `argument` in SALUS_TEST_CHILD and writes its reports to descriptor 9.
class ChildProcess {
public:
    static constexpr int report_descriptor = 9;

    ChildProcess(const std::string& test, const std::string& argument) {
        int ends[2];
        CHECK(::pipe2(ends, O_CLOEXEC) == 0);
        reports_ = Descriptor(ends[0]);
        const Descriptor writing(ends[1]);
        const std::string filter = "--gtest_filter=" + test;
        id_ = ::fork();
        CHECK(id_ >= 0);
        if (id_ > 0) return;
        ::dup2(writing.number(), report_descriptor);
        ::setenv("SALUS_TEST_CHILD", argument.c_str(), 1);
        ::execl("/proc/self/exe", "child", "--gtest_also_run_disabled_tests", "--gtest_brief=1",
                filter.c_str(), nullptr);
        ::_exit(127);
    }
    ~ChildProcess() {
        if (id_ > 0) (void)kill();
    }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    /// Waits for one number that the child reports; nothing once it has ended.
    [[nodiscard]] std::optional<std::uint64_t> next_report() const {
        std::uint64_t number = 0;
        ssize_t got = 0;
        do {
            got = ::read(reports_.number(), &number, sizeof number);
        } while (got < 0 && errno == EINTR);
        if (got != sizeof number) return std::nullopt;
        return number;
    }
    /// kill -9; true if it was that which ended the child.
    [[nodiscard]] bool kill() {
        ::kill(id_, SIGKILL);
        return WIFSIGNALED(wait_status());
    }
    /// Its exit status once it ends; 128 and the signal's number if one ended it, as a shell says
    /// it.
    [[nodiscard]] int wait() {
        const int status = wait_status();
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }

    /// Called by the child.
    static void report(std::uint64_t number) {
        CHECK(::write(report_descriptor, &number, sizeof number) == sizeof number);
    }
    [[nodiscard]] static std::optional<std::string> argument() {
        const char* value = std::getenv("SALUS_TEST_CHILD");
        if (value == nullptr) return std::nullopt;
        return value;
    }

private:
    int wait_status() {
        int status = 0;
        while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
        }
        id_ = -1;
        return status;
    }

    pid_t id_ = -1;
    Descriptor reports_;
};

}  // namespace storage::internal
