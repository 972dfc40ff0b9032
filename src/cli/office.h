// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "chain/mining.h"
#include "cli/data_folder.h"
#include "cli/demo.h"
#include "cli/sequences.h"
#include "crypto/random.h"
#include "crypto/signature_verifier.h"
#include "identity/key_store.h"
#include "ledger/application.h"
#include "storage/files.h"
#include "storage/rocks_store.h"
#include "wire/signer.h"

namespace cli {

/// A folder's ledger.
struct LedgerOnDisk {
    std::unique_ptr<storage::RocksStore> store;
    std::unique_ptr<crypto::SignatureVerifier> verifier;
    std::unique_ptr<ledger::Application> application;
    chain::MiningView mining;
};
/// As it stands, only to be read; a node may run. Errors: `not_found` before a node's first start;
/// the store's.
[[nodiscard]] base::Result<LedgerOnDisk> read_ledger(const DataFolder& folder);

/// Signs for a folder while no node runs on it; the node submits it at its next start.
class Office {
public:
    /// Borrows `folder`.
    explicit Office(const DataFolder& folder) : folder_(folder), sequences_(folder.sequences()) {}

    /// Errors: `busy` if a node runs; those of `read_setup`, `read_ledger` and the keys.
    [[nodiscard]] base::Result<void> open();
    /// `password`: the administrator's; empty: that of the demo. Errors: `not_authorised`.
    [[nodiscard]] base::Result<std::unique_ptr<wire::Signer>> administrator(
        std::string_view password);
    /// Signs, asks the ledger as it stands, and leaves the transaction for the node. Errors: the
    /// ledger's refusal; those of the file.
    [[nodiscard]] base::Result<void> leave(const wire::Signer& signer, wire::Action action);

    [[nodiscard]] identity::KeyStore& keys() { return *keys_; }
    [[nodiscard]] const LedgerOnDisk& ledger() const { return ledger_; }
    [[nodiscard]] wire::LedgerId draw_id() { return base::draw<wire::LedgerId>(random_); }

private:
    const DataFolder& folder_;
    base::SystemClock clock_;
    crypto::SystemRandom random_;
    Sequences sequences_;
    SetupRecord setup_;
    std::optional<storage::FolderLock> lock_;
    LedgerOnDisk ledger_;
    std::unique_ptr<identity::KeyStore> keys_;
};

}  // namespace cli
