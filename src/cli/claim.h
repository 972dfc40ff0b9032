// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "chain/queries.h"
#include "cli/data_folder.h"
#include "wire/claim.h"

namespace cli {

/// Words as they were given; nothing is checked yet.
struct ClaimCommand {
    DataFolder folder;
    std::string patient;
    std::vector<std::string> readers;
    std::string category = "vital_signs";
    std::string purpose = "treatment";
    std::string content_id;
    std::string transaction;
    wire::Height height = 0;  ///< 0: the newest block, or that of the checkpoint.
    std::optional<std::filesystem::path> checkpoint;
    std::string form = "json";  ///< "json", "binary" or "text".
    std::optional<std::filesystem::path> out;
    bool qr = false;  ///< Print a QR code of the text form in place of the receipt.
};

/// What `command` asks of the state. Errors: `malformed`, naming the option.
[[nodiscard]] base::Result<chain::ClaimQuestion> question_of(const ClaimCommand& command,
                                                             chain::ClaimKind kind);
/// The id of the transaction that is asked for. Errors: `malformed`.
[[nodiscard]] base::Result<wire::TxId> transaction_of(const ClaimCommand& command);
/// Errors: `malformed` for an unknown form.
[[nodiscard]] base::Result<base::Bytes> written_as(const wire::Claim& claim, std::string_view form);

/// Both make a receipt from the folder alone, read only, and write it as asked; a node may run
/// beside. The exit code: 0, or 1 with one sentence on standard error.
[[nodiscard]] int claim_state_command(const ClaimCommand& command, chain::ClaimKind kind);
[[nodiscard]] int claim_transaction_command(const ClaimCommand& command);

}  // namespace cli
