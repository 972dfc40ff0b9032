// SPDX-License-Identifier: Apache-2.0
#include "cli/pda.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/process.h"
#include "crypto/random.h"
#include "mqtt/mosquitto_network.h"
#include "pda/hub.h"
#include "storage/files.h"
#include "storage/rocks_store.h"

namespace cli {
namespace {

using base::Result;

Result<void> write_summary(const DataFolder& folder, const pda::HubSummary& summary) {
    boost::json::object refusals;
    for (const auto& [reason, count] : summary.counts.refusals) refusals[reason] = count;
    const pda::RelayCounts& counts = summary.counts;
    const auto json = boost::json::serialize(
        boost::json::object{{"pdas", summary.pdas},
                            {"batches_received", counts.batches_received},
                            {"batches_repeated", counts.batches_repeated},
                            {"batches_forwarded", counts.batches_forwarded},
                            {"batches_resent", counts.batches_resent},
                            {"batches_stored", counts.batches_stored},
                            {"batches_acknowledged", counts.batches_acknowledged},
                            {"batches_waiting", summary.waiting},
                            {"records_forwarded", counts.records_forwarded},
                            {"frames_passed_on", counts.passed_on},
                            {"frames_refused", std::move(refusals)}});
    return storage::write_file_synced(folder.pda_summary(), base::as_bytes(json));
}

Result<void> run(const PdaOptions& options) {
    hold_signals();
    auto store = storage::RocksStore::open(options.folder.pda() / "store");
    if (!store) return base::pass(store);
    auto network = mqtt::MosquittoNetwork::open({.host = "127.0.0.1",
                                                 .port = options.broker_port,
                                                 .ca_file = options.folder.broker() / "ca.pem"});
    if (!network) return base::pass(network);
    const base::SystemClock clock;
    crypto::SystemRandom random;
    auto hub =
        pda::Hub::open(options.folder.pda() / "pdas.json", {},
                       {.store = **store, .network = **network, .clock = clock, .random = random});
    if (!hub) return base::pass(hub);
    if (auto told = tell_ready(options.ready_fd); !told) return told;

    constexpr std::chrono::milliseconds poll_max{50};
    std::string trouble;
    while (!next_signal(std::chrono::milliseconds{0}, false)) {
        (*hub)->step(poll_max);
        if (auto last = (*hub)->last_error(); last != trouble) {
            trouble = std::move(last);
        } else {
            continue;
        }
        fmt::print("trouble: {}\n", trouble);
        std::fflush(stdout);
    }
    if (auto closed = (*hub)->close(); !closed) return closed;
    return write_summary(options.folder, (*hub)->summary());
}

}  // namespace

int run_pda(const PdaOptions& options) {
    const auto done = run(options);
    if (done) return 0;
    fmt::print(stderr, "salus: {}\n", done.error().detail);
    return 1;
}

}  // namespace cli
