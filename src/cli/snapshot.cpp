// SPDX-License-Identifier: Apache-2.0
#include "cli/snapshot.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/office.h"
#include "cli/verify.h"
#include "crypto/hash.h"
#include "ledger/claims.h"
#include "ledger/history_log.h"
#include "ledger/verify_claim.h"
#include "state/tree.h"
#include "wire/claim.h"

namespace cli {
namespace {

using base::ErrorCode;
using base::Result;
using ledger::Snapshot;

/// Above both bounds of a chunk (1 MiB of a frame; one entry of the state alone).
constexpr std::size_t chunk_bytes_max = 64U << 20;
constexpr std::size_t metadata_bytes_max = 8U << 20;
constexpr std::uint32_t chunks_max = 99'999;  // five digits

int complain(const base::Error& error) {
    fmt::print(stderr, "salus: {}\n", error.detail);
    return 1;
}

std::filesystem::path chunk_file(const std::filesystem::path& files, std::uint32_t chunk) {
    return files / fmt::format("chunk-{:05}", chunk);
}

/// The ledger to be written, while no node runs.
struct Keeping {
    std::optional<storage::FolderLock> lock;
    LedgerOnDisk ledger;
};
Result<Keeping> open_ledger(const DataFolder& folder) {
    Keeping out;
    auto lock = storage::FolderLock::take(folder.databases());
    if (!lock) return base::fail(lock.error().code, "a node runs on this folder; stop it first");
    out.lock.emplace(std::move(*lock));
    auto store = storage::RocksStore::open(folder.database("ledger"));
    if (!store) return base::pass(store);
    out.ledger.store = std::move(*store);
    out.ledger.verifier = crypto::make_parallel_verifier(0);
    auto application = ledger::Application::open(*out.ledger.store, *out.ledger.verifier);
    if (!application) return base::pass(application);
    out.ledger.application = std::move(*application);
    return out;
}

/// It proves the header, with all that the anchor asks for, by a claim that holds on any chain: the
/// miner, as a patient, let nobody of a made-up name see anything. A receipt of a transaction would
/// need leaves of the history log that a restored copy does not have.
Result<std::string> receipt_of(const LedgerOnDisk& ledger, wire::Height height) {
    auto tree = state::StateTree::open(*ledger.store);
    if (!tree) return base::pass(tree);
    auto history = ledger::HistoryLog::open(*ledger.store);
    if (!history) return base::pass(history);
    const auto& blocks = ledger.application->blocks();
    const auto block = blocks.block(height);
    if (!block) return base::pass(block);
    wire::LedgerId nobody;
    nobody.bytes.fill(1);
    const ledger::ClaimBuilder builder({.blocks = blocks, .tree = **tree, .history = **history});
    const auto claim = builder.no_consent({.patient = block->header.miner,
                                           .category = wire::Category::vital_signs,
                                           .purpose = wire::Purpose::treatment,
                                           .readers = {&nobody, 1}},
                                          height);
    if (!claim) return base::pass(claim);
    return wire::to_json(*claim);
}

Result<void> write_files(const LedgerOnDisk& ledger, const Snapshot& snapshot,
                         const std::filesystem::path& files) {
    if (snapshot.chunks > chunks_max) {
        return base::fail(ErrorCode::too_large, "the snapshot has too many chunks");
    }
    if (auto made = storage::make_folder(files); !made) return made;
    for (std::uint32_t chunk = 0; chunk < snapshot.chunks; ++chunk) {
        const auto bytes =
            ledger.application->load_snapshot_chunk(snapshot.height, snapshot.format, chunk);
        if (!bytes) return base::pass(bytes);
        auto written = storage::write_file_synced(chunk_file(files, chunk), *bytes);
        if (!written) return written;
    }
    const auto receipt = receipt_of(ledger, snapshot.height);
    if (!receipt) return base::pass(receipt);
    auto written = storage::write_file_synced(files / "receipt.json", base::as_bytes(*receipt));
    if (!written) return written;
    return storage::write_file_synced(files / "metadata", snapshot.metadata);  // last: all is there
}

void print(const Snapshot& snapshot, bool json) {
    const auto hash = base::to_hex(snapshot.hash.view());
    if (!json) {
        fmt::print("block {}, {} chunks, {}\n", snapshot.height, snapshot.chunks, hash);
        return;
    }
    fmt::print("{}\n",
               boost::json::serialize(boost::json::object{
                   {"height", snapshot.height}, {"chunks", snapshot.chunks}, {"hash", hash}}));
}

Result<void> take(const SnapshotCommand& command) {
    std::error_code error;
    if (std::filesystem::exists(command.files / "metadata", error)) {
        return base::fail(ErrorCode::conflict,
                          command.files.string() + " holds a snapshot; name a new folder");
    }
    const auto keeping = open_ledger(command.folder);
    if (!keeping) return base::pass(keeping);
    const auto& ledger = keeping->ledger;
    if (!ledger.application->initialised()) {
        return base::fail(ErrorCode::not_found, "the ledger is empty; start the node once");
    }
    const auto snapshot = ledger.application->take_snapshot();
    if (!snapshot) return base::pass(snapshot);
    if (auto written = write_files(ledger, *snapshot, command.files); !written) return written;
    print(*snapshot, command.json);
    return {};
}

/// The block that the files say they are of, if the anchor vouches for it.
Result<ledger::TrustedHeader> trusted_header(const SnapshotCommand& command) {
    const auto anchor = storage::read_file(command.trust, wire::trust_bytes_max);
    if (!anchor) return base::pass(anchor);
    const auto trust = wire::trust_from_json(base::as_text(*anchor));
    if (!trust) return base::pass(trust);
    const auto receipt = storage::read_file(command.files / "receipt.json", wire::claim_bytes_max);
    if (!receipt) return base::pass(receipt);
    const auto verdict = ledger::verify_claim(*receipt, *trust);
    if (verdict.status != ledger::ClaimStatus::verified) {
        return base::fail(verdict.code.value_or(ErrorCode::malformed),
                          "the anchor does not vouch for the snapshot's block: " + verdict.words);
    }
    const auto claim = wire::claim_from_json(base::as_text(*receipt));
    if (!claim) return base::pass(claim);
    return ledger::TrustedHeader{.height = *verdict.height,
                                 .hash = wire::hash_of_header(claim->header)};
}

Result<Snapshot> read_offer(const SnapshotCommand& command, wire::Height height) {
    auto metadata = storage::read_file(command.files / "metadata", metadata_bytes_max);
    if (!metadata) return base::pass(metadata);
    Snapshot out;
    out.height = height;
    out.hash = wire::Hash256{crypto::sha256(*metadata)};
    out.metadata = std::move(*metadata);
    std::error_code error;
    while (out.chunks < chunks_max &&
           std::filesystem::exists(chunk_file(command.files, out.chunks), error)) {
        ++out.chunks;
    }
    return out;
}

Result<void> apply(ledger::Application& application, const SnapshotCommand& command,
                   const Snapshot& snapshot) {
    for (std::uint32_t chunk = 0; chunk < snapshot.chunks; ++chunk) {
        const auto bytes = storage::read_file(chunk_file(command.files, chunk), chunk_bytes_max);
        if (!bytes) return base::pass(bytes);
        const auto progress = application.apply_snapshot_chunk(chunk, *bytes);
        if (!progress) return base::pass(progress);
        if (progress->complete) return {};
    }
    return base::fail(ErrorCode::malformed, "chunks of the snapshot are missing");
}

Result<void> restore(const SnapshotCommand& command) {
    const auto trusted = trusted_header(command);
    if (!trusted) return base::pass(trusted);
    const auto offer = read_offer(command, trusted->height);
    if (!offer) return base::pass(offer);
    for (const auto& path : {command.folder.root, command.folder.databases()}) {
        if (auto made = storage::make_folder(path); !made) return made;
    }
    const auto keeping = open_ledger(command.folder);
    if (!keeping) return base::pass(keeping);
    auto& application = *keeping->ledger.application;
    if (auto offered = application.offer_snapshot(*offer, *trusted); !offered) return offered;
    if (auto applied = apply(application, command, *offer); !applied) return applied;
    std::error_code error;
    if (!std::filesystem::exists(command.folder.trust(), error)) {
        const auto anchor = storage::read_file(command.trust, wire::trust_bytes_max);
        if (!anchor) return base::pass(anchor);
        auto copied = storage::write_file_synced(command.folder.trust(), *anchor);
        if (!copied) return copied;
    }
    print(*offer, command.json);
    return {};
}

}  // namespace

int snapshot_take_command(const SnapshotCommand& command) {
    const auto done = take(command);
    return done ? 0 : complain(done.error());
}

int snapshot_list_command(const SnapshotCommand& command) {
    const auto ledger = read_ledger(command.folder);
    if (!ledger) return complain(ledger.error());
    const auto snapshots = ledger->application->list_snapshots();
    if (!snapshots) return complain(snapshots.error());
    for (const auto& snapshot : *snapshots) print(snapshot, command.json);
    return 0;
}

int snapshot_restore_command(const SnapshotCommand& command) {
    const auto done = restore(command);
    return done ? 0 : complain(done.error());
}

}  // namespace cli
