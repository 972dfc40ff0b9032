// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/error.h"
#include "wire/ids.h"
#include "wire/receipt.h"

namespace ledger {

/// The tip of a chain, kept elsewhere: finds a chain that was cut back together with its head.
/// Text of three lines: "chain ID", "height N", "header HEX".
struct Checkpoint {
    std::string chain_id;
    wire::Height height = 0;
    wire::HeaderHash header_hash;
    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};
[[nodiscard]] std::string to_text(const Checkpoint& checkpoint);
/// Errors: `malformed`, naming the line.
[[nodiscard]] base::Result<Checkpoint> checkpoint_from_text(std::string_view text);
/// Errors: those of storage::write_file_synced and read_file, `malformed`.
[[nodiscard]] base::Result<void> write_checkpoint(const std::filesystem::path& file,
                                                  const Checkpoint& checkpoint);
[[nodiscard]] base::Result<Checkpoint> read_checkpoint(const std::filesystem::path& file);

struct VerifyOptions {
    /// The anchor. Where it came from is for the caller to say (`anchor_independent`).
    wire::Trust trust;
    bool anchor_independent = false;
    std::optional<Checkpoint> checkpoint;
    /// Called about every block; may be empty.
    std::function<void(wire::Height done, wire::Height total)> progress;
    /// Called once for each report's content, in order of blocks; an error is a finding, with the
    /// block. May be empty: then vault objects are not checked and the report says so.
    std::function<base::Result<void>(const wire::ContentId&)> check_object;
};

struct ChainReport {
    bool ok = false;
    std::string chain_id;
    wire::Height height = 0;  ///< Of the tip.
    /// Above 1: the blocks before it are not here (pruned, or before the snapshot that the replica
    /// began with), and what is here was checked as far as that allows.
    wire::Height first_block = 1;
    /// Where `first_block` is above 1: the first block whose seal and approvals were checked; 0: of
    /// none, as no state before a block is kept.
    wire::Height first_seal = 0;
    std::uint64_t blocks = 0;         ///< Verified before the finding, if there is one.
    std::uint64_t transactions = 0;   ///< In those blocks.
    std::uint64_t vault_objects = 0;  ///< Checked with `check_object`.
    bool objects_checked = false;
    bool anchor_independent = false;
    /// Empty if all holds; else what does not: the block's height and the field, or the file.
    std::string finding;
    wire::HeaderHash tip_hash;
};

/// Checks the ledger in `folder` (the one that holds the database) from genesis: each byte of each
/// file, each header, seal and signature, whose turn it was, and by re-execution every root and
/// every stored value. Changes nothing and may run while a node writes. Errors: `not_found` if
/// there is no ledger; whatever is wrong with the ledger itself is the report's finding.
[[nodiscard]] base::Result<ChainReport> verify_chain(const std::filesystem::path& folder,
                                                     const VerifyOptions& options);

/// "verified 120 blocks, 840 transactions ..." in one line, with the strength of the anchor.
[[nodiscard]] std::string words_of(const ChainReport& report);

}  // namespace ledger
