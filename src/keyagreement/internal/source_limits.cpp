// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/internal/source_limits.h"

namespace keyagreement::internal {

void SourceLimits::begin_second(Elapsed now) {
    const auto second = std::chrono::floor<std::chrono::seconds>(now).count();
    if (second == second_) return;
    second_ = second;
    all_ = 0;
    all_proven_ = 0;
    counts_.clear();
    proven_.clear();
}

bool SourceLimits::count(std::string_view source, Elapsed now) {
    begin_second(now);
    if (all_ >= in_all_) return true;
    ++all_;
    return ++counts_[std::hash<std::string_view>{}(source)] > a_source_;
}

bool SourceLimits::count_proven(std::string_view source, Elapsed now) {
    begin_second(now);
    if (all_proven_ >= std::uint64_t{proven_factor} * in_all_) return true;
    auto& of_source = proven_[std::string(source)];
    if (of_source >= a_source_) return true;
    ++of_source;
    ++all_proven_;
    return false;
}

}  // namespace keyagreement::internal
