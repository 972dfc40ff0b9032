// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/internal/source_limits.h"

namespace keyagreement::internal {

bool SourceLimits::count(std::string_view source, Elapsed now) {
    const auto second = std::chrono::floor<std::chrono::seconds>(now).count();
    if (second != second_) {
        second_ = second;
        all_ = 0;
        counts_.clear();
    }
    if (all_ >= in_all_) return true;
    ++all_;
    return ++counts_[std::hash<std::string_view>{}(source)] > a_source_;
}

}  // namespace keyagreement::internal
