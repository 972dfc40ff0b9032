// SPDX-License-Identifier: Apache-2.0
#include "consensus/bench_ledger.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "consensus/embedded_engine.h"
#include "consensus/internal/bench_cast.h"
#include "consensus/internal/bench_load.h"
#include "ledger/application.h"
#include "storage/forwarding_store.h"
#include "storage/rocks_store.h"
#include "wire/transaction.h"

namespace consensus {

using base::Result;

namespace {

using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point begin) {
    return std::chrono::duration<double>(Steady::now() - begin).count();
}

/// Of all threads of this process.
double cpu_seconds() {
    timespec now{};
    CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// Times each synced write.
class TimedStore final : public storage::ForwardingStore {
public:
    explicit TimedStore(storage::KeyValueStore& below) : ForwardingStore(below) {}
    Result<void> write(const storage::WriteBatch& batch) override {
        const auto begin = Steady::now();
        auto written = ForwardingStore::write(batch);
        seconds += seconds_since(begin);
        return written;
    }
    double seconds = 0;  ///< Read only while nobody writes.
};

/// The bound: verifications a second of the run's own signatures, keys decoded before.
class VerificationMeter {
public:
    VerificationMeter(const Cast& cast, const std::vector<base::Bytes>& envelopes,
                      crypto::SignatureVerifier& verifier)
        : verifier_(verifier) {
        const std::size_t count = std::min<std::size_t>(envelopes.size(), 10'000);
        for (std::size_t n = 0; n < count; ++n) {
            transactions_.push_back(*wire::decode_transaction(envelopes[n]));
            keys_.push_back(cast.cloud_servers[n % cast.doctors.size()].member().public_key);
            keys_.push_back(cast.doctors[n % cast.doctors.size()].member().public_key);
        }
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            const auto& tx = transactions_[i / 2];
            checks_.push_back({.public_key = keys_[i].view(),
                               .message = tx.body_bytes,
                               .signature = tx.signatures[i % 2].value.view()});
        }
        measure();  // decodes the keys
    }
    double measure() {
        const auto begin = Steady::now();
        const auto verdicts = verifier_.verify(checks_);
        const double seconds = seconds_since(begin);
        CHECK(std::ranges::all_of(verdicts, [](bool good) { return good; }));
        return static_cast<double>(checks_.size()) / seconds;
    }
    [[nodiscard]] double cpu_us_each(double cpu_seconds_of_one) const {
        return cpu_seconds_of_one * 1e6 / static_cast<double>(checks_.size());
    }

private:
    crypto::SignatureVerifier& verifier_;
    std::vector<wire::Transaction> transactions_;
    std::vector<wire::PublicKeyBytes> keys_;
    std::vector<crypto::SignatureCheck> checks_;
};

/// A chain on disk with its engine; may be closed and opened anew.
class BenchNode {
public:
    BenchNode(std::filesystem::path folder, const Cast& cast, const LedgerBenchOptions& options)
        : folder_(std::move(folder)),
          cast_(cast),
          options_(options),
          verifier_(crypto::make_parallel_verifier(options.threads)) {}

    Result<void> open() {
        engine_.reset();
        application_.reset();
        store_.reset();
        rocks_.reset();
        auto rocks = storage::RocksStore::open(folder_);
        if (!rocks) return base::pass(rocks);
        rocks_ = std::move(*rocks);
        store_ = std::make_unique<TimedStore>(*rocks_);
        auto application = ledger::Application::open(*store_, *verifier_);
        if (!application) return base::pass(application);
        application_ = std::move(*application);
        if (!application_->initialised()) {
            if (auto begun = application_->init_chain(cast_.genesis); !begun) return begun;
        }
        return start();
    }
    [[nodiscard]] EmbeddedEngine& engine() { return *engine_; }
    [[nodiscard]] TimedStore& store() { return *store_; }
    [[nodiscard]] crypto::SignatureVerifier& verifier() { return *verifier_; }

private:
    Result<void> start() {
        auto started = EmbeddedEngine::start(
            {.application = *application_,
             .verifier = *verifier_,
             .clock = clock_,
             .signer_of = [this](const wire::LedgerId& id) { return cast_.miner(id); },
             .on_error = {}},
            {.block_transactions_max = options_.block_transactions,
             .block_wait = std::chrono::milliseconds{50},
             .pending_max = std::max(options_.transactions, options_.signers)});
        if (!started) return base::pass(started);
        engine_ = std::move(*started);
        return {};
    }
    std::filesystem::path folder_;
    const Cast& cast_;
    const LedgerBenchOptions& options_;
    base::SystemClock clock_;
    std::unique_ptr<crypto::SignatureVerifier> verifier_;
    std::unique_ptr<storage::RocksStore> rocks_;
    std::unique_ptr<TimedStore> store_;
    std::unique_ptr<ledger::Application> application_;
    std::unique_ptr<EmbeddedEngine> engine_;
};

double mean_bytes(const std::vector<base::Bytes>& envelopes) {
    double sum = 0;
    for (const auto& one : envelopes) sum += static_cast<double>(one.size());
    return sum / static_cast<double>(std::max<std::size_t>(envelopes.size(), 1));
}

double bytes_of_folder(const std::filesystem::path& folder) {
    double sum = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) sum += static_cast<double>(entry.file_size());
    }
    return sum;
}

/// Chosen by us: odd, for the median.
constexpr std::size_t rate_rounds = 5;

