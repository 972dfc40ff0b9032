// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "storage/files.h"
#include "wire/ids.h"
#include "wire/signer.h"

namespace cli {

/// The next transaction sequence of every sender whose key this node holds, never twice, also not
/// after kill -9. Thread-safe.
class Sequences {
public:
    /// Ranges of 64: small against the ledger's window of 4,096, so that a transaction signed
    /// before a crash is still accepted after several.
    static constexpr std::uint64_t range = 64;

    explicit Sequences(std::filesystem::path folder) : folder_(std::move(folder)) {}
    [[nodiscard]] base::Result<std::uint64_t> next(const wire::LedgerId& sender);
    /// The envelope of a transaction with the signer's next sequence, signed by it alone.
    /// Errors: those of files and of signing.
    [[nodiscard]] base::Result<base::Bytes> sign(const wire::Signer& signer,
                                                 const std::string& chain_id, base::TimePoint now,
                                                 wire::Action action);

private:
    std::filesystem::path folder_;
    std::mutex mutex_;
    std::map<wire::LedgerId, storage::SequenceRange> ranges_;
};

}  // namespace cli
