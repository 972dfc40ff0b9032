// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "chain/queries.h"
#include "cli/askg_open.h"
#include "crypto/signature_verifier.h"
#include "ledger/application.h"
#include "storage/rocks_store.h"

namespace cli {

using base::ErrorCode;
using base::Result;

Result<void> check_on_chain(const askg::PublicLog& log, const DataFolder& folder) {
    if (!std::filesystem::exists(folder.database("ledger"))) {
        return base::fail(ErrorCode::not_found, "there is no ledger in " + folder.root.string() +
                                                    "; a node has one of its own folder");
    }
    const auto store = storage::RocksStore::open_read_only(folder.database("ledger"));
    if (!store) return base::pass(store);
    const auto verifier = crypto::make_serial_verifier();
    const auto application = ledger::Application::open(**store, *verifier);
    if (!application) return base::pass(application);
    if (!(*application)->initialised()) {
        return base::fail(ErrorCode::not_found, "the ledger is empty; start the node once");
    }
    std::map<wire::Hash256, askg::LogEvent> last;  // of each record
    for (const auto& entry : log.entries) last[hash_of(entry.record)] = entry.event;
    for (const auto& [hash, event] : last) {
        const auto raw = (*application)->query(chain::path::certification, hash.view());
        if (!raw) {
            return base::fail(raw.error().code,
                              fmt::format("the chain does not show the record {}: {}",
                                          hex(hash.view()), raw.error().detail));
        }
        const auto shown = chain::encoding::decode_certification_view(*raw);
        if (!shown) return base::pass(shown);
        const bool revoked = event == askg::LogEvent::revoked;
        if ((shown->revoked_height != 0) != revoked) {
            return base::fail(ErrorCode::not_found,
                              fmt::format("record {} is {} in the log, but not on the chain",
                                          hex(hash.view()), name_of(event)));
        }
    }
    return {};
}

}  // namespace cli
