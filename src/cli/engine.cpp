// SPDX-License-Identifier: Apache-2.0
#include "cli/engine.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/check.h"
#include "chain/mining.h"
#include "chain/queries.h"
#include "cli/times.h"
#include "consensus/committee_engine.h"
#include "consensus/embedded_engine.h"
#include "ledger/quorum.h"
#include "storage/files.h"
#include "storage/rocks_store.h"

namespace cli {

using base::ErrorCode;
using base::Result;

namespace {

constexpr std::size_t demo_miners = 100;   // [0]: 100 miners
constexpr std::size_t demo_hospitals = 5;  // in turn [1]; chosen by us

wire::EngineKind engine_of(const EngineSetup& setup) {
    for (const auto kind : {wire::EngineKind::equal_opportunity, wire::EngineKind::authority,
                            wire::EngineKind::proof_of_work}) {
        if (wire::name_of(kind) == setup.engine) return kind;
    }
    CHECK(false);  // the parser lets no other name through
}

wire::Quorum quorum_of(const EngineSetup& setup) {
    if (setup.miner_nodes == 0) return wire::Quorum::miner_alone;
    return setup.quorum == wire::name_of(wire::Quorum::majority) ? wire::Quorum::majority
                                                                 : wire::Quorum::two_thirds;
}

Result<consensus::CommitteeMiner> open_miner(const EngineParts& parts, const wire::LedgerId& id,
                                             std::size_t number) {
    const auto folder = miner_folder(parts.folder, number);
    for (const auto& path : {folder.parent_path(), folder}) {
        if (auto made = storage::make_folder(path); !made) return base::pass(made);
    }
    consensus::CommitteeMiner miner;
    auto signer = parts.keys.service_signer(id);
    if (!signer) return base::pass(signer);
    miner.signer = std::move(*signer);
    for (auto* const slot : {&miner.ledger, &miner.notes}) {
        auto store =
            storage::RocksStore::open(folder / (slot == &miner.ledger ? "ledger" : "notes"));
        if (!store) return base::pass(store);
        *slot = std::move(*store);
    }
    miner.next_sequence = [&sequences = parts.sequences, id] { return sequences.next(id); };
    return miner;
}

Result<std::unique_ptr<consensus::Engine>> start_committee(EngineParts parts) {
    const auto raw = parts.application.query(chain::path::mining, {});
    if (!raw) return base::pass(raw);
    const auto mining = chain::encoding::decode_mining_view(*raw);
    if (!mining) return base::pass(mining);
    std::vector<consensus::CommitteeMiner> miners;
    for (std::size_t i = 0; i < mining->miners.size(); ++i) {
        if (mining->miners[i].standing == wire::MinerStanding::left) continue;
        if (miners.size() == miner_nodes_max) {
            return base::fail(ErrorCode::too_large,
                              fmt::format("one process runs {} miner nodes at most; let some leave",
                                          miner_nodes_max));
        }
        auto miner = open_miner(parts, mining->miners[i].id, i + 1);
        if (!miner) return base::pass(miner);
        miners.push_back(std::move(*miner));
    }
    auto engine = consensus::CommitteeEngine::start({.application = parts.application,
                                                     .verifier = parts.verifier,
                                                     .clock = parts.clock,
                                                     .miners = std::move(miners),
                                                     .on_error = std::move(parts.on_error)});
    if (!engine) return base::pass(engine);
    return std::unique_ptr<consensus::Engine>(std::move(*engine));
}

}  // namespace

void add_engine_options(CLI::App& app, EngineSetup& setup) {
    app.add_option("--engine", setup.engine, "who may mine")
        ->check(CLI::IsMember({"equal_opportunity", "authority", "proof_of_work"}))
        ->capture_default_str();
    app.add_option(
           "--miner-nodes", setup.miner_nodes,
           "miners with a store each, that vote on every block: 4 to 7; 0: each seals alone")
        ->check(CLI::IsMember({0, 4, 5, 6, 7}))
        ->capture_default_str();
    app.add_option("--quorum", setup.quorum, "of the miner nodes, over two thirds or over half")
        ->check(CLI::IsMember({"two_thirds", "majority"}))
        ->capture_default_str();
}

wire::ConsensusPolicy policy_of(const EngineSetup& setup) {
    return {.engine = engine_of(setup), .quorum = quorum_of(setup)};
}

std::size_t miners_of(const EngineSetup& setup) {
    if (setup.miner_nodes != 0) return setup.miner_nodes;
    return engine_of(setup) == wire::EngineKind::authority ? demo_hospitals : demo_miners;
}

std::string words_of(const EngineSetup& setup) {
    std::string out;
    if (engine_of(setup) != wire::EngineKind::equal_opportunity) out += ", " + setup.engine;
    if (setup.miner_nodes != 0) {
        out += fmt::format(", {} miner nodes ({})", setup.miner_nodes, setup.quorum);
    }
    return out;
}

Result<void> check_clock(const DataFolder& folder, base::TimePoint newest_block,
                         base::TimePoint now) {
    constexpr std::chrono::hours leap_max{24 * 366};
    if (now <= newest_block + leap_max) return {};
    const auto accepted = folder.root / "accept-clock";
    std::error_code error;
    if (std::filesystem::remove(accepted, error)) return {};
    if (error)
        return base::fail(ErrorCode::unavailable, accepted.string() + ": " + error.message());
    return base::fail(
        ErrorCode::conflict,
        fmt::format("this machine's clock says {}, and the newest block is of {}: set "
                    "the clock. Blocks dated ahead would end consents for good. If "
                    "the clock is right, make the empty file {} and start again",
                    utc_text(now), utc_text(newest_block), accepted.string()));
}

Result<std::unique_ptr<consensus::Engine>> start_engine(EngineParts parts) {
    const auto believed =
        check_clock(parts.folder, parts.application.info().time, parts.clock.now());
    if (!believed) return base::pass(believed);
    if (parts.application.info().policy.quorum != wire::Quorum::miner_alone) {
        return start_committee(std::move(parts));
    }
    auto engine = consensus::EmbeddedEngine::start(
        {.application = parts.application,
         .verifier = parts.verifier,
         .clock = parts.clock,
         .signer_of =
             [&keys = parts.keys](const wire::LedgerId& id) { return keys.service_signer(id); },
         .on_error = std::move(parts.on_error)});
    if (!engine) return base::pass(engine);
    return std::unique_ptr<consensus::Engine>(std::move(*engine));
}

std::filesystem::path miner_folder(const DataFolder& folder, std::size_t number) {
    return folder.root / "miners" / std::to_string(number);
}

std::string describe_engine(const ledger::Info& info) {
    const auto& policy = info.policy;
    if (policy.quorum == wire::Quorum::miner_alone) {
        return fmt::format("{}; each block is sealed by one node alone", name_of(policy.engine));
    }
    return fmt::format("{}; each block is approved by {} of {} miners", name_of(policy.engine),
                       ledger::approvals_needed(policy.quorum, info.active_miners),
                       info.active_miners);
}

}  // namespace cli
