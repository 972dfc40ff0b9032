// SPDX-License-Identifier: Apache-2.0
#include "cli/own_desk.h"

#include "cli/demo.h"
#include "storage/files.h"

namespace cli {

using base::Result;

Result<void> OwnDesk::open() {
    const auto setup = read_setup(folder_);
    if (!setup) return base::pass(setup);
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
            .broker = {},
            .keys = *keys_,
            .directory = *directory_,
            .clock = clock_,
            .random = random_};
}

Result<boost::json::object> carry_out(const DataFolder& folder, const boost::json::object& order) {
    if (auto setup = read_setup(folder); !setup) return base::pass(setup);
    auto lock = storage::FolderLock::take(folder.databases());
    if (!lock && lock.error().code != base::ErrorCode::busy) return base::pass(lock);
    if (!lock) {
        crypto::SystemRandom random;
        return order_from_node(folder, order, random);
    }
    OwnDesk own(folder);
    if (auto opened = own.open(); !opened) return base::pass(opened);
    return obey(own.desk(), order);
}

}  // namespace cli
