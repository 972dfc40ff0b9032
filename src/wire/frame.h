// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "wire/ids.h"
#include "wire/vital.h"

namespace wire {

/// What is sealed in one record is at most 16 KiB, a batch at most 256 readings, a strip at most
/// 2,048 samples. content.h has the record's content.
inline constexpr std::size_t frame_bytes_max = 16'384;
inline constexpr std::size_t batch_readings_max = 256;
inline constexpr std::size_t waveform_samples_max = 2'048;

struct Reading {
    Vital vital{};
    base::TimePoint time;                      ///< By the device's clock.
    std::int64_t value_milli = 0;              ///< Thousandths of the vital's unit; 0 for a strip.
    std::vector<std::int32_t> waveform_micro;  ///< Millionths of the unit; empty but for strips.
    std::uint32_t period_us = 0;               ///< Between samples of the strip.
    friend bool operator==(const Reading&, const Reading&) = default;
};

/// `finished`: the last of a recording; what is gathered so far may be reported at once.
enum class DeviceStatus : std::uint8_t { running = 1, sensor_off = 2, finished = 3 };

struct ReadingBatch {
    std::uint64_t counter = 0;  ///< The device's own, from 1, persistent.
    std::vector<Reading> readings;
    DeviceStatus status = DeviceStatus::running;
    base::TimePoint clock;             ///< The device's clock at sealing: the patient's now.
    std::uint32_t speed_milli = 1000;  ///< Patient milliseconds per second of the gateway.
    friend bool operator==(const ReadingBatch&, const ReadingBatch&) = default;
};
struct Acknowledgement {
    std::vector<std::uint64_t> counters;
    base::TimePoint gateway_time;
    friend bool operator==(const Acknowledgement&, const Acknowledgement&) = default;
};

[[nodiscard]] base::Bytes encode(const ReadingBatch& batch);
[[nodiscard]] base::Bytes encode(const Acknowledgement& acknowledgement);
/// Parse bytes that came out of a seal. Errors: `malformed`, `too_large`.
[[nodiscard]] base::Result<ReadingBatch> decode_batch(base::ByteView plaintext);
[[nodiscard]] base::Result<Acknowledgement> decode_acknowledgement(base::ByteView plaintext);

}  // namespace wire
