// SPDX-License-Identifier: Apache-2.0
#include "consensus/bench_growth.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <numeric>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "consensus/embedded_engine.h"
#include "consensus/internal/bench_cast.h"
#include "consensus/internal/bench_load.h"
#include "ledger/application.h"
#include "ledger/long_chain.h"
#include "storage/gathering_store.h"
#include "storage/rocks_store.h"

namespace consensus {

using base::Result;

namespace {

using Steady = std::chrono::steady_clock;

/// Held back while the chain is built, not while it is measured.
constexpr std::size_t gathered_bytes = 16 * 1024 * 1024;

double cpu_ms_of_this_thread() {
    timespec now{};
    CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// A chain with one transaction a block.
class GrownChain {
public:
    GrownChain(std::filesystem::path folder, const Cast& cast)
        : folder_(std::move(folder)), cast_(cast) {}

    Result<void> build(std::uint64_t blocks) {
        auto rocks = storage::RocksStore::open(folder_);
        if (!rocks) return base::pass(rocks);
        storage::GatheringStore gathering(**rocks, gathered_bytes);
        const auto trusting = ledger::make_trusting_verifier();
        auto application = ledger::Application::open(gathering, *trusting);
        if (!application) return base::pass(application);
        if (auto begun = (*application)->init_chain(cast_.genesis); !begun) return begun;
        if (auto granted = grant(**application, *trusting); !granted) return granted;
        if (auto appended = append(**application, blocks); !appended) return appended;
        return gathering.flush();
    }
    Result<void> open() {
        auto rocks = storage::RocksStore::open(folder_);
        if (!rocks) return base::pass(rocks);
        rocks_ = std::move(*rocks);
        auto application = ledger::Application::open(*rocks_, *verifier_);
        if (!application) return base::pass(application);
        application_ = std::move(*application);
        return {};
    }
    /// One block more; what it took is counted.
    Result<void> measure() {
        const auto begin = Steady::now();
        const double cpu = cpu_ms_of_this_thread();
        if (auto appended = append(*application_, 1); !appended) return appended;
        cpu_ms_.push_back(cpu_ms_of_this_thread() - cpu);
        wall_ms_.push_back(
            std::chrono::duration<double, std::milli>(Steady::now() - begin).count());
        return {};
    }
    void forget_measures() {
        cpu_ms_.clear();
        wall_ms_.clear();
    }
    [[nodiscard]] GrowthBench::Cost cost() const {
        const auto mean = [](const std::vector<double>& values) {
            const auto count = static_cast<double>(std::max<std::size_t>(values.size(), 1));
            return std::accumulate(values.begin(), values.end(), 0.0) / count;
        };
        return {.median_ms = quantile(wall_ms_, 0.5),
                .mean_ms = mean(wall_ms_),
                .cpu_ms = mean(cpu_ms_)};
    }

private:
    Result<void> grant(ledger::Application& application, crypto::SignatureVerifier& verifier) {
        const base::SystemClock clock;
        auto engine = EmbeddedEngine::start(
            {.application = application,
             .verifier = verifier,
             .clock = clock,
             .signer_of = [this](const wire::LedgerId& id) { return cast_.miner(id); },
             .on_error = {}});
        if (!engine) return base::pass(engine);
        const auto granted = grant_all(cast_, **engine);
        if (!granted) return base::pass(granted);
        consents_ = *granted;
        return {};
    }
    Result<void> append(ledger::Application& application, std::uint64_t blocks) {
        const ledger::Filling filling{
            .cloud_server = cast_.cloud_servers.front(),
            .doctor = cast_.doctors.front(),
            .miner = [this](const wire::LedgerId& id) { return miner(id); },
            .report = std::get<wire::Report>(cast_.report_body(0, consents_).action),
            .first_sequence = next_sequence_,
            .on_block = {}};
        const auto next = ledger::extend_chain(application, filling, blocks);
        if (!next) return base::pass(next);
        next_sequence_ = *next;
        return {};
    }

    [[nodiscard]] const wire::Signer* miner(const wire::LedgerId& id) const {
        const auto found = std::ranges::find(cast_.miners, id, &BenchSigner::id);
        return found == cast_.miners.end() ? nullptr : &*found;
    }

    std::filesystem::path folder_;
    const Cast& cast_;
    std::vector<wire::Hash256> consents_;
    std::uint64_t next_sequence_ = 1;
    std::unique_ptr<crypto::SignatureVerifier> verifier_ = crypto::make_serial_verifier();
    std::unique_ptr<storage::RocksStore> rocks_;
    std::unique_ptr<ledger::Application> application_;
    std::vector<double> wall_ms_;
    std::vector<double> cpu_ms_;
};

/// In turn, so that whatever else the machine does falls on both.
Result<void> measure_in_turn(GrownChain& a, GrownChain& b, std::uint64_t blocks) {
    for (std::uint64_t i = 0; i < blocks; ++i) {
        for (auto* chain : {&a, &b}) {
            if (auto measured = chain->measure(); !measured) return measured;
        }
    }
    return {};
}

}  // namespace

Result<GrowthBench> run_growth_bench(const std::filesystem::path& folder,
                                     const GrowthBenchOptions& options) {
    const Cast cast(1, base::SystemClock().now());
    GrownChain short_chain(folder / "short", cast);
    GrownChain long_chain(folder / "long", cast);
    GrowthBench bench;
    const auto begin = Steady::now();
    if (auto built = short_chain.build(options.short_blocks); !built) return base::pass(built);
    if (auto built = long_chain.build(options.long_blocks); !built) return base::pass(built);
    bench.build_seconds = std::chrono::duration<double>(Steady::now() - begin).count();
    for (auto* chain : {&short_chain, &long_chain}) {
        if (auto opened = chain->open(); !opened) return base::pass(opened);
    }
    if (auto warm = measure_in_turn(short_chain, long_chain, options.measured_blocks / 10); !warm) {
        return base::pass(warm);
    }
    short_chain.forget_measures();
    long_chain.forget_measures();
    if (auto done = measure_in_turn(short_chain, long_chain, options.measured_blocks); !done) {
        return base::pass(done);
    }
    bench.short_chain = short_chain.cost();
    bench.long_chain = long_chain.cost();
    bench.ratio = bench.long_chain.median_ms / bench.short_chain.median_ms;
    return bench;
}

}  // namespace consensus
