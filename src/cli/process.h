// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace cli {

/// A child that ends with its parent, however the parent ends.
struct Child {
    std::string name;
    pid_t pid = -1;
};
struct ChildCommand {
    std::string name;                    ///< For messages: "the broker".
    std::vector<std::string> arguments;  ///< The program's path first.
    std::filesystem::path log;           ///< Its output is appended here; empty: ours.
    bool tells_when_ready = false;       ///< Gets `--ready-fd N` and writes a byte there.
};
/// Starts the child; where it tells when it is ready, waits for that.
/// Errors: `unavailable` with the log's last line if it ends or is silent for `patience`.
[[nodiscard]] base::Result<Child> start(const ChildCommand& command,
                                        std::chrono::milliseconds patience);
/// The child's side: writes that byte and closes `ready_fd`; -1: nobody waits. Errors:
/// `unavailable`.
[[nodiscard]] base::Result<void> tell_ready(int ready_fd);
/// How a child ended: its exit code, or 128 and the signal. Nothing while it runs.
[[nodiscard]] std::optional<int> reap(Child& child);
/// SIGTERM, then SIGKILL after `patience`. Returns how it ended.
int stop(Child& child, std::chrono::milliseconds patience);

/// Blocks SIGINT and SIGTERM in this thread and all it starts from now on; `next_signal` takes
/// them.
void hold_signals();
/// SIGINT, SIGTERM or SIGCHLD (where `children`), or nothing after `patience`.
[[nodiscard]] std::optional<int> next_signal(std::chrono::milliseconds patience, bool children);

/// Is something listening on 127.0.0.1:`port`?
[[nodiscard]] bool accepts_connections(std::uint16_t port);
/// Can this process listen there? Errors: `busy` with what to do.
[[nodiscard]] base::Result<void> port_is_free(std::uint16_t port);
/// A free port of the kernel's choice.
[[nodiscard]] base::Result<std::uint16_t> choose_port();

}  // namespace cli
