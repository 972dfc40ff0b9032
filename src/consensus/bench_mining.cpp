// SPDX-License-Identifier: Apache-2.0
#include "consensus/bench_mining.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "consensus/embedded_engine.h"
#include "consensus/fairness.h"
#include "consensus/internal/bench_cast.h"
#include "crypto/signature_verifier.h"
#include "ledger/application.h"
#include "storage/rocks_store.h"

namespace consensus {

using base::Result;

namespace {

/// One block's reports after the other, each on disk before the next begins. Milliseconds in all.
Result<double> mine_all(EmbeddedEngine& engine, std::vector<base::Bytes> reports,
                        std::size_t block_transactions) {
    const auto begin = std::chrono::steady_clock::now();
    for (auto at = reports.begin(); at != reports.end();) {
        const auto size = std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(block_transactions),
                                                   std::distance(at, reports.end()));
        std::vector<base::Bytes> block(std::make_move_iterator(at),
                                       std::make_move_iterator(at + size));
        at += size;
        if (auto done = submit_all(engine, std::move(block)); !done) return base::pass(done);
    }
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
        .count();
}

}  // namespace

Result<MiningBench> run_mining_bench(const std::filesystem::path& folder,
                                     const MiningBenchOptions& options) {
    const base::SystemClock clock;
    const Cast cast(options.block_transactions, clock.now(), options.miners);
    auto store = storage::RocksStore::open(folder);
    if (!store) return base::pass(store);
    const auto verifier = crypto::make_parallel_verifier(0);
    auto application = ledger::Application::open(**store, *verifier);
    if (!application) return base::pass(application);
    if (auto begun = (*application)->init_chain(cast.genesis); !begun) return base::pass(begun);
    auto engine = EmbeddedEngine::start(
        {.application = **application,
         .verifier = *verifier,
         .clock = clock,
         .signer_of = [&](const wire::LedgerId& id) { return cast.miner(id); },
         .on_error = {}},
        {.block_transactions_max = options.block_transactions});
    if (!engine) return base::pass(engine);
    const auto consents = grant_all(cast, **engine);
    if (!consents) return base::pass(consents);
    const auto before = (*engine)->height();
    const std::size_t transactions = options.blocks * options.block_transactions;
    auto reports = sign_reports(cast, transactions, *consents);
    if (!reports) return base::pass(reports);

    const auto ms = mine_all(**engine, std::move(*reports), options.block_transactions);
    if (!ms) return base::pass(ms);
    MiningBench bench;
    bench.miners = options.miners;
    bench.blocks = (*engine)->height() - before;
    bench.transaction_ms = *ms / static_cast<double>(transactions);
    bench.block_ms = *ms / static_cast<double>(bench.blocks);
    bench.factor = MiningBench::paper_transaction_ms / bench.transaction_ms;
    std::vector<std::uint64_t> turns;
    const auto report = fairness_of(cast.genesis, (*engine)->height(),
                                    [&](wire::Height height) { return (*engine)->block(height); });
    if (!report) return base::pass(report);
    std::map<wire::LedgerId, std::uint64_t> mined;
    for (wire::Height height = before + 1; height <= before + bench.blocks; ++height) {
        const auto block = (*engine)->block(height);
        if (!block) return base::pass(block);
        ++mined[block->header.miner];
    }
    for (const auto& miner : report->miners) turns.push_back(mined[miner.id]);
    bench.turns_least = *std::ranges::min_element(turns);
    bench.turns_most = *std::ranges::max_element(turns);
    bench.rounds = report->complete_rounds;
    bench.fair = report->is_fair() && report->forfeited.empty();
    return bench;
}

}  // namespace consensus
