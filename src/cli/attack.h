// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace cli {

struct AttackCommand {
    std::string name = "all";  ///< One attack, or all.
    bool json = false;
    /// Attacks what runs there too, and keeps what came of it there, in attacks.json.
    std::optional<std::filesystem::path> data;
    bool live = false;  ///< Fail if nothing runs there.
    /// A registered user's own file and u (mode 0600 both): her login there is attacked too.
    std::optional<std::filesystem::path> user_keys;
    std::optional<std::filesystem::path> user_secret;
    std::optional<std::uint64_t> seed;
};
/// Runs `salus-attack`, which stands beside this program: the protocol as printed, which the
/// controls attack, is linked into that one alone. Returns only when it could not be run;
/// otherwise the process ends as it does: 0 only if every attack was resisted and every control
/// succeeded.
[[nodiscard]] int attack_command(const AttackCommand& command);

}  // namespace cli
