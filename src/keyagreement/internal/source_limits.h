// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "keyagreement/session.h"

namespace keyagreement::internal {

/// Counts MSG1 in each second, by source and in all (docs/protocol.md 2.5).
class SourceLimits {
public:
    /// Retries with a good cookie in a second over all sources, as a multiple of MSG1 without one.
    /// Chosen by us: the 31 devices of a domain, each at its own limit, are below a PDA's.
    static constexpr std::uint32_t proven_factor = 8;

    SourceLimits(std::uint32_t a_source, std::uint32_t in_all)
        : a_source_(a_source), in_all_(in_all) {}

    /// Counts one of `source`. Whether the source, or all together, are above their limit.
    [[nodiscard]] bool count(std::string_view source, Elapsed now);
    /// The same for one that showed a good cookie. A cookie says where a message came from and not
    /// that there will be no more, so what costs X25519 is counted again behind it.
    [[nodiscard]] bool count_proven(std::string_view source, Elapsed now);

private:
    void begin_second(Elapsed now);

    std::uint32_t a_source_;
    std::uint32_t in_all_;
    std::int64_t second_ = 0;
    std::uint32_t all_ = 0;
    std::uint64_t all_proven_ = 0;
    // By the hash of the source: two that share one share a limit, which costs them a cookie. Never
    // more than `in_all_` entries.
    std::unordered_map<std::size_t, std::uint32_t> counts_;
    // By the source itself, since who shares a limit here is refused. Never more than
    // `proven_factor` times as many.
    std::unordered_map<std::string, std::uint32_t> proven_;
};

}  // namespace keyagreement::internal
