// SPDX-License-Identifier: Apache-2.0
#include "askg/public_log.h"

#include "askg/internal/log_entries.h"
#include "storage/rocks_store.h"

namespace askg {

using base::Result;

Result<PublicLog> read_public_log(const storage::KeyValueStore& store) {
    PublicLog out;
    const auto identity = internal::read_identity(store);
    if (!identity) return base::pass(identity);
    out.authority = identity->authority;
    out.authority_key = identity->key;
    auto head = internal::read_head(store);
    if (!head) return base::pass(head);
    out.head = *head;
    auto entries = internal::read_entries(store, 0);
    if (!entries) return base::pass(entries);
    out.entries = *std::move(entries);
    return out;
}

Result<PublicLog> read_public_log(const std::filesystem::path& folder) {
    if (!std::filesystem::exists(folder)) {
        return base::fail(base::ErrorCode::not_found,
                          "there is no key generator in " + folder.string());
    }
    const auto store = storage::RocksStore::open_read_only(folder);
    if (!store) return base::pass(store);
    return read_public_log(**store);
}

Result<void> verify(const PublicLog& log) {
    const auto key = crypto::Ed25519PublicKey::decode(log.authority_key);
    if (!key) return base::pass(key);
    return verify_log(log.entries, log.head, log.authority, *key);
}

}  // namespace askg
