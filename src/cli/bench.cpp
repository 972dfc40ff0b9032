// SPDX-License-Identifier: Apache-2.0
#include "cli/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <thread>
#include <tuple>

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "cli/bench_enrolment.h"
#include "cli/bench_handshake.h"
#include "cli/bench_proofs.h"
#include "cli/bench_receipts.h"
#include "cli/bench_startup.h"
#include "cli/claim_qr.h"
#include "consensus/bench_growth.h"
#include "consensus/bench_ledger.h"
#include "consensus/bench_mining.h"
#include "gateway/bench_ingest.h"
#include "monitor/monitor.h"
#include "storage/memory_store.h"

namespace cli {
namespace {

namespace fs = std::filesystem;

/// The contract that others read: docs/formats/bench.md.
struct Figure {
    std::string name;
    double figure = 0;
    std::string unit;
    double bound = 0;  ///< In the same unit; 0: none.
    double aim = 0;    ///< Of the ratio; 0: none.
    [[nodiscard]] double ratio() const { return bound > 0 ? figure / bound : 0; }
};
struct Suite {
    double ratio = 0;  ///< The headline.
    std::vector<Figure> figures;
};

/// Removed at the end, also of a run that failed.
struct TemporaryFolder {
    fs::path path;
    TemporaryFolder() {
        std::string name = (fs::temp_directory_path() / "salus-bench-XXXXXX").string();
        if (mkdtemp(name.data()) != nullptr) path = name;
    }
    ~TemporaryFolder() {
        std::error_code left_over;
        fs::remove_all(path, left_over);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
};

std::string machine() {
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("model name")) {
            return fmt::format("{} cores, {}", std::thread::hardware_concurrency(),
                               line.substr(line.find(':') + 2));
        }
    }
    return fmt::format("{} cores", std::thread::hardware_concurrency());
}

Suite rates_of(const consensus::LedgerBench& bench) {
    return {
        .ratio = bench.ratio,
        .figures = {
            {"committed report transactions, two signatures each", bench.transactions_per_second,
             "1/s", bench.bound_per_second, 0.85},
            {"lowest ratio of five rounds; the median stands above", bench.ratio_lowest, "", 0, 0},
            {"highest ratio of five rounds", bench.ratio_highest, "", 0, 0},
            {"P-256 verifications on all cores", bench.verifications_per_second, "1/s", 0, 0},
            {"committed in batches of 64 under one signature, against the rate above",
             bench.batched_per_second, "1/s", bench.transactions_per_second, 5},
            {"processor time of a transaction, against its two verifications",
             bench.cpu_us_per_transaction, "us", bench.cpu_us_of_verifying, 0},
            {"processor time of a transaction in a batch", bench.batched_cpu_us_per_transaction,
             "us", 0, 0},
            {"p50 from submission to disk, at half of the rate", bench.latency_p50_ms, "ms", 0, 0},
            {"p99 from submission to disk, at half of the rate", bench.latency_p99_ms, "ms", 0, 0},
            {"disk for a transaction, with indexes and states", bench.disk_bytes_per_transaction,
             "bytes", 0, 0},
            {"transaction", bench.transaction_bytes, "bytes", 600, 0},
            {"transaction of a batch of 64", bench.batched_transaction_bytes, "bytes", 0, 0},
            {"commit of a block, synced", bench.write_ms_mean, "ms", 0, 0}}};
}

void add_spread(Suite& suite, const std::string& name, double p10, double p90) {
    suite.figures.push_back({name + ", p10", p10, "ms", 0, 0});
    suite.figures.push_back({name + ", p90", p90, "ms", 0, 0});
}

/// The headline is a block of the long chain against one of a short one with a state as large.
base::Result<Suite> growth_suite(const fs::path& folder, std::uint64_t blocks) {
    constexpr std::uint64_t told_every = 50'000;
    constexpr double ratio_aim = 1.1;
    const auto bench = consensus::run_growth_bench(
        folder, {.long_blocks = blocks, .on_block = [](std::uint64_t height) {
                     if (height % told_every == 0) fmt::print(stderr, "{} blocks made\n", height);
                 }});
    if (!bench) return base::pass(bench);
    const auto& [held, small, grown] =
        std::tie(bench->short_chain, bench->small_chain, bench->long_chain);
    const auto at = fmt::format("a block at {} blocks", blocks);
    Suite suite{.ratio = bench->ratio, .figures = {}};
    suite.figures.push_back({at + "; bound: at 1000, with a state as large", grown.median_ms, "ms",
                             held.median_ms, ratio_aim});
    add_spread(suite, at, grown.p10_ms, grown.p90_ms);
    add_spread(suite, "a block at 1000 blocks, with a state as large", held.p10_ms, held.p90_ms);
    suite.figures.push_back({"the same, processor time of the executing thread", grown.cpu_ms, "ms",
                             held.cpu_ms, ratio_aim});
    add_spread(suite, at + ", processor time", grown.cpu_p10_ms, grown.cpu_p90_ms);
    add_spread(suite, "a block at 1000 blocks, with a state as large, processor time",
               held.cpu_p10_ms, held.cpu_p90_ms);
    suite.figures.push_back({at + "; bound: at 1000, its state as small as it is then",
                             grown.median_ms, "ms", small.median_ms, 0});
    suite.figures.push_back({"the same, processor time", grown.cpu_ms, "ms", small.cpu_ms, 0});
    suite.figures.push_back({"members who hold the state's size",
                             static_cast<double>(bench->bystanders), "members", 0, 0});
    suite.figures.push_back({"building the chains", bench->build_seconds, "s", 0, 0});
    return suite;
}

base::Result<Suite> ledger_suite(const fs::path& folder, std::uint64_t growth_blocks) {
    const auto bench = consensus::run_ledger_bench(folder / "rates", {});
    if (!bench) return base::pass(bench);
    Suite suite = rates_of(*bench);
    if (growth_blocks > 0) {
        const auto growth = growth_suite(folder / "growth", growth_blocks);
        if (!growth) return base::pass(growth);
        suite.figures.insert(suite.figures.end(), growth->figures.begin(), growth->figures.end());
    }
    return suite;
}

/// With the monitor following, as in the node: opened, checked, alarmed and stored.
base::Result<Suite> ingest_suite(const fs::path& folder) {
    const base::SystemClock clock;
    Suite suite;
    for (const std::size_t per_frame : {std::size_t{4}, std::size_t{64}}) {
        storage::MemoryStore alarms;
        std::unique_ptr<monitor::Monitor> monitor;
        gateway::IngestBenchOptions options;
        options.readings_per_frame = per_frame;
        options.attach = [&](series::SeriesStore& series) {
            auto opened = monitor::Monitor::open(
                alarms, series, clock, [](const wire::LedgerId&, wire::Vital) {
                    return monitor::PatientFacts{.adult = true, .interval_ms = 1000};
                });
            CHECK(opened.has_value());
            monitor = std::move(*opened);
            return [&monitor] { monitor.reset(); };
        };
        const auto bench =
            gateway::run_ingest_bench(folder / fmt::format("ingest{}", per_frame), options);
        if (!bench) return base::pass(bench);
        if (suite.figures.empty()) suite.ratio = bench->ratio;
        suite.figures.push_back(
            {fmt::format("readings opened, checked, alarmed, stored; {} a frame", per_frame),
             bench->readings_per_second, "1/s", bench->bound_readings_per_second, 0.5});
    }
    return suite;
}

/// The ratio is of the two seconds that a start may take: the smaller the better.
base::Result<Suite> startup_suite(const fs::path& folder, std::uint64_t blocks) {
    constexpr double seconds_max = 2.0;
    constexpr std::uint64_t told_every = 50'000;
    const auto bench = run_startup_bench(folder, blocks, [](wire::Height height) {
        if (height % told_every == 0) fmt::print(stderr, "{} blocks made\n", height);
    });
    if (!bench) return base::pass(bench);
    return Suite{
        .ratio = bench->seconds / seconds_max,
        .figures = {{fmt::format("start after {} blocks, files not in memory", bench->blocks),
                     bench->seconds, "s", seconds_max, 0},
                    {"the same at once after a stop", bench->warm_seconds, "s", seconds_max, 0},
                    {"start after 1,000 blocks, files not in memory", bench->short_seconds, "s",
                     seconds_max, 0},
                    {"stored for a block of one report", bench->bytes_a_block, "bytes", 0, 0}}};
}

base::Result<Suite> proofs_suite(const fs::path& folder, std::uint64_t blocks) {
    constexpr double made_us_max = 1'000;
    constexpr std::uint64_t told_every = 100'000;
    std::uint64_t told = 0;
    const auto bench = run_proofs_bench(folder, blocks, [&](wire::Height height) {
        if (height < told + told_every) return;
        told = height / told_every * told_every;
        fmt::print(stderr, "{} blocks made\n", told);
    });
    if (!bench) return base::pass(bench);
    Suite suite;
    for (const auto& one : bench->proofs) {
        suite.ratio = std::max(suite.ratio, one.made_us_p99 / made_us_max);
        const auto name = fmt::format("{} after {} blocks", one.what, bench->blocks);
        suite.figures.push_back({name + ": made, p50", one.made_us_p50, "us", made_us_max, 0});
        suite.figures.push_back({name + ": made, p99", one.made_us_p99, "us", made_us_max, 0});
        suite.figures.push_back({name + ": verified, p50", one.verified_us_p50, "us", 0, 0});
        suite.figures.push_back({name + ": verified, p99", one.verified_us_p99, "us", 0, 0});
    }
    return suite;
}

/// The headline is the slowest kind against the time that a verification may take.
base::Result<Suite> receipts_suite() {
    constexpr double verified_us_max = 300;
    constexpr double compact_bytes_max = 4'096;
    const auto bench = run_receipts_bench();
    if (!bench) return base::pass(bench);
    Suite suite;
    double slowest = 0;
    for (const auto& one : bench->kinds) {
        slowest = std::max(slowest, one.side_by_side_us);
        const auto times = fmt::format("verified, p50; bound: {} P-256 verification{} alone",
                                       one.verifications, one.verifications == 1 ? "" : "s");
        suite.figures.push_back(
            {one.kind + ": " + times, one.compact_us, "us", one.verifications_us, 0});
        suite.figures.push_back(
            {one.kind + " as JSON: " + times, one.json_us, "us", one.verifications_us, 0});
        suite.figures.push_back({one.kind + ": verified side by side, p50", one.side_by_side_us,
                                 "us", verified_us_max, 1});
    }
    for (const auto& one : bench->kinds) {
        suite.figures.push_back({one.kind + ": compact form",
                                 static_cast<double>(one.compact_bytes), "bytes", compact_bytes_max,
                                 1});
        suite.figures.push_back(
            {one.kind + ": JSON", static_cast<double>(one.json_bytes), "bytes", 0, 0});
        suite.figures.push_back({one.kind + ": text, against what a QR code holds",
                                 static_cast<double>(one.text_bytes), "bytes",
                                 static_cast<double>(qr_characters_max), 0});
    }
    const auto name = fmt::format("slowest kind, side by side, p50, {} miners, {} blocks",
                                  bench->miners, bench->blocks);
    suite.figures.push_back({name, slowest, "us", verified_us_max, 1});
    suite.ratio = slowest / verified_us_max;
    return suite;
}

base::Result<Suite> mining_suite(const fs::path& folder) {
    const auto bench = consensus::run_mining_bench(folder, {});
    if (!bench) return base::pass(bench);
    constexpr double paper_ms = consensus::MiningBench::paper_transaction_ms;
    return Suite{
        .ratio = bench->factor,
        .figures = {{"blocks", static_cast<double>(bench->blocks), "blocks", 0, 0},
                    {"blocks of the miner with the fewest", static_cast<double>(bench->turns_least),
                     "blocks", 0, 0},
                    {"blocks of the miner with the most", static_cast<double>(bench->turns_most),
                     "blocks", 0, 0},
                    {"complete rounds in which every miner mined once",
                     bench->fair ? static_cast<double>(bench->rounds) : 0.0, "rounds", 0, 0},
                    {"mining a transaction", bench->transaction_ms, "ms", paper_ms, 0},
                    {"mining a block of 100", bench->block_ms, "ms", 100 * paper_ms, 0},
                    {"times faster than the paper's 2 ms a transaction", bench->factor, "", 0, 0}}};
}

/// What handshakes cost on the wire beside the paper's, stretch by stretch.
void add_message_costs(const HandshakeBench& bench, Suite& suite) {
    // Counted from its messages with SHA-512 and 32-bit times by a test of the protocol as printed.
    constexpr double paper_device_pda = 1'600;
    constexpr double paper_pda_cloud = 1'056;  // it prints no answer of the server but a time
    constexpr double paper_printed = 772;      // the figure that it states for the whole
    constexpr std::size_t ephemeral_bits = 2 * 32 * 8;
    const auto add = [&suite](std::string name, std::size_t bits, double paper) {
        suite.figures.push_back({std::move(name), static_cast<double>(bits), "bits", paper, 0});
    };
    for (std::size_t i = 0; i < std::size(bench.device_pda.messages); ++i) {
        add(fmt::format("MSG{}", i + 1), bench.device_pda.messages[i], 0);
    }
    const auto& first = bench.device_pda;
    const auto& second = bench.pda_cloud;
    add("device to PDA, a handshake; bound: the paper's messages", first.total(), paper_device_pda);
    add("the same without mac1", first.without_mac1(), paper_device_pda);
    add("PDA to cloud, a handshake; bound: the paper's messages", second.total(), paper_pda_cloud);
    add("the same without mac1", second.without_mac1(), paper_pda_cloud);
    constexpr double paper = paper_device_pda + paper_pda_cloud;
    add("device to cloud, both; bound: the paper's messages", first.total() + second.total(),
        paper);
    add("the same without mac1", first.without_mac1() + second.without_mac1(), paper);
    add("of a handshake, its two ephemeral keys", ephemeral_bits, 0);
    suite.figures.push_back({"what the paper prints for the whole", paper_printed, "bits", 0, 0});
}

/// The headline is the responder's handshakes against the operations that they need alone.
base::Result<Suite> handshake_suite() {
    constexpr double bytes_a_session_max = 512;
    constexpr std::size_t told_every = 10'000;
    HandshakeBenchOptions options;
    options.on_progress = [](std::size_t sessions) {
        if (sessions % told_every == 0) fmt::print(stderr, "{} sessions open\n", sessions);
    };
    const auto bench = run_handshake_bench(options);
    if (!bench) return base::pass(bench);
    Suite suite;
    for (const auto& rate : bench->rates) {
        const auto with = fmt::format(", {}", keyagreement::name_of(rate.suite));
        suite.figures.push_back(
            {"handshakes at a responder, one core; bound: 1 key, 4 X25519 and "
             "31 HMAC alone" +
                 with,
             rate.handshakes_per_second, "1/s", rate.bound_per_second, 0.8});
        suite.figures.push_back(
            {"records of 256 bytes opened, one core; bound: the AEAD alone" + with,
             rate.records_per_second, "1/s", rate.records_bound_per_second, 0});
    }
    suite.ratio = suite.figures.front().ratio();
    suite.figures.push_back(
        {"sessions open at once", static_cast<double>(bench->sessions), "sessions", 0, 0});
    suite.figures.push_back({"of them tried in both directions",
                             static_cast<double>(bench->sessions_tried), "sessions", 0, 0});
    suite.figures.push_back({"memory of a session at the responder, tables included",
                             bench->bytes_a_session, "bytes", bytes_a_session_max, 1});
    const double handshake_us = 1e6 / bench->rates.front().handshakes_per_second;
    const auto& flood = bench->flood;
    suite.figures.push_back(
        {"a junk MSG1 refused; bound: a handshake", flood.junk_us, "us", handshake_us, 0});
    suite.figures.push_back({"a junk MSG1 with a right mac1 answered by a cookie; bound: the same",
                             flood.cookie_us, "us", handshake_us, 0});
    suite.figures.push_back({"the same with its cookie, sent again and again; bound: the same",
                             flood.retry_us, "us", handshake_us, 0});
    suite.figures.push_back({fmt::format("X25519 operations of {} junk MSG1 from one source in "
                                         "{:.1f} s",
                                         flood.junk, flood.seconds),
                             static_cast<double>(flood.junk_x25519), "", 0, 0});
    suite.figures.push_back({"initiators served at once in the midst of them; bound: all",
                             static_cast<double>(flood.honest_served), "",
                             static_cast<double>(flood.honest), 1});
    add_message_costs(*bench, suite);
    return suite;
}

/// The headline is an enrolment's operations alone against the whole of it.
base::Result<Suite> enrolment_suite(const fs::path& folder) {
    const auto bench = run_enrolment_bench(folder / "askg");
    if (!bench) return base::pass(bench);
    const auto members = static_cast<double>(bench->members);
    return Suite{
        .ratio = bench->operations_us / bench->device_us,
        .figures = {
            {"enrolments of a device, one core; bound: share, 2 Ed25519, 2 X25519 alone",
             1e6 / bench->device_us, "1/s", 1e6 / bench->operations_us, 0},
            {"enrolment of a device, in memory", bench->device_us, "us", 0, 0},
            {"enrolment of a device, synced to disk", bench->synced_device_us, "us", 0, 0},
            {"a share: 32 coefficients of chi(x, .)", bench->share_us, "us", 0, 0},
            {"phi of a pair, from a share", bench->pair_us, "us", 0, 0},
            {"a user's token (Argon2id): what a guess costs", bench->user_token_ms, "ms", 0, 0},
            {"a peer of a cloud server's provision", bench->provision_us, "us", 0, 0},
            {"members of the folder that was opened", members, "members", 0, 0},
            {"opening it", bench->open_ms, "ms", 0, 0}}};
}

base::Result<Suite> suite_of(const BenchCommand& command, const fs::path& folder) {
    if (command.suite == "growth") return growth_suite(folder / "growth", command.blocks);
    if (command.suite == "startup") return startup_suite(folder, command.blocks);
    if (command.suite == "proofs") return proofs_suite(folder, command.blocks);
    if (command.suite == "receipts") return receipts_suite();
    if (command.suite == "handshake") return handshake_suite();
    if (command.suite == "enrolment") return enrolment_suite(folder);
    if (command.suite == "mining") return mining_suite(folder / "mining");
    if (command.suite == "ledger") return ledger_suite(folder, command.growth_blocks);
    return ingest_suite(folder);
}

void print_json(const std::string& name, const Suite& suite) {
    boost::json::array results;
    for (const auto& figure : suite.figures) {
        boost::json::object result{{"name", figure.name}, {"figure", figure.figure},
                                   {"unit", figure.unit}, {"bound", nullptr},
                                   {"ratio", nullptr},    {"aim", nullptr}};
        if (figure.bound > 0) {
            result["bound"] = figure.bound;
            result["ratio"] = figure.ratio();
        }
        if (figure.aim > 0) result["aim"] = figure.aim;
        results.push_back(std::move(result));
    }
    const boost::json::object out{{"suite", name},
                                  {"machine", machine()},
                                  {"ratio", suite.ratio},
                                  {"results", std::move(results)}};
    fmt::print("{}\n", boost::json::serialize(out));
}

void print_table(const std::string& name, const Suite& suite) {
    fmt::print("{} on {}\n", name, machine());
    for (const auto& figure : suite.figures) {
        fmt::print("{:72} {:14.3f} {:8}", figure.name, figure.figure, figure.unit);
        if (figure.bound > 0)
            fmt::print(" bound {:.1f}, ratio {:.3f}", figure.bound, figure.ratio());
        if (figure.aim > 0) fmt::print(" (aim {:.2f})", figure.aim);
        fmt::print("\n");
    }
}

}  // namespace

int bench_command(const BenchCommand& command) {
    const TemporaryFolder folder;
    const auto suite = suite_of(command, folder.path);
    if (!suite) {
        fmt::print(stderr, "salus: {}\n", suite.error().detail);
        return 1;
    }
    if (command.json)
        print_json(command.suite, *suite);
    else
        print_table(command.suite, *suite);
    return 0;
}

}  // namespace cli
