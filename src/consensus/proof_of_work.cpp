// SPDX-License-Identifier: Apache-2.0
#include "consensus/proof_of_work.h"

#include "crypto/hash.h"

namespace consensus {

namespace {
constexpr std::uint64_t tries_between_questions = 4'096;
}  // namespace

bool meets(const Work& work, std::uint64_t nonce) {
    base::Bytes message = work.header_bytes;
    base::append_u64(message, nonce);
    return wire::Hash256{crypto::sha256(crypto::sha256(message))} <= work.target;
}

std::optional<std::uint64_t> grind(const Work& work, std::uint64_t tries_max,
                                   const std::function<bool()>& go_on) {
    base::Bytes message = work.header_bytes;
    base::append_u64(message, 0);
    const auto place = message.size() - 8;
    for (std::uint64_t nonce = 0; nonce < tries_max; ++nonce) {
        if (nonce % tries_between_questions == 0 && !go_on()) return std::nullopt;
        for (unsigned i = 0; i < 8; ++i) {
            message[place + i] = static_cast<std::uint8_t>(nonce >> (8 * (7 - i)));
        }
        const wire::Hash256 hash{crypto::sha256(crypto::sha256(message))};
        if (hash <= work.target) return nonce;
    }
    return std::nullopt;
}

}  // namespace consensus
