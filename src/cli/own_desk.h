// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/error.h"
#include "cli/data_folder.h"
#include "cli/device_desk.h"
#include "crypto/random.h"
#include "identity/directory.h"
#include "identity/key_store.h"
#include "storage/rocks_store.h"

namespace cli {

/// The desk of a folder whose databases no node has open: the node's next start takes to the chain
/// what it lacks of the key generator's log.
class OwnDesk {
public:
    /// Borrows `folder`.
    explicit OwnDesk(const DataFolder& folder) : folder_(folder) {}

    /// Errors: those of `read_setup` and of the files; `busy` if a node runs after all.
    [[nodiscard]] base::Result<void> open();
    /// Borrows this object.
    [[nodiscard]] DeviceDesk desk();

private:
    const DataFolder& folder_;
    base::SystemClock clock_;
    crypto::SystemRandom random_;
    std::unique_ptr<identity::KeyStore> keys_;
    std::unique_ptr<storage::RocksStore> store_;
    std::unique_ptr<identity::Directory> directory_;
};

}  // namespace cli