/// One rate after the other on one chain.
class LedgerRun {
public:
    LedgerRun(std::filesystem::path folder, const LedgerBenchOptions& options)
        : folder_(std::move(folder)),
          options_(options),
          cast_(std::max<std::size_t>(options.signers / 2, 1), base::SystemClock().now()),
          node_(folder_, cast_, options_) {
        bench.cores = std::max(1U, std::thread::hardware_concurrency());
        bench.transactions = options.transactions;
    }

    Result<void> set_up() {
        if (auto opened = node_.open(); !opened) return opened;
        auto granted = grant_all(cast_, node_.engine());
        if (!granted) return base::pass(granted);
        consents_ = std::move(*granted);
        return {};
    }

    /// In rounds, each between two looks at the bound, since other machines on the same host come
    /// and go: the round with the median ratio counts.
    Result<void> measure_rate() {
        std::vector<LedgerBench> rounds;
        for (std::size_t i = 0; i < rate_rounds; ++i) {
            if (auto done = measure_round(); !done) return done;
            rounds.push_back(bench);
        }
        std::ranges::sort(rounds, {}, &LedgerBench::ratio);
        bench = rounds[rounds.size() / 2];
        bench.ratio_lowest = rounds.front().ratio;
        bench.ratio_highest = rounds.back().ratio;
        return {};
    }

    Result<void> measure_round() {
        auto reports = sign_reports(cast_, options_.transactions, consents_, next_report_);
        if (!reports) return base::pass(reports);
        next_report_ += options_.transactions;
        bench.transaction_bytes = mean_bytes(*reports);
        VerificationMeter meter(cast_, *reports, node_.verifier());
        const double cpu_before = cpu_seconds();
        const double before = meter.measure();
        bench.cpu_us_of_verifying = 2 * meter.cpu_us_each(cpu_seconds() - cpu_before);
        const auto height = node_.engine().height();
        node_.store().seconds = 0;
        const double cpu_begin = cpu_seconds();
        const auto seconds = commit_all(node_.engine(), std::move(*reports));
        if (!seconds) return base::pass(seconds);
        bench.cpu_us_per_transaction = cpu_us_each(cpu_begin);
        bench.verifications_per_second = (before + meter.measure()) / 2;
        bench.blocks = node_.engine().height() - height;
        bench.transactions_per_second = static_cast<double>(bench.transactions) / *seconds;
        bench.bound_per_second = bench.verifications_per_second / 2;
        bench.ratio = bench.transactions_per_second / bench.bound_per_second;
        bench.write_ms_mean = node_.store().seconds * 1'000 / static_cast<double>(bench.blocks);
        return {};
    }

    /// Opens the chain anew, which leaves no log behind that tables hold too.
    Result<void> measure_disk() {
        if (auto opened = node_.open(); !opened) return opened;
        bench.disk_bytes_per_transaction =
            bytes_of_folder(folder_) / static_cast<double>(next_report_);
        return {};
    }

    Result<void> measure_batched() {
        auto reports = sign_batches(
            cast_, {.count = options_.transactions, .batch = options_.batch, .first = next_report_},
            consents_);
        if (!reports) return base::pass(reports);
        bench.batched_transaction_bytes = mean_bytes(*reports);
        const double cpu_begin = cpu_seconds();
        const auto seconds = commit_all(node_.engine(), std::move(*reports));
        if (!seconds) return base::pass(seconds);
        bench.batched_cpu_us_per_transaction = cpu_us_each(cpu_begin);
        bench.batched_per_second = static_cast<double>(bench.transactions) / *seconds;
        bench.batched_multiple = bench.batched_per_second / bench.transactions_per_second;
        return {};
    }

    Result<void> measure_latency() {
        bench.latency_rate_per_second = bench.transactions_per_second / 2;
        // Beyond the rounds in which some pairs signed a batch more than others.
        const auto first =
            next_report_ + options_.transactions + 2 * options_.batch * cast_.doctors.size();
        auto reports = sign_reports(cast_, options_.transactions / 2, consents_, first);
        if (!reports) return base::pass(reports);
        const auto latencies =
            commit_at_rate(node_.engine(), std::move(*reports), bench.latency_rate_per_second);
        if (!latencies) return base::pass(latencies);
        bench.latency_p50_ms = quantile(*latencies, 0.50);
        bench.latency_p99_ms = quantile(*latencies, 0.99);
        return {};
    }

    LedgerBench bench;

private:
    [[nodiscard]] double cpu_us_each(double cpu_begin) const {
        return (cpu_seconds() - cpu_begin) * 1e6 / static_cast<double>(bench.transactions);
    }

    std::filesystem::path folder_;
    LedgerBenchOptions options_;
    Cast cast_;
    BenchNode node_;
    std::vector<wire::Hash256> consents_;
    std::size_t next_report_ = 0;  ///< Those before were signed in rounds of the rate.
};

}  // namespace

Result<LedgerBench> run_ledger_bench(const std::filesystem::path& folder,
                                     const LedgerBenchOptions& options) {
    LedgerRun run(folder, options);
    for (const auto step : {&LedgerRun::set_up, &LedgerRun::measure_rate, &LedgerRun::measure_disk,
                            &LedgerRun::measure_batched, &LedgerRun::measure_latency}) {
        if (auto done = (run.*step)(); !done) return base::pass(done);
    }
    return run.bench;
}

}  // namespace consensus
