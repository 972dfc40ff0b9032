// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_startup.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/clock.h"
#include "crypto/signature_verifier.h"
#include "ledger/application.h"
#include "ledger/long_chain.h"
#include "storage/rocks_store.h"

namespace cli {
namespace {

namespace fs = std::filesystem;
using base::Result;
using Steady = std::chrono::steady_clock;

constexpr std::uint64_t short_blocks = 1'000;
constexpr int rounds = 5;  // odd, for a median

Result<void> make_chain(const fs::path& folder, std::uint64_t blocks,
                        const std::function<void(wire::Height)>& on_block) {
    const auto store = storage::RocksStore::open(folder);
    if (!store) return base::pass(store);
    const auto chain = ledger::LongChain::begin(**store, base::SystemClock().now());
    if (!chain) return base::pass(chain);
    return (*chain)->append(blocks - 1, on_block);
}

/// What the system holds of the files in memory is written out and let go of.
std::uint64_t forget_files(const fs::path& folder) {
    std::uint64_t bytes = 0;
    for (const auto& at : fs::recursive_directory_iterator(folder)) {
        if (!at.is_regular_file()) continue;
        bytes += at.file_size();
        const int file = ::open(at.path().c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0) continue;
        ::fsync(file);
        ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
        ::close(file);
    }
    return bytes;
}

Result<double> start_once(const fs::path& folder) {
    const auto begin = Steady::now();
    const auto store = storage::RocksStore::open(folder);
    if (!store) return base::pass(store);
    const auto verifier = crypto::make_parallel_verifier(0);
    const auto application = ledger::Application::open(**store, *verifier);
    if (!application) return base::pass(application);
    if (const auto turn = (*application)->next_turn(); !turn) return base::pass(turn);
    return std::chrono::duration<double>(Steady::now() - begin).count();
}

/// The median of several starts.
Result<double> start(const fs::path& folder, bool cold) {
    std::vector<double> seconds;
    for (int round = 0; round < rounds; ++round) {
        if (cold) forget_files(folder);
        const auto took = start_once(folder);
        if (!took) return took;
        seconds.push_back(*took);
    }
    std::ranges::nth_element(seconds, seconds.begin() + rounds / 2);
    return seconds[rounds / 2];
}

}  // namespace

Result<StartupBench> run_startup_bench(const fs::path& folder, std::uint64_t blocks,
                                       const std::function<void(wire::Height)>& on_block) {
    StartupBench bench{.blocks = blocks};
    if (auto made = make_chain(folder / "short", short_blocks, {}); !made) return base::pass(made);
    if (auto made = make_chain(folder / "long", blocks, on_block); !made) return base::pass(made);
    bench.bytes_a_block =
        static_cast<double>(forget_files(folder / "long")) / static_cast<double>(blocks);
    const auto brief = start(folder / "short", true);
    if (!brief) return base::pass(brief);
    const auto cold = start(folder / "long", true);
    if (!cold) return base::pass(cold);
    const auto warm = start(folder / "long", false);
    if (!warm) return base::pass(warm);
    bench.short_seconds = *brief;
    bench.seconds = *cold;
    bench.warm_seconds = *warm;
    return bench;
}

}  // namespace cli
