// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "keyagreement/session.h"

namespace keyagreement::internal {

/// Slows guessing of a user's token from one source (docs/protocol.md 2.5): from the fifth failure
/// in 15 minutes on, the next attempt is refused for 1, 2, 4, ... s, and after the twentieth for
/// the rest of them. Other sources are not touched, so that nobody locks a user out.
class LoginThrottle {
public:
    static constexpr std::chrono::minutes period{15};
    static constexpr int free_failures = 5;
    static constexpr int failures_max = 20;
    /// Pairs of peer and source. Chosen by us; when full, the pair whose period began first goes.
    static constexpr std::size_t entries_max = 4'096;

    [[nodiscard]] bool refuses(const PeerName& peer, std::string_view source, Elapsed now) const;
    void failed(const PeerName& peer, std::string_view source, Elapsed now);
    void succeeded(const PeerName& peer, std::string_view source);
    /// Drops what is over.
    void forget(Elapsed now);

private:
    struct Entry {
        Elapsed began;
        int failures;
        Elapsed refused_until;
    };
    std::unordered_map<std::string, Entry> entries_;
};

}  // namespace keyagreement::internal
