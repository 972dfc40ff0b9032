// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "cli/data_folder.h"
#include "cli/sequences.h"
#include "consensus/engine.h"
#include "crypto/signature_verifier.h"
#include "identity/key_store.h"
#include "ledger/application.h"
#include "wire/block.h"

namespace CLI {
class App;
}

namespace cli {

/// Who makes the blocks of a chain; fixed by its genesis.
struct EngineSetup {
    std::string engine = "equal_opportunity";  ///< A wire::EngineKind by name.
    std::uint32_t miner_nodes = 0;      ///< 4 to 7 that vote on every block; 0: each seals alone.
    std::string quorum = "two_thirds";  ///< Of miner nodes; a wire::Quorum by name.
};
void add_engine_options(CLI::App& app, EngineSetup& setup);
[[nodiscard]] wire::ConsensusPolicy policy_of(const EngineSetup& setup);
/// How many miners the genesis names.
[[nodiscard]] std::size_t miners_of(const EngineSetup& setup);
/// "" for the default, else ", authority, 5 miner nodes (two_thirds)": stands in setup.json.
[[nodiscard]] std::string words_of(const EngineSetup& setup);

/// Most miner nodes that one process runs; chosen by us, as [3] has them.
inline constexpr std::size_t miner_nodes_max = 7;

struct EngineParts {  // all borrowed but the function
    const DataFolder& folder;
    ledger::Application& application;
    crypto::SignatureVerifier& verifier;
    const base::Clock& clock;
    identity::KeyStore& keys;
    Sequences& sequences;
    std::function<void(const base::Error&)> on_error;
};
/// The engine that the chain's genesis asks for. Miners that vote have their stores below
/// `miner_folder`. Errors: as `check_clock`; `too_large` if more miners are active than one process
/// runs; those of the stores.
[[nodiscard]] base::Result<std::unique_ptr<consensus::Engine>> start_engine(EngineParts parts);

/// Block time never goes back, so that one start with a clock far ahead would end every consent for
/// good: a clock more than 366 days (chosen by us) after the newest block is not believed, unless
/// the operator has made the empty file `accept-clock` in the folder, which is taken away: it
/// counts once. Errors: `conflict`, with what to do; those of the file system.
[[nodiscard]] base::Result<void> check_clock(const DataFolder& folder, base::TimePoint newest_block,
                                             base::TimePoint now);

/// Where miner `number`, from 1 in order of joining, has its stores.
[[nodiscard]] std::filesystem::path miner_folder(const DataFolder& folder, std::size_t number);

/// "equal opportunity; sealed by one node alone", "authority; approved by 4 of 5 miners, ...".
[[nodiscard]] std::string describe_engine(const ledger::Info& info);

}  // namespace cli
