// SPDX-License-Identifier: Apache-2.0
// For tests alone: keys with a name, and a log whose every size has a root and consistency proofs.
#pragma once

#include <algorithm>
#include <bit>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/merkle.h"
#include "witness/checkpoint.h"
#include "witness/policy.h"
#include "witness/signer.h"
#include "witness/witness.h"

namespace witness::testing {

inline constexpr std::string_view chain_id = "test-chain";

inline crypto::Ed25519PrivateKey key_of(std::string_view name) {
    return crypto::Ed25519PrivateKey::from_seed(crypto::sha256(base::as_bytes(name)));
}
inline CheckpointSigner log_signer() {
    return {origin_of(chain_id), key_of("log")};
}
inline Cosigner cosigner(const std::string& name) {
    return {name, key_of(name)};
}
inline wire::Trust trust(const std::vector<std::string>& witnesses) {
    wire::Trust out{.chain_id = std::string(chain_id),
                    .genesis_hash = {},
                    .miners = {},
                    .checkpoint_key = encode(log_signer().verifier_key()),
                    .witnesses = {}};
    for (const auto& name : witnesses) {
        out.witnesses.push_back(encode(cosigner(name).verifier_key()));
    }
    return out;
}
inline base::TimePoint at_second(std::int64_t seconds) {
    return base::from_unix_ms(seconds * 1000);
}

/// A log of `size` leaves; `history` tells two of them apart from leaf `from` on.
class TestLog {
public:
    explicit TestLog(std::uint64_t size, std::string_view history = "one", std::uint64_t from = 0) {
        for (std::uint64_t i = 0; i < size; ++i) {
            const auto leaf = std::to_string(i) + std::string(i < from ? "one" : history);
            leaves_.push_back(crypto::merkle_leaf(base::as_bytes(leaf)));
        }
    }
    [[nodiscard]] Checkpoint checkpoint(std::uint64_t size) const {
        wire::Header header{};
        header.chain_id = chain_id;
        header.height = size + 1;
        header.history_size = size;
        header.history_root.bytes = crypto::merkle_root(std::span(leaves_).first(size));
        return checkpoint_of(header, {crypto::sha512(header.history_root.view())});
    }
    [[nodiscard]] std::string note(std::uint64_t size) const {
        return encode(log_signer().sign(checkpoint(size)));
    }
    [[nodiscard]] ConsistencyProof proof(std::uint64_t from, std::uint64_t to) const {
        ConsistencyProof out{.old_size = from, .path = {}};
        if (from > 0 && from < to) subproof(from, std::span(leaves_).first(to), true, out.path);
        return out;
    }

private:
    /// Source: RFC 9162 section 2.1.4.1.
    static void subproof(std::uint64_t m, std::span<const crypto::Digest32> d, bool complete,
                         std::vector<crypto::Digest32>& out) {
        if (m == d.size()) {
            if (!complete) out.push_back(crypto::merkle_root(d));
            return;
        }
        const auto k = std::bit_floor(d.size() - 1);
        if (m <= k) {
            subproof(m, d.first(k), complete, out);
            out.push_back(crypto::merkle_root(d.subspan(k)));
        } else {
            subproof(m - k, d.subspan(k), false, out);
            out.push_back(crypto::merkle_root(d.first(k)));
        }
    }

    std::vector<crypto::Digest32> leaves_;
};

}  // namespace witness::testing
