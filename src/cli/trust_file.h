// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/error.h"
#include "cli/data_folder.h"
#include "ledger/application.h"

namespace cli {

/// The node's trust.json, the anchor that it hands out: it names who may mine, and since and until
/// when, so the node writes it anew when that changes. Whoever was given an older one needs the new
/// one for blocks from the change on, and old blocks hold by either.
class TrustFile {
public:
    /// Borrows both.
    TrustFile(const DataFolder& folder, const ledger::Application& application)
        : folder_(folder), application_(application) {}

    /// Brings the file up to the newest block; call it about once a second, from one thread.
    /// Errors: those of the file and of the ledger's store; then the file is as before.
    [[nodiscard]] base::Result<void> follow();
    /// The file as it is now. Any thread. Errors: those of storage::read_file.
    [[nodiscard]] base::Result<std::string> text() const;

private:
    const DataFolder& folder_;
    const ledger::Application& application_;
    wire::Height followed_ = 0;  ///< The newest block that the file was held against.
};

}  // namespace cli
