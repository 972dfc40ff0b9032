// SPDX-License-Identifier: Apache-2.0
#include "cli/attack.h"

#include <fmt/format.h>
#include <unistd.h>

#include <vector>

namespace cli {

int attack_command(const AttackCommand& command) {
    std::error_code problem;
    const auto self = std::filesystem::canonical("/proc/self/exe", problem);
    const auto program = self.parent_path() / "salus-attack";
    std::vector<std::string> words{program.string(), command.name};
    if (command.json) words.emplace_back("--json");
    if (command.live) words.emplace_back("--live");
    if (command.data) words.insert(words.end(), {"--data", command.data->string()});
    if (command.user_keys) words.insert(words.end(), {"--user-keys", command.user_keys->string()});
    if (command.user_secret) {
        words.insert(words.end(), {"--user-secret", command.user_secret->string()});
    }
    if (command.seed) words.insert(words.end(), {"--seed", fmt::format("{}", *command.seed)});
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv(program.c_str(), arguments.data());
    fmt::print(stderr, "salus: {} is not there; build it with 'salus'\n", program.string());
    return 2;
}

}  // namespace cli
