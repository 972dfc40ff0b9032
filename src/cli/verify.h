// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>

#include "base/error.h"
#include "cli/data_folder.h"
#include "ledger/verify_chain.h"

namespace cli {

/// Exit codes of `salus verify`.
inline constexpr int verify_holds = 0;
inline constexpr int verify_fails = 1;
inline constexpr int verify_issuer_unknown = 3;

struct VerifyRequest {
    std::optional<std::filesystem::path> trust;  ///< Nothing: the folder's own trust.json.
    std::optional<std::filesystem::path> checkpoint;
    std::function<void(wire::Height done, wire::Height total)> progress;
};
struct FolderReport {
    ledger::ChainReport chain;
    std::uint64_t databases = 0;  ///< Whose every byte was read.
    std::uint64_t miners = 0;     ///< Miner nodes whose replica and notes were checked.
    /// The chain's finding, or that of another database, vault object or miner node; empty: all
    /// holds.
    std::string finding;
    [[nodiscard]] bool ok() const { return finding.empty(); }
};
/// The chain, all databases, every vault object and every miner node's replica of a data folder.
/// May run beside a node.
[[nodiscard]] base::Result<FolderReport> verify_folder(const DataFolder& folder,
                                                       const VerifyRequest& request);

struct VerifyCommand {
    std::filesystem::path target;  ///< A data folder, or a receipt.
    std::optional<std::filesystem::path> trust;
    std::optional<std::filesystem::path> checkpoint;
    std::optional<std::filesystem::path> write_checkpoint;
    std::size_t witnesses_required = 0;  ///< Of a receipt: so many of the anchor's.
    bool json = false;
};
[[nodiscard]] int verify_chain_command(const VerifyCommand& command);
[[nodiscard]] int verify_receipt_command(const VerifyCommand& command);

}  // namespace cli
