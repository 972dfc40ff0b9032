// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/failure.h"

#include <numeric>

namespace keyagreement {
namespace {

constexpr std::array<std::string_view, failure_count> names = {
    "E_PARSE", "E_MAC1",    "E_COOKIE",   "E_AEAD1",  "E_UNKNOWN_PID", "E_REVOKED",
    "E_AEAD2", "E_TSP",     "E_REPLAY",   "E_AEAD3",  "E_CONFIRM",     "E_STATE",
    "E_SEQ",   "E_EXPIRED", "E_LOWORDER", "E_RECORD", "E_FULL",        "E_THROTTLED"};

}  // namespace

std::string_view name_of(Failure failure) {
    const auto at = static_cast<std::size_t>(failure);
    return at < names.size() ? names[at] : "unknown";
}

std::uint64_t FailureCounts::total() const {
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

}  // namespace keyagreement
