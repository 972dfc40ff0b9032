// SPDX-License-Identifier: Apache-2.0
#include "state/internal/node.h"

#include <bit>
#include <cstring>

#include "state/proof.h"

namespace state {

unsigned common_bits(const wire::Hash256& a, const wire::Hash256& b) {
    for (unsigned at = 0; at < wire::Hash256::size_bytes; at += 8) {
        std::uint64_t left = 0;
        std::uint64_t right = 0;
        std::memcpy(&left, a.bytes.data() + at, 8);
        std::memcpy(&right, b.bytes.data() + at, 8);
        if (left == right) continue;
        const auto differing =
            base::read_u64(a.view().subspan(at)) ^ base::read_u64(b.view().subspan(at));
        return at * 8 + static_cast<unsigned>(std::countl_zero(differing));
    }
    return wire::Hash256::size_bytes * 8;
}

wire::Hash256 prefix_of(const wire::Hash256& path, unsigned bits) {
    wire::Hash256 out;
    const unsigned whole = bits / 8;
    for (unsigned i = 0; i < whole; ++i) out.bytes[i] = path.bytes[i];
    if (bits % 8 != 0) {
        out.bytes[whole] = static_cast<std::uint8_t>(path.bytes[whole] & (0xff00U >> (bits % 8)));
    }
    return out;
}

wire::Hash256 hash_of(const Leaf& leaf) {
    return leaf_hash(leaf.path, leaf.value);
}

wire::Hash256 hash_of(const Inner& inner) {
    return inner_hash(inner.bit, inner.sides[0].hash, inner.sides[1].hash);
}

wire::Hash256 hash_of(const Node& node) {
    return std::visit([](const auto& content) { return hash_of(content); }, node.content);
}

}  // namespace state
