// SPDX-License-Identifier: Apache-2.0
#include "attack/linkability.h"

#include <array>
#include <cmath>
#include <set>
#include <unordered_map>

#include "base/check.h"

namespace attack {

std::size_t strings_in_common(const std::vector<Sample>& samples) {
    std::unordered_map<std::uint64_t, std::size_t> first_seen;
    std::set<std::uint64_t> common;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const auto& bytes = samples[i].bytes;
        for (std::size_t at = 0; at + 8 <= bytes.size(); ++at) {
            const auto value = base::read_u64(base::ByteView(bytes).subspan(at));
            const auto [seen, fresh] = first_seen.try_emplace(value, i);
            if (!fresh && seen->second != i) common.insert(value);
        }
    }
    return common.size();
}

double share_told_apart(const std::vector<Sample>& samples) {
    CHECK(samples.size() >= 4);
    const auto size = samples.front().bytes.size();
    const auto half = samples.size() / 2;
    // Each value counts so often beforehand, so that values which came once or twice by chance say
    // little; chosen so that one telling byte is not drowned by 200 others.
    constexpr double beforehand = 32;
    using Counts = std::vector<std::array<double, 256>>;
    std::array<double, 256> even{};
    even.fill(beforehand);
    std::array<Counts, 2> seen{Counts(size, even), Counts(size, even)};
    std::array<double, 2> of{256 * beforehand, 256 * beforehand};
    for (std::size_t i = 0; i < half; ++i) {
        CHECK(samples[i].bytes.size() == size);
        const std::size_t who = samples[i].first ? 1 : 0;
        of[who] += 1;
        for (std::size_t at = 0; at < size; ++at) seen[who][at][samples[i].bytes[at]] += 1;
    }
    std::size_t right = 0;
    for (std::size_t i = half; i < samples.size(); ++i) {
        CHECK(samples[i].bytes.size() == size);
        double lean = 0;
        for (std::size_t at = 0; at < size; ++at) {
            const auto value = samples[i].bytes[at];
            lean += std::log(seen[1][at][value] / of[1]) - std::log(seen[0][at][value] / of[0]);
        }
        right += (lean > 0) == samples[i].first ? 1 : 0;
    }
    return static_cast<double>(right) / static_cast<double>(samples.size() - half);
}

}  // namespace attack
