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
        default:
            return "the entry " + base::to_hex(key);
    }
}

std::string name_of_state_entry(ByteView key) {
    const auto height = " of height " + number_at(key, 2);
    switch (key[1]) {
        case 'r':
            return "the state root" + height;
        case 'd':
            return "what was pruned of a page of the state" + height;
        case 'i':
            return "how far the import of a snapshot came";
        default:
            return "a page of the state" + height;
    }
}

}  // namespace

std::string name_of_entry(ByteView key) {
    if (key.size() < 2) return "the entry " + base::to_hex(key);
    if (key[0] == BlockStore::store_prefix) return name_of_block_entry(key);
    if (key[0] == state::StateTree::store_prefix) {
        return name_of_state_entry(key);
    }
    if (key[0] == HistoryLog::store_prefix) {
        if (key[1] == 's') return "the size of the history log";
        if (key[1] == 'b') return "where the history log begins here";
        return "the history log from " + number_at(key, 3) + " on";
    }
    if (key[0] == BlockStore::local_prefix) {
        return key[1] == 'b' ? "where the blocks begin here"
                             : "the snapshot on offer of height " + number_at(key, 2);
    }
    return "the entry " + base::to_hex(key);
}

}  // namespace ledger
