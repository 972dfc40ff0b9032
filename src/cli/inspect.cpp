// SPDX-License-Identifier: Apache-2.0
#include "cli/inspect.h"

#include <fmt/format.h>

#include "ledger/block_store.h"
#include "series/series_store.h"
#include "storage/rocks_store.h"
#include "wire/transaction.h"

namespace cli {
namespace {

using base::Result;

Result<void> print_blocks(const DataFolder& folder) {
    const auto store = storage::RocksStore::open_read_only(folder.database("ledger"));
    if (!store) return base::pass(store);
    const ledger::BlockStore blocks(**store);
    const auto tip = blocks.tip();
    if (!tip) return base::pass(tip);
    const auto beginning = blocks.beginning();
    if (!beginning) return base::pass(beginning);
    for (wire::Height height = beginning->lowest; *tip && height <= (*tip)->height; ++height) {
        const auto block = blocks.block(height);
        if (!block) return base::pass(block);
        fmt::print("block {} {}\n", height,
                   base::to_hex(wire::hash_of_header(block->header_bytes).view()));
        for (const auto& envelope : block->transactions) {
            const auto tx = wire::decode_transaction(envelope);
            if (!tx) return base::pass(tx);
            fmt::print("transaction {} {} {}\n", height, wire::name_of(tx->body.action),
                       base::to_hex(wire::id_of(*tx).view()));
        }
    }
    return {};
}

Result<void> print_batches(const DataFolder& folder) {
    const auto store = storage::RocksStore::open_read_only(folder.database("series"));
    if (!store) return base::pass(store);
    const auto series = series::SeriesStore::open(**store);
    if (!series) return base::pass(series);
    return (*series)->read_after(0, [](const series::StoredBatch& batch) {
        fmt::print("batch {} {} {}\n", base::to_hex(batch.device.view()), batch.counter,
                   batch.readings.size());
        return true;
    });
}

}  // namespace

int inspect_command(const DataFolder& folder) {
    for (const auto print : {print_blocks, print_batches}) {
        const auto printed = print(folder);
        if (!printed) {
            fmt::print(stderr, "salus: {}\n", printed.error().detail);
            return 1;
        }
    }
    return 0;
}

}  // namespace cli
