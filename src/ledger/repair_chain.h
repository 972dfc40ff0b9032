// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "wire/block.h"
#include "wire/ids.h"
#include "wire/receipt.h"

namespace ledger {

struct RepairOptions {
    wire::Trust trust;
    /// The ledger's folder of another copy of the same chain; what it gives is held against hashes
    /// and signatures like anything else. A node may be writing there.
    std::optional<std::filesystem::path> from;
    /// From beside the ledger, for a ledger whose own is lost.
    std::optional<wire::Genesis> genesis;
    /// Where what is replaced goes; is made. It must be on the same disk.
    std::filesystem::path quarantine;
    /// Nothing is replaced; all else is done as it would be.
    bool dry_run = false;
    /// Called after each block that was executed anew; may be empty.
    std::function<void(wire::Height done, wire::Height total)> progress;
};

/// What was done about one block that was not read whole.
struct BlockRepair {
    wire::Height height = 0;
    std::string was;  ///< What is wrong with it here.
    std::string now;  ///< "fetched from the other copy" or "left out: ...".
};

struct RepairReport {
    bool damaged = false;  ///< Something was wrong.
    bool mended = false;   ///< All of it is mended, or would be but for `dry_run`.
    std::string finding;   ///< What verification says of the ledger as it was; empty if it holds.
    std::vector<std::string> files;  ///< Damaged ones, each with what is wrong.
    std::vector<BlockRepair> blocks;
    std::uint64_t blocks_kept = 0;      ///< Read here, whole.
    std::uint64_t entries_rebuilt = 0;  ///< Of state, history and indexes: lost or other before.
    std::vector<std::string> entries;   ///< The first of them, named.
    std::string chain_id;
    wire::Height height = 0;  ///< Of the tip, as verified.
    wire::HeaderHash tip_hash;
    std::optional<std::filesystem::path> quarantined;  ///< The ledger as it was.
    std::string refusal;  ///< One sentence: why nothing was changed; empty unless refused.
};

/// Mends the ledger in `folder`, which nobody may have open: intact blocks are executed anew from
/// the genesis into a new database, with every signature and every root checked; a damaged block is
/// taken from the other copy; one that was never acknowledged and is damaged is left out with all
/// behind it. The new ledger is verified, takes the old one's place in one step, and the old one
/// goes into quarantine. Whatever would lose an acknowledged block is refused and changes nothing.
/// Errors: `not_found` if there is no ledger, `unsupported_version`, `storage_full`, `unavailable`.
[[nodiscard]] base::Result<RepairReport> repair_chain(const std::filesystem::path& folder,
                                                      const RepairOptions& options);

}  // namespace ledger
