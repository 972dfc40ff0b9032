// SPDX-License-Identifier: Apache-2.0
#include "state/view.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace state {

bool KeyLess::operator()(base::ByteView a, base::ByteView b) const {
    const std::size_t shared = std::min(a.size(), b.size());
    const int order = shared == 0 ? 0 : std::memcmp(a.data(), b.data(), shared);
    return order < 0 || (order == 0 && a.size() < b.size());
}

base::Result<std::optional<base::Bytes>> Overlay::get(base::ByteView key) const {
    const auto found = changes_.find(key);
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
    while (!changes_.empty()) {
        auto into = parent_->changes_.insert(changes_.extract(changes_.begin()));
        if (!into.inserted) into.position->second = std::move(into.node.mapped());
    }
}

base::Result<std::optional<base::Bytes>> RememberingView::get(base::ByteView key) const {
    if (const auto* known = values_.find(key)) return *known;
    auto value = below_.get(key);
    if (!value || !*value) return value;
    if (values_.size() >= values_max) values_.clear();
    values_.put({key.begin(), key.end()}, **value);
    return value;
}

void RememberingView::committed(const Changes& changes) {
    for (const auto& [key, value] : changes) {
        if (values_.find(key) == nullptr) continue;
        if (value) {
            values_.put(key, *value);
        } else {
            values_.erase(key);
        }
    }
}

}  // namespace state
