// SPDX-License-Identifier: Apache-2.0
// salus-attack: what `salus attack` runs. A program of its own, because the protocol as printed is
// linked into it.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <thread>

#include "askg/credentials.h"
#include "attack/attack.h"
#include "attack/live.h"
#include "attack/report.h"
#include "attack/user_live.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/random.h"
#include "identity/key_store.h"
#include "mqtt/mosquitto_network.h"
#include "printed/controls.h"
#include "storage/files.h"
#include "web_way.h"

namespace {

struct Words {
    std::string name = "all";
    bool json = false;
    std::optional<std::filesystem::path> data;
    bool live = false;
    std::optional<std::filesystem::path> user_keys, user_secret;
    std::optional<std::uint64_t> seed;
};

/// The running system of a data folder, and the ways to it.
struct Running {
    base::SystemClock clock;
    std::unique_ptr<mqtt::MosquittoNetwork> network;
    std::optional<attack::Live> live;
    std::unique_ptr<WebWay> way;
    std::optional<attack::UserLive> user;

    /// Nothing for an attack that is made on neither broker nor login.
    [[nodiscard]] std::optional<attack::Verdict> run(std::string_view name) {
        auto out = live ? live->run(name) : std::nullopt;
        auto of_user = user ? user->run(name) : std::nullopt;
        if (!out || !of_user) return out ? out : of_user;
        out->resisted = out->resisted && of_user->resisted;
        out->detail += " " + of_user->detail;
        return out;
    }
};

/// A copy of the key generator's folder, for as long as it is looked at.
struct Copy {
    explicit Copy(const std::filesystem::path& from)
        : path(std::filesystem::temp_directory_path() /
               fmt::format("salus-attack-{}", ::getpid())) {
        std::error_code problem;
        std::filesystem::create_directories(path, problem);
        std::filesystem::copy(from, path, std::filesystem::copy_options::recursive, problem);
    }
    ~Copy() {
        std::error_code problem;
        std::filesystem::remove_all(path, problem);
    }
    Copy(const Copy&) = delete;
    Copy& operator=(const Copy&) = delete;
    std::filesystem::path path;
};

/// The key generator of a data folder opens with the node's key, if nothing else was chosen; where
/// it does not, nothing is stolen of it.
void steal_generator(const std::filesystem::path& data, base::Random& random,
                     attack::LiveTarget& target) {
    const base::SystemClock clock;
    const auto keys = identity::KeyStore::open(data / "keys", clock, random);
    if (!keys) return;
    const auto unlock = crypto::Secret32::from((*keys)->derived_key("key generator"));
    if (!unlock) return;
    const Copy copy(data / "askg");
    auto psk = attack::psk_from_generator(copy.path, askg::UnlockSecret::from_key(*unlock),
                                          target.devices[0].line, random);
    if (psk) target.files.generator_psk = *std::move(psk);
}

base::Result<void> reach(const std::filesystem::path& data, base::Random& random, Running& out) {
    const auto port = attack::broker_port_of(data);
    if (!port) return base::pass(port);
    auto target = attack::read_target(data);
    if (!target) return base::pass(target);
    steal_generator(data, random, *target);
    auto network = mqtt::MosquittoNetwork::open(
        {.host = "127.0.0.1", .port = *port, .ca_file = data / "broker" / "ca.pem"});
    if (!network) return base::pass(network);
    out.network = std::move(*network);
    const auto wait = [&out](std::chrono::milliseconds time) {
        const auto end = std::chrono::steady_clock::now() + time;
        while (std::chrono::steady_clock::now() < end) {
            out.network->poll(std::chrono::milliseconds(10));
        }
    };
    out.live.emplace(std::move(*target),
                     attack::Live::Parts{*out.network, out.clock, random, wait});
    return out.live->connect();
}

/// What a user knows, as she wrote it into a file; line ends at its end do not count.
base::Result<base::Bytes> read_secret(const std::filesystem::path& file) {
    auto bytes = storage::read_private_file(file, 4'096);
    if (!bytes) return bytes;
    while (!bytes->empty() && (bytes->back() == '\n' || bytes->back() == '\r')) bytes->pop_back();
    if (bytes->empty()) {
        return base::fail(base::ErrorCode::malformed, file.string() + " is empty");
    }
    return bytes;
}

base::Result<void> reach_user(const Words& words, base::Random& random, Running& out) {
    const auto port = attack::node_port_of(*words.data);
    if (!port) return base::pass(port);
    auto file = askg::read_file<askg::UserCredentials>(*words.user_keys);
    if (!file) return base::pass(file);
    auto secret = read_secret(*words.user_secret);
    if (!secret) return base::pass(secret);
    auto target = attack::read_user(*words.data, *std::move(file), *std::move(secret));
    if (!target) return base::pass(target);
    out.way = std::make_unique<WebWay>(*port);
    if (auto open = out.way->connect(); !open) return open;
    const auto wait = [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); };
    out.user.emplace(*std::move(target),
                     attack::UserLive::Parts{*out.way, out.clock, random, wait});
    return {};
}

/// What came of it on the running system comes first, as long as that runs.
using LiveVerdicts = std::map<std::string_view, attack::Verdict>;

attack::Row run(const attack::Attack& one, base::Random& random, const LiveVerdicts& live) {
    auto ours = one.run(random);
    if (const auto there = live.find(one.name); there != live.end()) {
        ours.resisted = ours.resisted && there->second.resisted;
        ours.detail += " " + there->second.detail;
    }
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
    Running running;
    if (words.data) {
        auto reached = reach(*words.data, *random, running);
        if (reached && words.user_keys) reached = reach_user(words, *random, running);
        if (!reached) {
            if (words.live) return complain(reached.error().detail);
            fmt::print(stderr, "only the library is attacked, nothing that runs: {}\n",
                       reached.error().detail);
            running.live.reset();
            running.user.reset();
        }
    } else if (words.live) {
        return complain("--live needs --data");
    }
    std::vector<const attack::Attack*> chosen;
    for (const auto& one : attack::all_attacks()) {
        if (words.name == "all" || words.name == one.name) chosen.push_back(&one);
    }
    LiveVerdicts live;
    if (running.live && !words.json) fmt::print(stderr, "what runs there ...\n");
    for (const auto* one : chosen) {
        if (!running.live) break;
        if (auto there = running.run(one->name)) live.emplace(one->name, *std::move(there));
    }
    std::vector<attack::Row> rows;
    for (const auto* one : chosen) {
        if (!words.json) fmt::print(stderr, "{} ...\n", one->title);
        rows.push_back(run(*one, *random, live));
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
    app.add_option("--data", words.data, "attack what runs there too, and keep what came of it")
        ->check(CLI::ExistingDirectory);
    app.add_flag("--live", words.live, "fail if nothing runs there");
    app.add_option("--user-keys", words.user_keys, "a registered user's own file");
    app.add_option("--user-secret", words.user_secret, "file with what she knows (mode 0600)");
    app.add_option("--seed", words.seed, "repeats a run");
    CLI11_PARSE(app, count, arguments);
    if (words.user_keys.has_value() != words.user_secret.has_value()) {
        return complain("--user-keys and --user-secret go together");
    }
    if (words.user_keys && !words.data) return complain("--user-keys needs --data");
    return run_all(words);
}
