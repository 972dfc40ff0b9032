// SPDX-License-Identifier: Apache-2.0
#include "state/neighbours.h"

#include <algorithm>
#include <span>
#include <string>

#include "state/proof.h"

namespace state {
namespace {

using base::ErrorCode;
using base::fail;
using Steps = std::span<const wire::StateProofStep>;

std::unexpected<base::Error> malformed(const char* what) {
    return fail(ErrorCode::malformed, std::string("absence between neighbours: ") + what);
}

/// Whether the way from the leaf up to a subtree's root always comes from one side: with `turn` 1
/// the leaf is the subtree's last, with 0 its first.
bool always_turns(const wire::Hash256& path, Steps steps, unsigned turn) {
    return std::ranges::all_of(steps,
                               [&](const auto& step) { return bit_of(path, step.bit) == turn; });
}

/// Whether the ways part at one inner node, to the last leaf on its left and to the first on its
/// right. Both lead to the same root, so what they share above is the same.
bool adjacent(const wire::Hash256& left_path, Steps left, const wire::Hash256& right_path,
              Steps right) {
    while (!left.empty() && !right.empty()) {
        const unsigned bit = left.back().bit;
        if (bit != right.back().bit) return false;
        const unsigned left_turn = bit_of(left_path, bit);
        const unsigned right_turn = bit_of(right_path, bit);
        left = left.first(left.size() - 1);
        right = right.first(right.size() - 1);
        if (left_turn == right_turn) continue;
        return left_turn == 0 && always_turns(left_path, left, 1) &&
               always_turns(right_path, right, 0);
    }
    return false;
}

}  // namespace

base::Result<void> verify_neighbours(const wire::Hash256& root, base::ByteView key,
                                     const Neighbours& neighbours) {
    const auto& [left, right] = neighbours;
    if (!left && !right) return malformed("there are none");
    const auto path = path_of(key);
    for (const auto* one : {&left, &right}) {
        if (!*one) continue;
        if (auto exists = verify_existence(root, **one); !exists) return exists;
    }
    const auto left_path = left ? path_of(left->key) : wire::Hash256{};
    const auto right_path = right ? path_of(right->key) : wire::Hash256{};
    if (left && left_path >= path) return malformed("the left one is not before the key");
    if (right && right_path <= path) return malformed("the right one is not behind the key");
    if (!left && !always_turns(right_path, right->steps, 0)) {
        return malformed("something is before the right one");
    }
    if (!right && !always_turns(left_path, left->steps, 1)) {
        return malformed("something is behind the left one");
    }
    if (left && right && !adjacent(left_path, left->steps, right_path, right->steps)) {
        return malformed("something is between the two");
    }
    return {};
}

}  // namespace state
