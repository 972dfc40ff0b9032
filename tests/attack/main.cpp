// SPDX-License-Identifier: Apache-2.0
// salus-attack: what `salus attack` runs. A program of its own, because the protocol as printed is
// linked into it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "attack/attack.h"
#include "attack/report.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/random.h"
#include "printed/controls.h"

namespace {

struct Words {
    std::string name = "all";
    bool json = false;
    std::optional<std::filesystem::path> data;
    std::optional<std::uint64_t> seed;
};

attack::Row run(const attack::Attack& one, base::Random& random) {
    const auto ours = one.run(random);
    const auto control = printed::run_control(one.name, random);
    attack::Row row{.name = std::string(one.name),
                    .paper = one.paper,
                    .resisted = ours.resisted,
                    .control = control ? std::optional(control->succeeded) : std::nullopt,
                    .ran_at_ms = base::to_unix_ms(base::SystemClock().now()),
                    .detail = ours.detail};
    if (control) row.detail += " As printed: " + control->detail;
    return row;
}

int complain(std::string_view what) {
    fmt::print(stderr, "salus attack: {}\n", what);
    return 2;
}

int run_all(const Words& words) {
    std::unique_ptr<base::Random> random;
    if (words.seed) {
        random = std::make_unique<base::SeededRandom>(*words.seed);
    } else {
        random = std::make_unique<crypto::SystemRandom>();
    }
    std::vector<attack::Row> rows;
    for (const auto& one : attack::all_attacks()) {
        if (words.name != "all" && words.name != one.name) continue;
        if (!words.json) fmt::print(stderr, "{} ...\n", one.title);
        rows.push_back(run(one, *random));
    }
    if (rows.empty()) return complain(fmt::format("there is no attack '{}'", words.name));
    if (words.json) {
        fmt::print("{}\n", attack::to_json(rows));
    } else {
        fmt::print("{}", attack::to_table(rows));
    }
    if (words.data) {
        if (const auto kept = attack::keep(*words.data / "attacks.json", rows); !kept) {
            return complain(kept.error().detail);
        }
    }
    return std::ranges::all_of(rows, &attack::Row::as_expected) ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    Words words;
    CLI::App app("the twelve attacks on the handshakes, each beside its control", "salus attack");
    app.add_option("name", words.name, "one attack, or all")->capture_default_str();
    app.add_flag("--json", words.json, "for programs");
    app.add_option("--data", words.data, "keep what came of it there, for the web app")
        ->check(CLI::ExistingDirectory);
    app.add_option("--seed", words.seed, "repeats a run");
    CLI11_PARSE(app, count, arguments);
    return run_all(words);
}
