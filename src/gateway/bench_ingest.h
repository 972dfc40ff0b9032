// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/error.h"
#include "series/series_store.h"

namespace gateway {

/// Sealed readings opened, checked, stored (RocksDB, synced) and acknowledged a second on one core,
/// against AES-256-GCM opening frames of the very same sizes and doing nothing else, in the same
/// run. Frames are data records of PDAs' sessions, each with one batch of one device. No broker:
/// they are handed to the gateway as its transport would.
struct IngestBenchOptions {
    std::size_t devices = 64;            ///< Each with a PDA of its own, and so with a session.
    std::size_t readings = 400'000;      ///< In all; rounded to whole frames.
    std::size_t readings_per_frame = 4;  ///< What a bedside monitor sends each second.
    std::size_t group_frames = 512;      ///< Frames in one synced write.
    /// Called once before the time begins, e.g. to let a monitor follow; its work is then measured
    /// as well. What it borrows from the series it gives up in the function it returns.
    std::function<std::function<void()>(series::SeriesStore&)> attach;
};
struct IngestBench {
    double readings_per_second = 0;  ///< readings / core_seconds
    double frames_per_second = 0;
    /// The larger of wall time and the process's processor time: neither waiting for the disk nor
    /// RocksDB's own threads come for free.
    double core_seconds = 0;
    double wall_seconds = 0;
    /// AES-256-GCM alone on the same frames, the mean of before and after.
    double bound_readings_per_second = 0;
    double ratio = 0;  ///< readings_per_second / bound_readings_per_second
    std::uint64_t readings = 0;
    std::uint64_t frames = 0;
    double frame_bytes = 0;  ///< Mean size, header and tag included.
};
/// Writes below `folder`, which must be empty or absent, and leaves the database there.
/// Errors: those of the stores; `corrupted` if a frame was refused, which would be a fault of ours.
[[nodiscard]] base::Result<IngestBench> run_ingest_bench(const std::filesystem::path& folder,
                                                         const IngestBenchOptions& options);

}  // namespace gateway
