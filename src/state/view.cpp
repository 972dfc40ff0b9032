// SPDX-License-Identifier: Apache-2.0
#include "state/view.h"

#include "base/check.h"

namespace state {

base::Result<std::optional<base::Bytes>> Overlay::get(base::ByteView key) const {
    const auto found = changes_.find(base::Bytes(key.begin(), key.end()));
    if (found != changes_.end()) return found->second;
    return below_.get(key);
}

void Overlay::put(base::Bytes key, base::Bytes value) {
    changes_.insert_or_assign(std::move(key), std::move(value));
}

void Overlay::erase(base::Bytes key) {
    changes_.insert_or_assign(std::move(key), std::nullopt);
}

Changes Overlay::take_changes() {
    Changes out = std::move(changes_);
    changes_.clear();
    return out;
}

void Overlay::commit_to_parent() {
    CHECK(parent_ != nullptr);
    for (auto& [key, value] : changes_) parent_->changes_.insert_or_assign(key, std::move(value));
    changes_.clear();
}

}  // namespace state
