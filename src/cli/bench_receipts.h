// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace cli {

/// Times are medians of many rounds, sizes bytes.
struct ReceiptFigures {
    std::string kind;               ///< As wire::name_of says, and who approved.
    std::size_t verifications = 0;  ///< P-256 signatures that the receipt holds.
    double verifications_us = 0;    ///< Those alone, their keys decoded before.
    double compact_us = 0;          ///< The whole verification from the compact form.
    double json_us = 0;             ///< The same from the JSON.
    double side_by_side_us = 0;     ///< From the compact form, by a verifier with a thread a core.
    std::size_t compact_bytes = 0;
    std::size_t json_bytes = 0;
    std::size_t text_bytes = 0;
};
struct ReceiptsBench {
    std::uint64_t miners = 0;
    std::uint64_t blocks = 0;
    std::vector<ReceiptFigures> kinds;
};
/// A chain in memory of 100 miners and 1,000 blocks of a report each, with 1,000 doctors of whom
/// one patient lets 20 see vital signs; a receipt of each kind, verified by the anchor that names
/// the miners: sealed by one of them alone, approved by 3 of 4, and by 5 of 7. Errors: the
/// ledger's.
[[nodiscard]] base::Result<ReceiptsBench> run_receipts_bench();

}  // namespace cli
