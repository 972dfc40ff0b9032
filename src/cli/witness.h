// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "cli/data_folder.h"
#include "storage/files.h"
#include "witness/witness.h"

namespace cli {

/// Exit code of a witness that refuses to cosign, apart from that of a fault of its own (1).
inline constexpr int witness_refuses = 3;

/// A witness's folder while this process owns it: keys/node.key, keys/witness.pem, witness.key (the
/// verifier key, whose name is the witness's) and cosigned/.
struct OpenWitness {
    storage::FolderLock lock;
    witness::Witness witness;
};
/// Borrows `clock`. Errors: `not_found` with what to do if the folder is no witness's; `busy`;
/// those of files and keys.
[[nodiscard]] base::Result<OpenWitness> open_witness(const DataFolder& folder,
                                                     const base::Clock& clock);
/// Prints why, and under a fork the note that stands against the one offered. Returns the exit
/// code.
[[nodiscard]] int refuse(const witness::Refused& refused);

struct WitnessCommand {
    DataFolder folder;  ///< The witness's own: keys and what it cosigned.
    std::string name;   ///< For `init`: under which it signs, e.g. "regulator.example/w1".
    /// For `init`: the trust file of a chain whose log it is to watch.
    std::optional<std::filesystem::path> trust;
    std::filesystem::path checkpoint;                  ///< For `cosign`.
    std::optional<std::filesystem::path> consistency;  ///< For `cosign`; not needed the first time.
    std::optional<std::filesystem::path> out;          ///< For `cosign`; nothing: standard output.
    std::string node;                                  ///< For `follow`: "http://HOST:PORT".
    std::uint32_t interval_s = 5;                      ///< For `follow`.
    bool once = false;                                 ///< For `follow`: end after one round.
};
/// Makes the witness's key where there is none, and watches the log of `trust`. Prints the verifier
/// key, for nodes to admit. May be called again for another log.
[[nodiscard]] int witness_init_command(const WitnessCommand& command);
/// Cosigns a checkpoint if it begins with what was cosigned before, offline. Exit 3: refused.
[[nodiscard]] int witness_cosign_command(const WitnessCommand& command);

/// Fetches a node's checkpoints again and again, cosigns and hands them in, until it is ended. Exit
/// 3: the node showed something that contradicts what was cosigned before.
[[nodiscard]] int witness_follow_command(const WitnessCommand& command);

}  // namespace cli
