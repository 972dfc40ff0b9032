// SPDX-License-Identifier: Apache-2.0
// salus-sim: replicas of the production code under a seeded scheduler.
#include <fmt/format.h>

#include <unistd.h>
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

#include "abci_world.h"
#include "base/bytes.h"
#include "committee_world.h"
#include "keys.h"
#include "mutations.h"
#include "scenario.h"
#include "trace.h"

namespace sim {
namespace {

struct Request {
    std::uint64_t seed = 1;
    std::uint64_t histories = 1;
    std::string world = "both";
    std::string mutation = "none";
    std::string commit = SALUS_COMMIT;
    std::vector<std::string> scenarios;
    bool trace = false;
    bool expect_violation = false;
    bool list_mutations = false;
};

/// Printed where a CHECK of the production code ends the process.
std::array<char, 512> last_words{};

void on_abort(int) {
    const auto length = ::strnlen(last_words.data(), last_words.size());
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, last_words.data(), length);
}

std::string replay_command(const Request& request, std::string_view world, std::uint64_t seed) {
    auto command = fmt::format("salus-sim --world {} --seed {} --trace", world, seed);
    if (request.mutation != "none") command += " --mutate " + request.mutation;
    return command;
}

void prepare_last_words(const Request& request, std::string_view world, std::uint64_t seed) {
    const auto text = fmt::format("salus-sim: a CHECK failed: seed {}, commit {}\nreplay: {}\n",
                                  seed, request.commit, replay_command(request, world, seed));
    const auto length = std::min(text.size(), last_words.size() - 1);
    std::memcpy(last_words.data(), text.data(), length);
    last_words[length] = 0;
}

/// One history. Everything in it follows from its seed.
void run_abci(std::uint64_t seed, Mutation mutation, const KeyRing& ring, Trace& trace) {
    Dice shape(seed ^ 0x5a15'0000'0000'0000U);
    AbciWorld::Options options{.seed = seed, .mutation = mutation};
    options.signing = shape.chance(1, 16) ? Signing::real : Signing::fake;
    options.replicas = shape.between(3, 4);
    options.miners = shape.between(1, 5);
    options.heights = shape.between(10, 30);
    options.newest_version = shape.chance(1, 4) ? 2 : 1;
    auto& policy = options.policy;
    policy.engine = shape.chance(3, 4)   ? wire::EngineKind::equal_opportunity
                    : shape.chance(1, 2) ? wire::EngineKind::authority
                                         : wire::EngineKind::proof_of_work;
    policy.quorum = shape.chance(1, 2)   ? wire::Quorum::miner_alone
                    : shape.chance(1, 2) ? wire::Quorum::two_thirds
                                         : wire::Quorum::majority;
    policy.pass_limit = static_cast<std::uint32_t>(shape.between(1, 3));
    policy.difficulty_bits = 4;
    policy.retarget_blocks = 8;
    AbciWorld world(options, ring, trace);
    world.run();
}

/// How many of them do not end as they should.
int play(const Request& request, const KeyRing& ring) {
    int failed = 0;
    for (const auto& path : request.scenarios) {
        Trace trace(request.trace);
        try {
            play_scenario(path, ring, trace);
            fmt::print("{}: as it should\n", path);
        } catch (const Violation& violation) {
            fmt::print(stderr, "{}\n", violation.what());
            ++failed;
        }
    }
    return failed;
}

void run_committee(std::uint64_t seed, Mutation mutation, const KeyRing& ring, Trace& trace) {
    Dice shape(seed ^ 0xc0'3317'0000'0000U);
    CommitteeWorld::Options options{.seed = seed, .mutation = mutation};
    options.miners = shape.between(4, 7);
    options.heights = shape.between(3, 8);
    options.policy.quorum = shape.chance(3, 4) ? wire::Quorum::two_thirds : wire::Quorum::majority;
    options.policy.engine = shape.chance(3, 4)   ? wire::EngineKind::equal_opportunity
                            : shape.chance(1, 2) ? wire::EngineKind::authority
                                                 : wire::EngineKind::proof_of_work;
    options.policy.difficulty_bits = 4;
    // With a plain majority one miner that votes twice is enough to fork.
    options.two_faced = options.policy.quorum == wire::Quorum::two_thirds && shape.chance(1, 3);
    options.signing = shape.chance(1, options.two_faced ? 2 : 16) ? Signing::real : Signing::fake;
    options.liar = shape.chance(1, 3);
    CommitteeWorld world(options, ring, trace);
    world.run();
}

/// Of three histories two drive the application alone: they are shorter and meet more of the rules.
std::string_view world_of(const Request& request, std::uint64_t seed) {
    if (request.world != "both") return request.world;
    return seed % 3 == 0 ? "committee" : "abci";
}

int run(const Request& request) {
    if (request.list_mutations) {
        for (const auto& known : all_mutations()) fmt::print("{} {}\n", known.name, known.world);
        return 0;
    }
    const auto mutation = mutation_named(request.mutation);
    if (!mutation) {
        fmt::print(stderr, "no mutation '{}'; one of:", request.mutation);
        for (const auto& known : all_mutations()) fmt::print(stderr, " {}", known.name);
        fmt::print(stderr, "\n");
        return 2;
    }
    plant(*mutation);
    (void)std::signal(SIGABRT, on_abort);
    const KeyRing ring;
    if (!request.scenarios.empty()) return play(request, ring) == 0 ? 0 : 1;
    crypto::Digest32 digest{};
    std::uint64_t lines = 0;
    for (std::uint64_t i = 0; i < request.histories; ++i) {
        const auto seed = request.seed + i;
        const auto world = world_of(request, seed);
        Trace trace(request.trace);
        prepare_last_words(request, world, seed);
        try {
            (world == "abci" ? run_abci : run_committee)(seed, *mutation, ring, trace);
        } catch (const Violation& violation) {
            if (request.expect_violation) {
                fmt::print("{}: caught in history {}: {}\n", request.mutation, i + 1,
                           violation.what());
                return 0;
            }
            fmt::print(stderr,
                       "salus-sim: violation: {}\nseed {}, step {}, commit {}\nreplay: {}\n",
                       violation.what(), seed, trace.lines(), request.commit,
                       replay_command(request, world, seed));
            return 1;
        }
        digest = crypto::sha256({digest, trace.digest()});
        lines += trace.lines();
    }
    if (request.expect_violation) {
        fmt::print(stderr, "{}: NOT caught in {} histories\n", request.mutation, request.histories);
        return 1;
    }
    fmt::print("{} histories from seed {}, {} steps, trace {}\n", request.histories, request.seed,
               lines, base::to_hex(digest));
    return 0;
}

}  // namespace
}  // namespace sim

int main(int argc, char** argv) {
    sim::Request request;
    CLI::App app("Replicas of the ledger under a seeded scheduler.", "salus-sim");
    app.add_option("--seed", request.seed, "of the first history; each one's is the next number");
    app.add_option("--histories", request.histories, "how many");
    app.add_option("--world", request.world, "abci, committee, or both in turns")
        ->check(CLI::IsMember({"abci", "committee", "both"}));
    app.add_option("--mutate", request.mutation, "plant this fault");
    app.add_option("--commit", request.commit, "of the sources, to be printed with a failure");
    app.add_option("--scenario", request.scenarios, "play these scripts instead");
    app.add_flag("--trace", request.trace, "print every step");
    app.add_flag("--expect-violation", request.expect_violation,
                 "succeed only if a checker finds something");
    app.add_flag("--mutations", request.list_mutations,
                 "list them, with the world that finds each");
    CLI11_PARSE(app, argc, argv);
    return sim::run(request);
}
