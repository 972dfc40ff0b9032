// SPDX-License-Identifier: Apache-2.0
#include "cli/fleet.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>
#include <csignal>

#include "cli/process.h"
#include "cli/trace_file.h"
#include "coap/client_network.h"
#include "crypto/random.h"
#include "device/fleet.h"
#include "device/fleet_config.h"
#include "mqtt/mosquitto_network.h"
#include "storage/files.h"

namespace cli {
namespace {

using base::Result;

device::FleetOptions device_options(const FleetOptions& options) {
    device::FleetOptions out;
    out.folder = options.folder.fleet();
    out.speed_milli = static_cast<std::uint32_t>(std::lround(options.speed * 1000));
    if (options.duration_s > 0) {
        out.duration = std::chrono::seconds{options.duration_s};
        out.cut_recordings = true;
    }
    out.endless = options.endless;
    return out;
}

Result<void> write_summary(const DataFolder& folder, const device::FleetSummary& summary) {
    const auto json = boost::json::serialize(
        boost::json::object{{"devices", summary.devices},
                            {"readings_sent", summary.readings_sent},
                            {"batches_sent", summary.batches_sent},
                            {"batches_acknowledged", summary.batches_acknowledged},
                            {"batches_kept_by_pdas", summary.batches_kept},
                            {"batches_resent", summary.resent},
                            {"handshakes", summary.handshakes},
                            {"frames_refused", summary.refused_frames}});
    return storage::write_file_synced(folder.fleet_summary(), base::as_bytes(json));
}

Result<std::unique_ptr<mqtt::Network>> open_network(const FleetOptions& options) {
    const auto as_network = [](auto opened) -> Result<std::unique_ptr<mqtt::Network>> {
        if (!opened) return base::pass(opened);
        return std::move(*opened);
    };
    if (options.coap) return as_network(coap::ClientNetwork::open(*options.coap, {}));
    if (options.broker.port == 0) {
        return base::fail(base::ErrorCode::malformed,
                          "say where the PDAs are reached: --broker-port or --coap");
    }
    return as_network(mqtt::MosquittoNetwork::open(address_of(options.broker, options.folder)));
}

Result<void> run(const FleetOptions& options) {
    hold_signals();
    const auto config = device::read_fleet_config(options.folder.fleet() / "fleet.json");
    if (!config) return base::pass(config);
    auto network = open_network(options);
    if (!network) return base::pass(network);
    auto trace = TraceFile::open(options.trace);
    if (!trace) return base::pass(trace);
    const base::SystemClock clock;
    crypto::SystemRandom random;
    auto settings = device_options(options);
    settings.observer = trace->get();
    auto fleet =
        device::Fleet::open(*config, settings, **network, {.clock = clock, .random = random});
    if (!fleet) return base::pass(fleet);
    if (auto told = tell_ready(options.ready_fd); !told) return told;
    for (const auto& warning : (*fleet)->warnings()) fmt::print("{}\n", warning);

    constexpr std::chrono::milliseconds poll_max{50};
    while (!(*fleet)->done() && !next_signal(std::chrono::milliseconds{0}, false)) {
        (*fleet)->step(poll_max);
    }
    if (auto closed = (*fleet)->close(); !closed) return closed;
    const auto summary = (*fleet)->summary();
    if (!summary.last_error.empty()) fmt::print("last trouble: {}\n", summary.last_error);
    return write_summary(options.folder, summary);
}

}  // namespace

int run_fleet(const FleetOptions& options) {
    const auto done = run(options);
    if (done) return 0;
    fmt::print(stderr, "salus: {}\n", done.error().detail);
    return 1;
}

}  // namespace cli
