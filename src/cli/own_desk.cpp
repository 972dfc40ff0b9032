// SPDX-License-Identifier: Apache-2.0
#include "cli/own_desk.h"

#include "cli/transactions_file.h"
#include "storage/files.h"
#include "wire/block.h"

namespace cli {
namespace {

using base::Result;

constexpr std::size_t genesis_bytes_max = 16'777'216;

}  // namespace

Result<void> OwnDesk::open() {
    auto setup = read_setup(folder_);
    if (!setup) return base::pass(setup);
    setup_ = *setup;
    const auto bytes = storage::read_file(folder_.genesis(), genesis_bytes_max);
    if (!bytes) return base::pass(bytes);
    const auto genesis = wire::decode_genesis(*bytes);
    if (!genesis) return base::pass(genesis);
    chain_id_ = genesis->chain_id;
    auto keys = identity::KeyStore::open(folder_.keys(), clock_, random_);
    if (!keys) return base::pass(keys);
    keys_ = std::move(*keys);
    auto store = storage::RocksStore::open(folder_.database("identity"));
    if (!store) return base::pass(store);
    store_ = std::move(*store);
    auto directory = identity::Directory::open(*store_);
    if (!directory) return base::pass(directory);
    directory_ = std::move(*directory);
    return {};
}

DeviceDesk OwnDesk::desk() {
    return {.folder = folder_,
            .setup = setup_,
            .keys = *keys_,
            .directory = *directory_,
            .clock = clock_,
            .random = random_,
            .submit = [this](const wire::Signer& signer, const wire::Action& action) {
                return leave(signer, action);
            }};
}

Result<void> OwnDesk::leave(const wire::Signer& signer, const wire::Action& action) {
    auto envelope = sequences_.sign(signer, chain_id_, clock_.now(), action);
    if (!envelope) return base::pass(envelope);
    return add_transaction(folder_.waiting_transactions(), std::move(*envelope));
}

}  // namespace cli
