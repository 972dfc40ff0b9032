// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "chain/block_source.h"
#include "cli/data_folder.h"
#include "identity/key_store.h"
#include "wire/receipt.h"
#include "witness/publisher.h"

namespace cli {

/// Errors: those of files and of `wire::trust_from_json`.
[[nodiscard]] base::Result<wire::Trust> read_trust_file(const std::filesystem::path& file);

/// A new key for the chain's checkpoints, in the folder's keys; how trust.json names it.
[[nodiscard]] base::Result<std::string> create_checkpoint_key(const DataFolder& folder,
                                                              const identity::KeyStore& keys,
                                                              std::string_view chain_id);
/// Null if trust.json names no checkpoint key: the folder was set up before there were any.
/// Borrows `blocks` and `clock`.
struct PublisherParts {
    const identity::KeyStore& keys;
    const chain::BlockSource& blocks;
    const base::Clock& clock;
};
[[nodiscard]] base::Result<std::unique_ptr<witness::CheckpointPublisher>> open_publisher(
    const DataFolder& folder, const PublisherParts& parts);

/// Whether a trust file may name this verifier key. Errors: `malformed` saying what it may hold.
[[nodiscard]] base::Result<void> check_nameable(std::string_view verifier_key);

struct AdmitCommand {
    DataFolder folder;
    std::string key;  ///< The witness's verifier key.
};
/// Adds a witness to the node's trust.json; the node reads it at its next start.
[[nodiscard]] int admit_command(const AdmitCommand& command);

struct VerifyCheckpointCommand {
    std::filesystem::path file;
    std::filesystem::path trust;
    std::size_t required = 0;
    bool json = false;
};
/// Checks a checkpoint offline: prints what it says and who witnessed it.
[[nodiscard]] int verify_checkpoint_command(const VerifyCheckpointCommand& command);

}  // namespace cli
