// SPDX-License-Identifier: Apache-2.0
#include "cli/office.h"

#include "chain/queries.h"
#include "cli/transactions_file.h"

namespace cli {

using base::ErrorCode;
using base::Result;

Result<LedgerOnDisk> read_ledger(const DataFolder& folder) {
    LedgerOnDisk out;
    auto store = storage::RocksStore::open_read_only(folder.database("ledger"));
    if (!store) return base::pass(store);
    out.store = std::move(*store);
    out.verifier = crypto::make_serial_verifier();
    auto application = ledger::Application::open(*out.store, *out.verifier);
    if (!application) return base::pass(application);
    out.application = std::move(*application);
    if (!out.application->initialised()) {
        return base::fail(ErrorCode::not_found, "the ledger is empty; start the node once");
    }
    const auto raw = out.application->query(chain::path::mining, {});
    if (!raw) return base::pass(raw);
    auto mining = chain::encoding::decode_mining_view(*raw);
    if (!mining) return base::pass(mining);
    out.mining = std::move(*mining);
    return out;
}

Result<void> Office::open() {
    auto setup = read_setup(folder_);
    if (!setup) return base::pass(setup);
    setup_ = *setup;
    auto lock = storage::FolderLock::take(folder_.databases());
    if (!lock) {
        return base::fail(lock.error().code, "a node runs on this folder; stop it first");
    }
    lock_.emplace(std::move(*lock));
    auto ledger = read_ledger(folder_);
    if (!ledger) return base::pass(ledger);
    ledger_ = std::move(*ledger);
    auto keys = identity::KeyStore::open(folder_.keys(), clock_, random_);
    if (!keys) return base::pass(keys);
    keys_ = std::move(*keys);
    return {};
}

Result<std::unique_ptr<wire::Signer>> Office::administrator(std::string_view password) {
    const auto word = password.empty() ? demo_password : password;
    if (auto opened = keys_->unlock(setup_.administrator, word); !opened) {
        return base::pass(opened);
    }
    return keys_->person_signer(setup_.administrator);
}

Result<void> Office::leave(const wire::Signer& signer, wire::Action action) {
    auto envelope = sequences_.sign(signer, ledger_.application->info().chain_id, clock_.now(),
                                    std::move(action));
    if (!envelope) return base::pass(envelope);
    const auto verdict = ledger_.application->check_tx(*envelope, clock_.now());
    if (verdict.code != 0) {
        return base::fail(static_cast<ErrorCode>(verdict.code), verdict.detail);
    }
    return add_transaction(folder_.waiting_transactions(), std::move(*envelope));
}

}  // namespace cli
