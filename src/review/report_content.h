// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "monitor/alarm.h"
#include "series/series_store.h"
#include "wire/frame.h"
#include "wire/ids.h"

namespace review {

/// One reading as it stands in an approved report.
struct ContentReading {
    wire::DeviceId device;
    base::TimePoint gateway_time;
    series::Quality quality{};
    wire::Reading reading;
    friend bool operator==(const ContentReading&, const ContentReading&) = default;
};

/// What an approved report says: the bytes that the vault keeps and the chain's hashes stand for.
/// docs/formats/report.md has the layout.
struct ReportContent {
    wire::LedgerId patient;
    wire::LedgerId doctor;  ///< The one responsible when the report was cut.
    base::TimePoint period_start;
    base::TimePoint period_end;
    std::vector<ContentReading> readings;  ///< In the order of the series.
    std::vector<monitor::Alarm> alarms;    ///< As they stood when the report was cut.
    friend bool operator==(const ReportContent&, const ReportContent&) = default;
};

/// The same content gives the same bytes.
[[nodiscard]] base::Bytes encode(const ReportContent& content);
/// Errors: `malformed`.
[[nodiscard]] base::Result<ReportContent> decode_content(base::ByteView bytes);

/// A reading's own bytes within the content.
[[nodiscard]] base::Bytes encode(const ContentReading& reading);
/// Leaf of a reading in the report's tree: SHA-256(0x00 | salt | reading), RFC 9162 over salted
/// data.
[[nodiscard]] wire::Hash256 leaf_of(const ContentReading& reading,
                                    const std::array<std::uint8_t, 32>& leaf_salt);
/// RFC 9162 root over the leaves in order: `readings_root` of the transaction.
[[nodiscard]] wire::Hash256 root_of(const std::vector<ContentReading>& readings,
                                    const std::array<std::uint8_t, 32>& leaf_salt);

}  // namespace review
