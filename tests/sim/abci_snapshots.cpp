// SPDX-License-Identifier: Apache-2.0
// State sync and pruning.
#include <fmt/format.h>

#include <algorithm>

#include "abci_world.h"
#include "base/check.h"

namespace sim {

using base::ErrorCode;

void AbciWorld::take_snapshot(Replica& replica) {
    const auto height = replica.app().info().height;
    if (height == 0) return;
    const auto snapshot = replica.app().take_snapshot();
    replica.plain = false;
    if (!snapshot) {
        require(!replica.disk().powered(), "take_snapshot: " + snapshot.error().detail);
        replica.bury();
        return;
    }
    say(fmt::format("{} snapshot {} of {} chunks", replica.name(), height, snapshot->chunks));
    require(snapshot->height == height, "a snapshot of another height");
    const auto [first, fresh] = snapshots_.emplace(height, *snapshot);
    require(fresh || first->second == *snapshot, "two replicas describe one height differently");
    for (std::uint32_t chunk = 0; chunk < snapshot->chunks; ++chunk) {
        const auto bytes = replica.app().load_snapshot_chunk(height, snapshot->format, chunk);
        require(bytes.has_value(), "a chunk of a listed snapshot cannot be loaded");
        const auto digest = crypto::sha256(*bytes);
        const auto at = chunks_.emplace(std::pair{height, chunk}, digest).first;
        require(at->second == digest, "two replicas make other bytes of one chunk");
    }
}

bool AbciWorld::restore(Replica& replica, Replica& source, bool faults) {
    const auto listed = source.app().list_snapshots();
    require(listed.has_value(), "list_snapshots failed");
    if (listed->empty()) return false;
    const auto snapshot = dice_.pick(*listed);
    say(fmt::format("{} begins anew with snapshot {} of {}", replica.name(), snapshot.height,
                    source.name()));
    replica.wipe();
    // Whether or not it hears of the end: a crash at the last write may leave it restored.
    replica.restored = true;
    replica.plain = false;
    replica.first_known = snapshot.height;
    genesis_acknowledged_[replica.index()] = false;
    replica.start();
    const auto& entry = decided_[entry_of_height_[snapshot.height - 1]];
    if (faults && dice_.chance(1, 4)) {  // an attempt that the light client's header ends
        auto other = entry.app_hash;
        other.bytes[7] ^= 1;
        const auto offered =
            replica.app().offer_snapshot(snapshot, {.height = snapshot.height, .hash = other});
        if (offered) {
            (void)restore_chunks(replica, source, snapshot, false);
            require(!replica.app().initialised(), "a snapshot of another chain was taken");
        }
    }
    const auto offered =
        replica.app().offer_snapshot(snapshot, {.height = snapshot.height, .hash = entry.app_hash});
    if (!offered && !replica.disk().powered()) {
        replica.bury();
        return false;
    }
    require(offered.has_value(), "an honest snapshot is refused");
    if (faults && dice_.chance(1, 3)) arm(replica);
    if (!restore_chunks(replica, source, snapshot, faults)) {
        require(!replica.running(), "an honest chunk is refused");
        return false;
    }
    require(replica.app().initialised(), "all chunks were applied, and there is no chain");
    genesis_acknowledged_[replica.index()] = true;
    check_start(replica);
    require(replica.app().info().height == snapshot.height, "restored to another height");
    return true;
}

/// False: the disk failed on the way, or the attempt is over.
bool AbciWorld::restore_chunks(Replica& replica, Replica& source, const ledger::Snapshot& snapshot,
                               bool faults) {
    for (std::uint32_t chunk = 0; chunk < snapshot.chunks; ++chunk) {
        auto bytes = source.app().load_snapshot_chunk(snapshot.height, snapshot.format, chunk);
        require(bytes.has_value(), "a chunk of a listed snapshot cannot be loaded");
        if (faults && dice_.chance(1, 3)) {
            auto damaged = *bytes;
            damaged[dice_.below(damaged.size())] ^= 1;
            require(!replica.app().apply_snapshot_chunk(chunk, damaged).has_value(),
                    "a damaged chunk was applied");
        }
        if (faults && dice_.chance(1, 4)) {
            require(!replica.app().apply_snapshot_chunk(chunk + 1, *bytes).has_value(),
                    "a chunk was applied out of order");
        }
        if (!replica.disk().powered()) break;
        const auto applied = replica.app().apply_snapshot_chunk(chunk, *bytes);
        say(fmt::format("{} apply_snapshot_chunk {} {}", replica.name(), chunk,
                        applied ? "ok" : base::name_of(applied.error().code)));
        if (!applied && replica.disk().powered()) return false;
        if (!applied) break;
        require(applied->complete == (chunk + 1 == snapshot.chunks), "complete too early or late");
    }
    if (replica.disk().powered()) return true;
    replica.bury();
    return false;
}

void AbciWorld::prune(Replica& replica, wire::Height retain) {
    replica.plain = false;
    replica.first_known = std::max(replica.first_known, retain);
    // Each call is a bounded step; what a listed snapshot needs stays.
    for (int steps = 0; steps < 1'000; ++steps) {
        const auto pruned = replica.app().prune(retain);
        if (!pruned) {
            require(!replica.disk().powered(), "prune: " + pruned.error().detail);
            replica.bury();
            return;
        }
        if (!pruned->done) continue;
        say(fmt::format("{} pruned below {}: blocks from {}, states from {}", replica.name(),
                        retain, pruned->first_block, pruned->first_state));
        require(pruned->first_block <= replica.first_known &&
                    pruned->first_state <= replica.first_known,
                "more was pruned than was asked for");
        return;
    }
    throw Violation("pruning does not end");
}

}  // namespace sim
