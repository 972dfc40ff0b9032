// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <unordered_map>

#include "keyagreement/session.h"

namespace keyagreement::internal {

/// Counts MSG1 in each second, by source and in all.
class SourceLimits {
public:
    SourceLimits(std::uint32_t a_source, std::uint32_t in_all)
        : a_source_(a_source), in_all_(in_all) {}

    /// Counts one of `source`. Whether the source, or all together, are above their limit.
    [[nodiscard]] bool count(std::string_view source, Elapsed now);

private:
    std::uint32_t a_source_;
    std::uint32_t in_all_;
    std::int64_t second_ = 0;
    std::uint32_t all_ = 0;
    // By the hash of the source: two that share one share a limit, which costs them a cookie. Never
    // more than `in_all_` entries.
    std::unordered_map<std::size_t, std::uint32_t> counts_;
};

}  // namespace keyagreement::internal
