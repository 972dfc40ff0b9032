// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/pairing.h"
#include "api/user_agreement.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "chain/block_source.h"
#include "chain/transaction_submitter.h"
#include "identity/consent_keys.h"
#include "identity/directory.h"
#include "identity/key_store.h"
#include "monitor/monitor.h"
#include "readmodel/access_log.h"
#include "readmodel/read_model.h"
#include "review/review.h"
#include "series/series_store.h"
#include "wire/ids.h"
#include "witness/publisher.h"

namespace api {

/// What the gateway counted since it started.
struct GatewayStats {
    base::TimePoint since;
    std::uint64_t readings_accepted = 0;
    std::uint64_t frames_duplicate = 0;
    std::vector<std::pair<std::string, std::uint64_t>> refused;  ///< Frames by reason.
    bool connected = false;                                      ///< To the broker.
};
struct StorageStats {
    struct Item {
        std::string name;  ///< E.g. "ledger".
        std::uint64_t bytes = 0;
        std::uint64_t files = 0;
    };
    std::vector<Item> items;
    std::uint64_t free_bytes = 0;
};
struct HealthItem {
    std::string name;
    bool ok = false;
    std::string detail;
};
struct ChainVerdict {
    bool ok = false;
    std::string finding;  ///< What does not hold, with height or field; empty if all holds.
    std::string anchor;   ///< E.g. "anchor not independent".
};
/// Re-checks the whole chain in the calling thread. `progress(done, total)` in blocks; it answers
/// false to stop early.
using VerifyChain =
    std::function<ChainVerdict(const std::function<bool(std::uint64_t, std::uint64_t)>& progress)>;

struct DemoLogin {
    std::string login;
    std::string password;
};
struct Options {
    std::uint16_t port = 8080;  ///< On 127.0.0.1, since there is no TLS yet. 0: any free one.
    std::filesystem::path web;  ///< Folder of the built web app; may be missing.
    std::string chain_id;
    bool demo = false;                   ///< As the genesis says.
    std::vector<DemoLogin> demo_logins;  ///< Shown on the sign-in page; only if `demo`.
    std::string version;
    /// trust.json as it is now: it changes with those who mine. Called from any thread.
    std::function<base::Result<std::string>()> trust_json;
    /// What `salus attack` wrote at its last run; may be missing.
    std::filesystem::path attacks;
    unsigned workers = 8;  ///< Threads that answer requests.
    std::size_t connections_max = 512;
};

/// The HTTP interface for people: docs/formats/http-api.md. Roles by one table, consent by the
/// ledger's committed state, every look at clinical data on the access log before it is handed out.
class Api {
public:
    struct Parts {  // all borrowed
        identity::Directory& directory;
        identity::KeyStore& key_store;
        identity::ConsentKeys& consent_keys;
        series::SeriesStore& series;
        monitor::Monitor& monitor;
        review::Review& review;
        readmodel::ReadModel& read_model;
        readmodel::AccessLog& access_log;
        chain::BlockSource& blocks;
        chain::TransactionSubmitter& submitter;
        const base::Clock& clock;
        base::Random& random;
        /// The next sequence of a sender whose key is here, reserved on disk.
        std::function<base::Result<std::uint64_t>(const wire::LedgerId&)> next_sequence;
        std::function<GatewayStats()> gateway;
        std::function<StorageStats()> storage;
        std::function<std::vector<HealthItem>()> health;  ///< May be empty.
        VerifyChain verify_chain;
        /// Null where the node has no checkpoint key (a folder set up before there were any).
        witness::CheckpointPublisher* checkpoints = nullptr;
        /// Null where no device can be enrolled or ended from here.
        Enroller* enroller = nullptr;
        /// Null where nobody signs in by key agreement.
        UserAgreement* users = nullptr;
    };

    /// Listens and answers from threads of its own once this returns. The parts must outlive it.
    /// Errors: `busy` if the port is taken, `unavailable`.
    [[nodiscard]] static base::Result<std::unique_ptr<Api>> start(Parts parts, Options options);
    /// Closes every connection and waits for running requests.
    ~Api();
    [[nodiscard]] std::uint16_t port() const;

private:
    struct State;
    explicit Api(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace api
