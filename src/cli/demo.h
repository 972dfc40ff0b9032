// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "cli/data_folder.h"
#include "cli/engine.h"
#include "wire/ids.h"

namespace cli {

/// What a folder is set up for at its first start.
struct DemoSetup {
    std::filesystem::path replay;  ///< A folder of recordings; empty: simulated patients.
    std::uint32_t patients = 6;    ///< Simulated ones.
    std::uint64_t seed = 1;
    bool program_approves = false;  ///< Patients consent to the demo program as well.
    EngineSetup engine;
};
inline constexpr std::string_view demo_password = "salus-demo";

/// The ids that the node needs again at each start; stands in setup.json.
struct SetupRecord {
    bool demo = true;
    /// "simulate 6", "replay <folder>", each with the engine: must be the same at each start.
    std::string source;
    wire::LedgerId administrator;
    wire::LedgerId cloud_server;
    wire::LedgerId demo_program;
    wire::LedgerId key_generator;
};

/// Sets the folder up where that was not done yet: genesis, keys, people, the key generator, PDAs
/// and devices, and the signed transactions that enrol and certify them. A set-up that was
/// interrupted begins again. Errors: `conflict` if the folder was set up for other patients, or as
/// `read_setup`; those of files and recordings.
[[nodiscard]] base::Result<SetupRecord> set_up(const DataFolder& folder, const DemoSetup& setup,
                                               const base::Clock& clock, base::Random& random);
/// Errors: `not_found` with what to do if the folder was never set up; `conflict` with
/// what to do if that was before keys were agreed in sessions.
[[nodiscard]] base::Result<SetupRecord> read_setup(const DataFolder& folder);

/// The signed transactions of the first start, in order; empty once they are on the chain.
[[nodiscard]] base::Result<std::vector<base::Bytes>> first_transactions(const DataFolder& folder);

}  // namespace cli
