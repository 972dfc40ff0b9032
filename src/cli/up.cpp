// SPDX-License-Identifier: Apache-2.0
#include "cli/up.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <csignal>
#include <ctime>

#include "cli/broker_listener.h"
#include "cli/data_folder.h"
#include "cli/node_reports.h"
#include "cli/process.h"
#include "cli/setup_command.h"
#include "cli/summary.h"
#include "coap/address.h"
#include "coap/available.h"
#include "crypto/random.h"
#include "gateway/broker_config.h"
#include "storage/files.h"

namespace cli {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::Result;
using std::chrono::milliseconds;

constexpr milliseconds start_patience{60'000};
constexpr milliseconds stop_patience{15'000};
/// They are made anew thirty days before they end.
constexpr std::chrono::hours certificates_interval{1};
/// A part may be killed as often as anybody likes; one that cannot be started again ends the run.
constexpr int failed_starts_max = 3;
constexpr const char* broker_program = "/usr/sbin/mosquitto";

/// One run from start to stop.
class Supervisor {
public:
    explicit Supervisor(UpOptions options) : options_(std::move(options)) {}
    Result<int> run();
    [[nodiscard]] const fs::path& folder() const { return folder_.root; }

private:
    enum Part : std::size_t { broker, node, pda, fleet, parts };

    Result<void> prepare();
    Result<void> start_part(std::size_t part);
    Result<void> start_broker();
    [[nodiscard]] ChildCommand node_command() const;
    [[nodiscard]] ChildCommand pda_command() const;
    [[nodiscard]] ChildCommand fleet_command() const;
    [[nodiscard]] ChildCommand command_of(std::size_t part) const;
    void greet() const;
    Result<int> watch();
    Result<std::optional<int>> look_after_children();
    Result<void> restart(std::size_t part);
    void tell_broker_of_changes();
    [[nodiscard]] std::string same_patients() const;
    void tell_what_it_waits_for();
    Result<void> write_pids() const;
    void stop_all();
    Result<int> finish();

    UpOptions options_;
    DataFolder folder_;
    base::SystemClock clock_;
    crypto::SystemRandom random_;
    std::optional<storage::FolderLock> lock_;
    BrokerListener listener_;
    std::optional<coap::Address> coap_;
    Child children_[parts];
    bool fleet_finished_ = false;
    fs::file_time_type broker_files_at_{};  // when the files that the broker read were written
    std::chrono::steady_clock::time_point certificates_at_{};  // when to look at them again
    int failed_starts_ = 0;                                    // in a row
    std::uint64_t waits_for_ = 0;                              // reports, as last told
    bool told_how_to_go_on_ = false;
};

/// A full disk shows itself in many ways, an empty log among them; people need the cause.
base::Error explained(const base::Error& error, const fs::path& folder) {
    constexpr std::uintmax_t enough_bytes = 262'144;
    std::error_code unknown;
    const auto space = fs::space(folder, unknown);
    if (unknown || space.available >= enough_bytes) return error;
    return {
        ErrorCode::storage_full,
        fmt::format("the disk that holds {} is full; make room and start again: nothing that was "
                    "acknowledged is lost",
                    folder.string())};
}

fs::path default_folder(bool fresh) {
    if (!fresh) return "salus-data";
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    return fmt::format("salus-data-{:04}{:02}{:02}-{:02}{:02}{:02}-{}", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                       getpid());
}

Result<void> Supervisor::prepare() {
    if (options_.data.empty()) options_.data = default_folder(options_.headless);
    folder_.root = fs::absolute(options_.data);
    if (!fs::exists(broker_program)) {
        return base::fail(ErrorCode::unavailable,
                          "the MQTT broker is missing; ./run installs it, or: apt-get install "
                          "mosquitto");
    }
    if (auto made = storage::make_folder(folder_.root); !made) return made;
    auto lock = storage::FolderLock::take(folder_.root);
    if (!lock) {
        return base::fail(lock.error().code,
                          fmt::format("{} is in use by another Salus; stop that one, or give "
                                      "another folder with --data ({})",
                                      folder_.root.string(), lock.error().detail));
    }
    lock_.emplace(std::move(*lock));
    if (!options_.headless) {
        if (auto free = port_is_free(options_.port); !free) return free;
    }
    auto port = choose_port();
    if (!port) return base::pass(port);
    listener_ = {.port = *port, .tls_min = options_.tls_min};
    if (options_.coap) {
        if (!coap::available()) return base::fail(ErrorCode::unavailable, coap::absent_text);
        const auto udp = coap::free_port();
        if (!udp) return base::pass(udp);
        coap_ = {.ip = "127.0.0.1", .port = *udp};
    }

    fmt::print("== data in {}\n", folder_.root.string());
    auto record = set_up(folder_, options_.setup, clock_, random_);
    if (!record) return base::pass(record);
    return {};
}

/// Devices come and go while the broker runs, and its certificate may near its end: it reads its
/// files again at SIGHUP.
void Supervisor::tell_broker_of_changes() {
    bool changed = false;
    const auto now = std::chrono::steady_clock::now();
    if (now >= certificates_at_) {
        certificates_at_ = now + certificates_interval;
        const auto renewed = gateway::renew_certificates({folder_.broker()});
        if (!renewed) fmt::print("== the broker's certificate: {}\n", renewed.error().detail);
        changed = renewed && *renewed;
    }
    std::error_code unknown;
    const auto written = fs::last_write_time(folder_.broker() / "mosquitto.conf", unknown);
    if (!unknown && written != broker_files_at_) {
        broker_files_at_ = written;
        changed = true;
    }
    if (changed && children_[broker].pid > 0) kill(children_[broker].pid, SIGHUP);
}

/// The options without which this data folder is not gone on with.
std::string Supervisor::same_patients() const {
    const auto& setup = options_.setup;
    auto words = setup.replay.empty()
                     ? fmt::format(" --patients {} --seed {}", setup.patients, setup.seed)
                     : fmt::format(" --replay {}", fs::absolute(setup.replay).string());
    if (options_.duration_s != 0) words += fmt::format(" --duration {}", options_.duration_s);
    return words;
}

/// Without a program that decides, a run to the end waits for doctors, perhaps for ever.
void Supervisor::tell_what_it_waits_for() {
    if (!options_.until_done || options_.setup.program_approves) return;
    const auto reports = read_waiting(folder_);
    if (reports == waits_for_) return;
    waits_for_ = reports;
    if (reports == 0) return;
    fmt::print("== all readings were sent; {} {} for a doctor to decide\n", reports,
               reports == 1 ? "report waits" : "reports wait");
    if (!options_.headless) {
        fmt::print(
            "   Decide in the web app: http://127.0.0.1:{}, as dr.lee and as dr.osei, Review\n",
            options_.port);
    } else if (!told_how_to_go_on_) {
        fmt::print(
            "   Nobody can decide in this run, which has no web app. Stop it with Ctrl-C, then "
            "start\n"
            "     ./run --data {}{}\n"
            "   and decide as dr.lee and as dr.osei, Review. Nothing is lost meanwhile.\n"
            "   A demo program decides where a new folder is begun with --auto-approve.\n",
            folder_.root.string(), same_patients());
        told_how_to_go_on_ = true;
    }
    std::fflush(stdout);
}

Result<void> Supervisor::start_broker() {
    std::error_code unknown;
    broker_files_at_ = fs::last_write_time(folder_.broker() / "mosquitto.conf", unknown);
    auto child =
        start({.name = "the broker",
               .arguments = {broker_program, "-c", (folder_.broker() / "mosquitto.conf").string()},
               .log = folder_.logs() / "broker.log",
               .tells_when_ready = false},
              start_patience);
    if (!child) return base::pass(child);
    children_[broker] = *child;
    // mosquitto cannot tell when it is ready, so its port is asked.
    const auto deadline = std::chrono::steady_clock::now() + start_patience;
    while (!accepts_connections(listener_.port)) {
        if (reap(children_[broker]) || std::chrono::steady_clock::now() > deadline) {
            return base::fail(ErrorCode::unavailable,
                              fmt::format("the broker did not start; see {}",
                                          (folder_.logs() / "broker.log").string()));
        }
        if (next_signal(milliseconds{20}, false)) {
            return base::fail(ErrorCode::unavailable, "stopped before the broker was ready");
        }
    }
    return {};
}

ChildCommand Supervisor::node_command() const {
    ChildCommand command{.name = "the node",
                         .arguments = {options_.program.string(), "node", "--report-seconds",
                                       std::to_string(options_.report_seconds)},
                         .log = folder_.logs() / "node.log",
                         .tells_when_ready = true};
    auto& arguments = command.arguments;
    if (options_.headless) {
        arguments.emplace_back("--headless");
    } else {
        arguments.insert(arguments.end(),
                         {"--port", std::to_string(options_.port), "--web", options_.web.string()});
    }
    if (options_.setup.program_approves) arguments.emplace_back("--auto-approve");
    if (options_.until_done) arguments.emplace_back("--until-done");
    if (options_.keep_blocks != 0) {
        arguments.insert(arguments.end(), {"--keep-blocks", std::to_string(options_.keep_blocks)});
    }
    return command;
}

ChildCommand Supervisor::pda_command() const {
    return {.name = "the PDAs",
            .arguments = {options_.program.string(), "pda"},
            .log = folder_.logs() / "pda.log",
            .tells_when_ready = true};
}

ChildCommand Supervisor::fleet_command() const {
    ChildCommand command{.name = "the devices",
                         .arguments = {options_.program.string(),
                                       options_.setup.replay.empty() ? "simulate" : "replay",
                                       "--speed", fmt::format("{}", options_.speed), "--duration",
                                       std::to_string(options_.duration_s)},
                         .log = folder_.logs() / "devices.log",
                         .tells_when_ready = true};
    if (options_.duration_s == 0 && !options_.until_done)
        command.arguments.emplace_back("--endless");
    return command;
}

ChildCommand Supervisor::command_of(std::size_t part) const {
    ChildCommand command = part == node  ? node_command()
                           : part == pda ? pda_command()
                                         : fleet_command();
    command.arguments.insert(
        command.arguments.end(),
        {"--data", folder_.root.string(), "--broker-port", std::to_string(listener_.port),
         "--tls-min", std::string(mqtt::text_of(listener_.tls_min))});
    if (coap_ && part != node) {
        command.arguments.insert(command.arguments.end(), {"--coap", coap::text_of(*coap_)});
    }
    return command;
}

Result<void> Supervisor::start_part(std::size_t part) {
    if (part == broker) return start_broker();
    auto child = start(command_of(part), start_patience);
    if (!child) return base::pass(child);
    children_[part] = *child;
    return {};
}

void Supervisor::greet() const {
    if (options_.headless) return;
    fmt::print("\nSalus runs: http://127.0.0.1:{}\n", options_.port);
    fmt::print(
        "Sign in as dr.lee, nurse.kim, admin, auditor or a patient; the password of every demo "
        "login is {}\nCtrl-C stops everything.\n",
        demo_password);
    std::fflush(stdout);
}

Result<void> Supervisor::write_pids() const {
    boost::json::object told{{"broker", children_[broker].pid}, {"node", children_[node].pid},
                             {"pda", children_[pda].pid},       {"devices", children_[fleet].pid},
                             {"supervisor", getpid()},          {"broker_port", listener_.port}};
    if (!options_.headless) told["port"] = options_.port;
    return storage::write_file_synced(folder_.pids(), base::as_bytes(boost::json::serialize(told)));
}

Result<void> Supervisor::restart(std::size_t part) {
    auto started = start_part(part);
    failed_starts_ = started ? 0 : failed_starts_ + 1;
    if (failed_starts_ >= failed_starts_max) return started;
    if (!started) return {};  // the next look at the children tries again
    // The file only helps people to find the processes; without it the run goes on.
    if (auto written = write_pids(); !written) fmt::print("== {}\n", written.error().detail);
    return {};
}

/// Returns the run's exit code where the run is over.
Result<std::optional<int>> Supervisor::look_after_children() {
    for (std::size_t part = 0; part < parts; ++part) {
        if (const auto status = reap(children_[part])) {
            if (part == node && *status == 0 && options_.until_done) return 0;
            if (part == fleet && *status == 0) {  // every recording is over
                fleet_finished_ = true;
            } else {
                fmt::print("== {} ended (status {}); starting it again\n", children_[part].name,
                           *status);
                std::fflush(stdout);
            }
        }
        if (children_[part].pid > 0 || (part == fleet && fleet_finished_)) continue;
        if (auto again = restart(part); !again) return base::pass(again);
    }
    return std::nullopt;
}

Result<int> Supervisor::watch() {
    while (true) {
        const auto signal = next_signal(milliseconds{1'000}, true);
        if (signal == SIGINT || signal == SIGTERM) {
            // Whoever asked for a run to the end did not get one.
            return options_.until_done ? 128 + *signal : 0;
        }
        tell_broker_of_changes();
        tell_what_it_waits_for();
        auto over = look_after_children();
        if (!over) return base::pass(over);
        if (*over) return **over;
    }
}

void Supervisor::stop_all() {
    for (const auto part : {fleet, pda, node, broker}) stop(children_[part], stop_patience);
}

Result<int> Supervisor::finish() {
    auto summary = summarise(folder_);
    if (!summary) return base::pass(summary);
    if (!options_.summary.empty()) {
        const auto text = boost::json::serialize(*summary) + "\n";
        if (auto written =
                storage::write_file_synced(fs::absolute(options_.summary), base::as_bytes(text));
            !written) {
            return base::pass(written);
        }
    }
    print_summary(*summary);
    return summary->at("chain_verified").as_bool() ? 0 : 1;
}

Result<int> Supervisor::run() {
    hold_signals();
    if (auto prepared = prepare(); !prepared) return base::pass(prepared);
    if (auto done = prepare_start(folder_, listener_); !done) return base::pass(done);
    for (const auto part : {broker, node, pda, fleet}) {
        if (auto started = start_part(part); !started) {
            stop_all();
            return base::pass(started);
        }
    }
    if (auto written = write_pids(); !written) {
        stop_all();
        return base::pass(written);
    }
    greet();
    auto code = watch();
    if (!options_.until_done) fmt::print("\n== stopping\n");
    stop_all();
    if (!code || *code != 0 || (!options_.until_done && options_.summary.empty())) return code;
    return finish();
}

}  // namespace

int up(UpOptions options) {
    Supervisor supervisor(std::move(options));
    const auto code = supervisor.run();
    if (code) return *code;
    fmt::print(stderr, "salus: {}\n", explained(code.error(), supervisor.folder()).detail);
    return 1;
}

}  // namespace cli
