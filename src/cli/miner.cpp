// SPDX-License-Identifier: Apache-2.0
#include "cli/miner.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/json.hpp>
#include <charconv>

#include "chain/mining.h"
#include "chain/queries.h"
#include "cli/engine.h"
#include "cli/office.h"
#include "cli/transactions_file.h"
#include "cli/verdict.h"
#include "consensus/fairness.h"
#include "wire/signer.h"

namespace cli {
namespace {

using base::ErrorCode;
using base::Result;

int complain(const base::Error& error) {
    fmt::print(stderr, "salus: {}\n", error.detail);
    return 1;
}

boost::json::object to_json(const chain::MinerView& miner, std::size_t number) {
    return {{"number", number},
            {"id", base::to_hex(miner.id.view())},
            {"standing", wire::name_of(miner.standing)},
            {"joined_height", miner.joined_height},
            {"turns", miner.turns},
            {"forfeits", miner.forfeits}};
}

void print_list(const LedgerOnDisk& ledger, bool json) {
    const auto& mining = ledger.mining;
    const auto info = ledger.application->info();
    if (json) {
        boost::json::array miners;
        for (std::size_t i = 0; i < mining.miners.size(); ++i) {
            miners.push_back(to_json(mining.miners[i], i + 1));
        }
        fmt::print("{}\n", boost::json::serialize(
                               boost::json::object{{"engine", wire::name_of(mining.engine)},
                                                   {"quorum", wire::name_of(mining.quorum)},
                                                   {"round", mining.round},
                                                   {"next", mining.next + 1},
                                                   {"miners", std::move(miners)}}));
        return;
    }
    fmt::print("{}\nheight {}, round {}\n", describe_engine(info), info.height, mining.round);
    for (std::size_t i = 0; i < mining.miners.size(); ++i) {
        const auto& miner = mining.miners[i];
        fmt::print("{:5}  {}  {:9}  since block {}, {} blocks, {} turns forfeited{}\n", i + 1,
                   base::to_hex(miner.id.view()), wire::name_of(miner.standing),
                   miner.joined_height, miner.turns, miner.forfeits,
                   i == mining.next ? "  <- next" : "");
    }
}

boost::json::array to_json(const std::vector<consensus::FairnessReport::Turn>& turns) {
    boost::json::array out;
    for (const auto& turn : turns) {
        out.push_back({{"miner", base::to_hex(turn.miner.view())}, {"round", turn.round}});
    }
    return out;
}

void print_fairness(const consensus::FairnessReport& report, bool json) {
    if (json) {
        boost::json::array miners;
        for (const auto& miner : report.miners) {
            miners.push_back({{"id", base::to_hex(miner.id.view())},
                              {"blocks", miner.blocks},
                              {"forfeits", miner.forfeits},
                              {"active", miner.active}});
        }
        fmt::print("{}\n", boost::json::serialize(
                               boost::json::object{{"engine", wire::name_of(report.engine)},
                                                   {"fair", report.is_fair()},
                                                   {"height", report.height},
                                                   {"complete_rounds", report.complete_rounds},
                                                   {"miners", std::move(miners)},
                                                   {"forfeited", to_json(report.forfeited)},
                                                   {"mined_twice", to_json(report.twice)}}));
        return;
    }
    fmt::print("{} blocks, {} complete rounds\n", report.height, report.complete_rounds);
    for (const auto& turn : report.forfeited) {
        fmt::print("round {}: miner {} forfeited its turn\n", turn.round,
                   base::to_hex(turn.miner.view()));
    }
    for (const auto& turn : report.twice) {
        fmt::print("round {}: miner {} mined more than once\n", turn.round,
                   base::to_hex(turn.miner.view()));
    }
    fmt::print("{}\n", report.is_fair() ? "every active miner had its turn in every complete round"
                                        : "NOT FAIR");
}

Result<consensus::FairnessReport> read_fairness(const DataFolder& folder) {
    const auto ledger = read_ledger(folder);
    if (!ledger) return base::pass(ledger);
    const auto& blocks = ledger->application->blocks();
    const auto genesis = blocks.genesis();
    if (!genesis) return base::pass(genesis);
    return consensus::fairness_of(**genesis, ledger->application->info().height,
                                  [&](wire::Height height) { return blocks.block(height); });
}

Result<wire::LedgerId> find_miner(const chain::MiningView& mining, const std::string& word) {
    std::size_t number = 0;
    const auto* const end = word.data() + word.size();
    const auto parsed = std::from_chars(word.data(), end, number);
    if (parsed.ec == std::errc() && parsed.ptr == end && number >= 1 &&
        number <= mining.miners.size()) {
        return mining.miners[number - 1].id;
    }
    std::optional<wire::LedgerId> found;
    for (const auto& miner : mining.miners) {
        if (word.empty() || !base::to_hex(miner.id.view()).starts_with(word)) continue;
        if (found) return base::fail(ErrorCode::conflict, "more than one miner's id begins so");
        found = miner.id;
    }
    if (found) return *found;
    return base::fail(ErrorCode::not_found, "no such miner; salus miner list names them");
}

Result<void> join(const MinerCommand& command) {
    Office office(command.folder);
    if (auto opened = office.open(); !opened) return opened;
    const auto info = office.ledger().application->info();
    if (info.policy.quorum != wire::Quorum::miner_alone && info.active_miners >= miner_nodes_max) {
        return base::fail(ErrorCode::too_large,
                          fmt::format("one process runs {} miner nodes at most", miner_nodes_max));
    }
    const auto administrator = office.administrator(command.password);
    if (!administrator) return base::pass(administrator);
    const auto id = office.draw_id();
    auto key = office.keys().create_for_service(id);
    if (!key) return base::pass(key);
    auto left = office.leave(**administrator, wire::Enrol{id, wire::Role::miner,
                                                          wire::SignatureScheme::ecdsa_p256_sha512,
                                                          *key, wire::Custody::node});
    if (!left) return left;
    fmt::print("miner {} joins when the node starts; it stands last in order of joining\n",
               base::to_hex(id.view()));
    return {};
}

Result<void> change(const MinerCommand& command, wire::MinerStanding standing) {
    Office office(command.folder);
    if (auto opened = office.open(); !opened) return opened;
    const auto miner = find_miner(office.ledger().mining, command.miner);
    if (!miner) return base::pass(miner);
    auto signer = standing == wire::MinerStanding::left ? office.keys().service_signer(*miner)
                                                        : office.administrator(command.password);
    if (!signer) return base::pass(signer);
    auto left = office.leave(**signer, wire::ChangeMining{.subject = *miner, .standing = standing});
    if (!left) return left;
    fmt::print("miner {} is {} when the node starts\n", base::to_hex(miner->view()),
               wire::name_of(standing));
    return {};
}

/// Whether the same transaction will meet it again, also under newer rules.
bool is_verdict(ErrorCode code) {
    return is_of_the_rules(code) && code != ErrorCode::unsupported_version;
}

}  // namespace

int miner_list_command(const MinerCommand& command) {
    const auto ledger = read_ledger(command.folder);
    if (!ledger) return complain(ledger.error());
    print_list(*ledger, command.json);
    return 0;
}

int miner_fairness_command(const MinerCommand& command) {
    const auto report = read_fairness(command.folder);
    if (!report) return complain(report.error());
    print_fairness(*report, command.json);
    return report->is_fair() ? 0 : 1;
}

int miner_join_command(const MinerCommand& command) {
    const auto done = join(command);
    return done ? 0 : complain(done.error());
}

int miner_change_command(const MinerCommand& command, wire::MinerStanding standing) {
    const auto done = change(command, standing);
    return done ? 0 : complain(done.error());
}

Result<void> submit_waiting(const DataFolder& folder, chain::TransactionSubmitter& submitter) {
    const auto envelopes = read_transactions(folder.waiting_transactions());
    if (!envelopes) return base::pass(envelopes);
    for (const auto& envelope : *envelopes) {
        const auto committed = chain::submit_and_wait(submitter, envelope);
        if (committed) {
            spdlog::info("a transaction that waited is in block {}", committed->height);
            continue;
        }
        if (!is_verdict(committed.error().code)) {
            spdlog::error("a transaction waits for the next start: {}", committed.error().detail);
            return {};
        }
        spdlog::error("a transaction that waited was refused: {}", committed.error().detail);
    }
    std::error_code error;
    std::filesystem::remove(folder.waiting_transactions(), error);
    if (error) return base::fail(ErrorCode::unavailable, error.message());
    return {};
}

}  // namespace cli
