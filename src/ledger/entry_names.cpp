// SPDX-License-Identifier: Apache-2.0
#include "ledger/entry_names.h"

#include "ledger/block_store.h"
#include "ledger/history_log.h"
#include "state/tree.h"

namespace ledger {

using base::ByteView;

namespace {

std::string number_at(ByteView key, std::size_t at) {
    return key.size() >= at + 8 ? std::to_string(base::read_u64(key.subspan(at))) : "?";
}

std::string name_of_block_entry(ByteView key) {
    const auto rest = base::to_hex(key.subspan(2));
    switch (key[1]) {
        case 'g':
            return "the genesis";
        case 't':
            return "the tip";
        case 'b':
            return "block " + number_at(key, 2);
        case 'i':
            return "the place of transaction " + rest;
        case 'r':
            return "the place of the transaction with reference " + rest;
        case 'h':
            return "the height of header " + rest;
        case 'f':
            return "the height of the header with reference " + rest;
        case 'm':
            return "the count of blocks of miner " + rest;
        case 'c':
            return "the key of consent " + rest;
        default:
            return "the entry " + base::to_hex(key);
    }
}

}  // namespace

std::string name_of_entry(ByteView key) {
    if (key.size() < 2) return "the entry " + base::to_hex(key);
    if (key[0] == BlockStore::store_prefix) return name_of_block_entry(key);
    if (key[0] == state::StateTree::store_prefix) {
        const std::string what = key[1] == 'r' ? "the state root" : "a page of the state";
        return what + " of height " + number_at(key, 2);
    }
    if (key[0] == HistoryLog::store_prefix) {
        return key[1] == 's' ? "the size of the history log"
                             : "the history log from " + number_at(key, 3) + " on";
    }
    return "the entry " + base::to_hex(key);
}

}  // namespace ledger
