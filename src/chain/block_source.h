// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "wire/block.h"
#include "wire/ids.h"

namespace chain {

/// Ends the following when it is destroyed; afterwards no call is running.
class Subscription {
public:
    virtual ~Subscription() = default;
};

/// The only way out of the ledger: committed blocks, and questions to committed state.
/// Thread-safe.
class BlockSource {
public:
    virtual ~BlockSource() = default;
    /// 0 before the first block.
    [[nodiscard]] virtual wire::Height height() const = 0;
    /// Errors: `not_found` above the tip.
    [[nodiscard]] virtual base::Result<wire::Block> block(wire::Height height) const = 0;
    /// Calls `on_block` for every block from `from` on, in order, each once: first those committed
    /// already, then new ones as they come, from a thread of the source.
    [[nodiscard]] virtual std::unique_ptr<Subscription> follow(
        wire::Height from, std::function<void(const wire::Block&)> on_block) = 0;
    /// ABCI Query over committed state. Paths and encodings: chain/queries.h.
    [[nodiscard]] virtual base::Result<base::Bytes> query(std::string_view path,
                                                          base::ByteView data) const = 0;
};

}  // namespace chain
