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
    const auto sequence = sequences_.next(signer.id());
    if (!sequence) return base::pass(sequence);
    const wire::TransactionBody body{.chain_id = chain_id_,
                                     .sender = signer.id(),
                                     .sequence = *sequence,
                                     .timestamp = clock_.now(),
                                     .action = action};
    const wire::Signer* const signers[] = {&signer};
    auto envelope = wire::sign_transaction(body, signers);
    if (!envelope) return base::pass(envelope);
    auto waiting = read_transactions(folder_.waiting_transactions());
    if (!waiting) return base::pass(waiting);
    waiting->push_back(std::move(*envelope));
    return write_transactions(folder_.waiting_transactions(), *waiting);
}

}  // namespace cli
