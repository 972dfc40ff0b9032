// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/check.h"
#include "witness/internal/base64.h"
#include "witness/internal/text.h"
#include "witness/witness.h"

namespace witness {

using base::ErrorCode;

namespace {
constexpr std::string_view first_word = "old ";
}

base::Result<ConsistencyProof> decode_proof(std::string_view rest) {
    const auto first = internal::take_line(rest);
    const auto old_size = first && first->starts_with(first_word)
                              ? internal::parse_decimal(first->substr(first_word.size()))
                              : std::nullopt;
    if (!old_size) {
        return base::fail(ErrorCode::malformed,
                          "consistency proof: the first line is \"old\", a space and a size");
    }
    ConsistencyProof out{.old_size = *old_size, .path = {}};
    while (!rest.empty()) {
        const auto line = internal::take_line(rest);
        const auto hash = line ? internal::from_base64(*line) : std::nullopt;
        if (!hash || hash->size() != std::tuple_size_v<crypto::Digest32>) {
            return base::fail(ErrorCode::malformed,
                              "consistency proof: a line is not the base64 of 32 bytes");
        }
        if (out.path.size() == proof_lines_max) {
            return base::fail(
                ErrorCode::too_large,
                "consistency proof: more than " + std::to_string(proof_lines_max) + " hashes");
        }
        std::ranges::copy(*hash, out.path.emplace_back().begin());
    }
    return out;
}

std::string encode(const ConsistencyProof& proof) {
    CHECK(proof.path.size() <= proof_lines_max);
    std::string out = std::string(first_word) + std::to_string(proof.old_size) + '\n';
    for (const auto& hash : proof.path) out += internal::to_base64(hash) + '\n';
    return out;
}

}  // namespace witness
