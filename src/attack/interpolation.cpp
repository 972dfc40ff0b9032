// SPDX-License-Identifier: Apache-2.0
#include "attack/interpolation.h"

#include "base/check.h"

namespace attack {

using crypto::FieldElement;

std::vector<FieldElement> interpolate(const std::vector<Captured>& captured,
                                      const FieldElement& x) {
    CHECK(!captured.empty());
    std::vector<FieldElement> out(captured.front().share.size());
    for (const auto& point : captured) {
        auto numerator = FieldElement::of(1);
        auto denominator = FieldElement::of(1);
        for (const auto& other : captured) {
            if (&other == &point) continue;
            CHECK(!(other.x == point.x));
            numerator = numerator * (x - other.x);
            denominator = denominator * (point.x - other.x);
        }
        const auto weight = numerator * denominator.inverse();
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = out[i] + weight * point.share[i];
    }
    return out;
}

}  // namespace attack
