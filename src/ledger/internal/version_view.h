// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "state/tree.h"

namespace ledger {

/// The state tree as it stood after one block; any thread may read it.
class VersionView final : public state::StateView {
public:
    VersionView(const state::StateTree& tree, wire::Height version)
        : tree_(tree), version_(version) {}
    [[nodiscard]] base::Result<std::optional<base::Bytes>> get(base::ByteView key) const override {
        return tree_.get_at(key, version_);
    }

private:
    const state::StateTree& tree_;
    wire::Height version_;
};

}  // namespace ledger
