// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "review/internal/periods.h"
#include "review/review.h"
#include "wire/ids.h"

namespace review::internal {

/// What the vault holds of a report since the first try to approve it: a later try uses it again.
struct SealedContent {
    wire::ContentId content_id;
    wire::Hash256 content_hash;
    wire::Hash256 readings_root;
};

/// A report as it stands on disk: what people see, which readings it has, and how far its approval
/// has come.
struct Record {
    ReportView view;
    Cut cut;
    std::optional<SealedContent> sealed;
    base::Bytes envelope;  ///< The signed transaction while `submitting`.
};

[[nodiscard]] base::Bytes encode(const Record& record);
/// Errors: `corrupted`.
[[nodiscard]] base::Result<Record> decode_record(base::ByteView bytes);

inline constexpr std::string_view report_prefix = "review/report/";
inline constexpr std::string_view periods_prefix = "review/periods/";
inline constexpr std::string_view position_key = "review/position";
[[nodiscard]] base::Bytes report_key(std::uint64_t id);
[[nodiscard]] base::Bytes periods_key(const wire::LedgerId& patient);

}  // namespace review::internal
