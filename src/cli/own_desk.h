// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
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

/// Has `order` (device_desk.h) carried out by the node that runs on the folder, or here if none
/// does. Errors: those of `read_setup`, `obey` and `order_from_node`.
[[nodiscard]] base::Result<boost::json::object> carry_out(const DataFolder& folder,
                                                          const boost::json::object& order);

}  // namespace cli
