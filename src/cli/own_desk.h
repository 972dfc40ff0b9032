// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "cli/data_folder.h"
#include "cli/demo.h"
#include "cli/device_desk.h"
#include "cli/sequences.h"
#include "crypto/random.h"
#include "identity/directory.h"
#include "identity/key_store.h"
#include "storage/rocks_store.h"
#include "wire/signer.h"
#include "wire/transaction.h"

namespace cli {

/// The desk of a folder whose databases no node has open: what goes onto the chain waits for the
/// node's next start.
class OwnDesk {
public:
    /// Borrows `folder`.
    explicit OwnDesk(const DataFolder& folder) : folder_(folder), sequences_(folder.sequences()) {}

    /// Errors: those of `read_setup` and of the files; `busy` if a node runs after all.
    [[nodiscard]] base::Result<void> open();
    /// Borrows this object.
    [[nodiscard]] DeviceDesk desk();

private:
    [[nodiscard]] base::Result<void> leave(const wire::Signer& signer, const wire::Action& action);

    const DataFolder& folder_;
    base::SystemClock clock_;
    crypto::SystemRandom random_;
    Sequences sequences_;
    SetupRecord setup_;
    std::string chain_id_;
    std::unique_ptr<identity::KeyStore> keys_;
    std::unique_ptr<storage::RocksStore> store_;
    std::unique_ptr<identity::Directory> directory_;
};

}  // namespace cli
