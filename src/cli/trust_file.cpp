// SPDX-License-Identifier: Apache-2.0
#include "cli/trust_file.h"

#include <spdlog/spdlog.h>

#include "cli/checkpoints.h"
#include "ledger/anchor.h"
#include "storage/files.h"

namespace cli {

using base::Result;

Result<void> TrustFile::follow() {
    const auto height = application_.info().height;
    if (height == followed_) return {};
    // Read anew each time: `salus witness admit` writes to it beside the node.
    auto trust = read_trust_file(folder_.trust());
    if (!trust) return base::pass(trust);
    const auto changed = ledger::update_anchor(*trust, application_);
    if (!changed) return base::pass(changed);
    if (*changed) {
        const auto written =
            storage::write_file_synced(folder_.trust(), base::as_bytes(wire::to_json(*trust)));
        if (!written) return written;
        spdlog::info("who mines has changed: trust.json is written anew, hand it out");
    }
    followed_ = height;
    return {};
}

Result<std::string> TrustFile::text() const {
    const auto bytes = storage::read_file(folder_.trust(), wire::trust_bytes_max);
    if (!bytes) return base::pass(bytes);
    return std::string(base::as_text(*bytes));
}

}  // namespace cli
