// SPDX-License-Identifier: Apache-2.0
#include "consensus/bench_growth.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <memory>
#include <numeric>
#include <span>
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

    Result<void> build(std::uint64_t blocks,
                       const std::function<void(std::uint64_t)>& on_block = {}) {
        auto rocks = storage::RocksStore::open(folder_);
        if (!rocks) return base::pass(rocks);
        storage::GatheringStore gathering(**rocks, gathered_bytes);
        const auto trusting = ledger::make_trusting_verifier();
        auto application = ledger::Application::open(gathering, *trusting);
        if (!application) return base::pass(application);
        if (auto begun = (*application)->init_chain(cast_.genesis); !begun) return begun;
        if (auto granted = grant(**application, *trusting); !granted) return granted;
        auto appended = append(**application, blocks, on_block);
        if (!appended) return appended;
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
        const auto count = static_cast<double>(std::max<std::size_t>(wall_ms_.size(), 1));
        return {.median_ms = quantile(wall_ms_, 0.5),
                .p10_ms = quantile(wall_ms_, 0.1),
                .p90_ms = quantile(wall_ms_, 0.9),
                .mean_ms = std::accumulate(wall_ms_.begin(), wall_ms_.end(), 0.0) / count,
                .cpu_ms = quantile(cpu_ms_, 0.5),
                .cpu_p10_ms = quantile(cpu_ms_, 0.1),
                .cpu_p90_ms = quantile(cpu_ms_, 0.9)};
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
    Result<void> append(ledger::Application& application, std::uint64_t blocks,
                        const std::function<void(std::uint64_t)>& on_block = {}) {
        const ledger::Filling filling{
            .cloud_server = cast_.cloud_servers.front(),
            .doctor = cast_.doctors.front(),
            .miner = [this](const wire::LedgerId& id) { return miner(id); },
            .report = std::get<wire::Report>(cast_.report_body(0, consents_).action),
            .first_sequence = next_sequence_,
            .on_block = on_block};
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

/// In turn, so that whatever else the machine does falls on all.
Result<void> measure_in_turn(std::span<GrownChain* const> chains, std::uint64_t blocks) {
    for (std::uint64_t i = 0; i < blocks; ++i) {
        for (auto* chain : chains) {
            if (auto measured = chain->measure(); !measured) return measured;
        }
    }
    return {};
}

/// By how many headers the ring of a chain of so many blocks is the longer one.
std::uint64_t headers_more(const GrowthBenchOptions& options) {
    const auto in_ring = [](std::uint64_t blocks) {
        return std::min(blocks, ledger::headers_in_state);
    };
    return in_ring(options.long_blocks) -
           std::min(in_ring(options.short_blocks), in_ring(options.long_blocks));
}

}  // namespace

Result<GrowthBench> run_growth_bench(const std::filesystem::path& folder,
                                     const GrowthBenchOptions& options) {
    GrowthBench bench;
    bench.bystanders = headers_more(options);
    const auto time = base::SystemClock().now();
    const Cast cast(1, time);
    const Cast crowd(1, time, cast.miners.size(), bench.bystanders);
    GrownChain short_chain(folder / "short", crowd);
    GrownChain small_chain(folder / "small", cast);
    GrownChain long_chain(folder / "long", cast);
    const std::array chains{&short_chain, &small_chain, &long_chain};
    const auto begin = Steady::now();
    for (auto* chain : {&short_chain, &small_chain}) {
        if (auto built = chain->build(options.short_blocks); !built) return base::pass(built);
    }
    auto built = long_chain.build(options.long_blocks, options.on_block);
    if (!built) return base::pass(built);
    bench.build_seconds = std::chrono::duration<double>(Steady::now() - begin).count();
    for (auto* chain : chains) {
        if (auto opened = chain->open(); !opened) return base::pass(opened);
    }
    auto warm = measure_in_turn(chains, options.measured_blocks / 10);
    if (!warm) return base::pass(warm);
    for (auto* chain : chains) chain->forget_measures();
    auto done = measure_in_turn(chains, options.measured_blocks);
    if (!done) return base::pass(done);
    bench.short_chain = short_chain.cost();
    bench.small_chain = small_chain.cost();
    bench.long_chain = long_chain.cost();
    bench.ratio = bench.long_chain.median_ms / bench.short_chain.median_ms;
    bench.cpu_ratio = bench.long_chain.cpu_ms / bench.short_chain.cpu_ms;
    return bench;
}

}  // namespace consensus
