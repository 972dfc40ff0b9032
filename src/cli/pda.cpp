// SPDX-License-Identifier: Apache-2.0
#include "cli/pda.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/process.h"
#include "coap/pda_network.h"
#include "crypto/random.h"
#include "mqtt/mosquitto_network.h"
#include "pda/hub.h"
#include "storage/files.h"
#include "storage/rocks_store.h"

namespace cli {
namespace {

using base::Result;

boost::json::object as_json(const std::map<std::string, std::uint64_t>& refusals) {
    boost::json::object out;
    for (const auto& [reason, count] : refusals) out[reason] = count;
    return out;
}

boost::json::object as_json(const coap::PdaNetwork& network) {
    const coap::Counts counts = network.server().counts();
    return {{"observations", network.server().observations()},
            {"frames_up", counts.frames_up},
            {"frames_down", counts.frames_down},
            {"strays", network.strays()},
            {"refused", as_json(counts.refusals)}};
}

Result<void> write_summary(const DataFolder& folder, const pda::HubSummary& summary,
                           const coap::PdaNetwork* over_coap) {
    const pda::RelayCounts& counts = summary.counts;
    boost::json::object out{{"pdas", summary.pdas},
                            {"batches_received", counts.batches_received},
                            {"batches_repeated", counts.batches_repeated},
                            {"batches_forwarded", counts.batches_forwarded},
                            {"batches_resent", counts.batches_resent},
                            {"batches_stored", counts.batches_stored},
                            {"batches_acknowledged", counts.batches_acknowledged},
                            {"batches_waiting", summary.waiting},
                            {"records_forwarded", counts.records_forwarded},
                            {"frames_passed_on", counts.passed_on},
                            {"frames_refused", as_json(counts.refusals)}};
    if (over_coap != nullptr) out["coap"] = as_json(*over_coap);
    const auto json = boost::json::serialize(out);
    return storage::write_file_synced(folder.pda_summary(), base::as_bytes(json));
}

Result<void> run(const PdaOptions& options) {
    hold_signals();
    auto store = storage::RocksStore::open(options.folder.pda() / "store");
    if (!store) return base::pass(store);
    auto network = mqtt::MosquittoNetwork::open(address_of(options.broker, options.folder));
    if (!network) return base::pass(network);
    std::unique_ptr<coap::PdaNetwork> both;
    if (options.coap) {
        auto server = coap::Server::listen(*options.coap, {}, {});
        if (!server) return base::pass(server);
        both = std::make_unique<coap::PdaNetwork>(**network, std::move(*server));
    }
    mqtt::Network& used = both ? static_cast<mqtt::Network&>(*both) : **network;
    const base::SystemClock clock;
    crypto::SystemRandom random;
    auto hub =
        pda::Hub::open(options.folder.pda() / "pdas.json", {},
                       {.store = **store, .network = used, .clock = clock, .random = random});
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
    return write_summary(options.folder, (*hub)->summary(), both.get());
}

}  // namespace

int run_pda(const PdaOptions& options) {
    const auto done = run(options);
    if (done) return 0;
    fmt::print(stderr, "salus: {}\n", done.error().detail);
    return 1;
}

}  // namespace cli
