// SPDX-License-Identifier: Apache-2.0
#include "gateway/bench_ingest.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace gateway {
namespace {

TEST(IngestBench, StoresEachReadingOfItsLoadWithAFollowerAttached) {
    // Method: a small run; speed itself is never tested.
    const auto folder =
        std::filesystem::temp_directory_path() / ("salus-ingest-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder);
    for (const std::size_t readings_per_frame : {std::size_t{4}, std::size_t{256}}) {
        std::uint64_t followed = 0;
        bool detached = false;
        IngestBenchOptions options;
        options.devices = 3;
        options.readings = 2'048;
        options.readings_per_frame = readings_per_frame;
        options.attach = [&](series::SeriesStore& series) -> std::function<void()> {
            EXPECT_TRUE(series.follow(0, [&followed](const series::StoredBatch& batch) {
                followed += batch.readings.size();
            }));
            return [&detached] { detached = true; };
        };
        const auto bench = run_ingest_bench(folder / std::to_string(readings_per_frame), options);
        ASSERT_TRUE(bench) << bench.error().detail;
        EXPECT_EQ(bench->readings, 2'048U);
        EXPECT_EQ(bench->frames, 2'048 / readings_per_frame);
        EXPECT_EQ(followed, 2'048U);
        EXPECT_TRUE(detached);
        EXPECT_GT(bench->ratio, 0);
        RecordProperty("ratio_" + std::to_string(readings_per_frame), std::to_string(bench->ratio));
    }
    IngestBenchOptions options;
    options.readings_per_frame = 257;
    EXPECT_FALSE(run_ingest_bench(folder / "wrong", options));
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace gateway
