// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace storage {

/// What can still be read of a RocksStore that nobody has open, also of one that does not open:
/// file by file, past what is damaged. Each value it gives has passed its own checksum, so it was
/// once written under this very key; that it is the newest is known only for keys written once.
/// Changes nothing. One thread.
class Salvage {
public:
    /// Errors: `not_found` if there is no such folder, `unsupported_version`, `unavailable`.
    [[nodiscard]] static base::Result<std::unique_ptr<Salvage>> open(
        const std::filesystem::path& folder);
    ~Salvage();

    [[nodiscard]] std::optional<base::Bytes> get(base::ByteView key);
    /// Whether `value` was ever written under `key`, as far as it can be read.
    [[nodiscard]] bool holds(base::ByteView key, base::ByteView value);
    /// The last key of [begin, end) that can be read.
    [[nodiscard]] std::optional<base::Bytes> last_key(base::ByteView begin, base::ByteView end);

    /// Of the last acknowledged batch, from HEAD; nothing if HEAD is lost.
    [[nodiscard]] std::optional<std::uint64_t> mark() const;
    /// The newest log ends within a record: a write that a crash cut short, or bytes cut away.
    [[nodiscard]] bool torn() const;
    /// Files that are damaged, each with what is wrong, in words.
    [[nodiscard]] const std::vector<std::string>& damages() const;

private:
    struct State;
    explicit Salvage(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace storage
