// SPDX-License-Identifier: Apache-2.0
#include "draft.h"

#include "wire/batch.h"

namespace sim {
namespace {

Draft finished(wire::TransactionBody body, std::vector<Hand> hands, const wire::Transaction& tx) {
    return {.body = std::move(body),
            .hands = std::move(hands),
            .envelope = encode(tx),
            .id = wire::id_of(tx),
            .ref = wire::body_ref(tx.body_bytes)};
}

}  // namespace

wire::Signature Notary::signature(Hand& hand, base::ByteView message) const {
    hand.public_key = ring_.public_key(hand.key);
    wire::Signature out{.signer = hand.id, .value = sign_bytes(hand.key, message)};
    if (hand.spoiled) out.value.bytes[31] ^= 1;
    return out;
}

Draft Notary::sign(wire::TransactionBody body, std::vector<Hand> hands) const {
    wire::Transaction tx{.body_bytes = encode(body), .body = {}, .signatures = {}, .batch = {}};
    for (auto& hand : hands) tx.signatures.push_back(signature(hand, tx.body_bytes));
    return finished(std::move(body), std::move(hands), tx);
}

std::vector<Draft> Notary::sign_batch(const std::vector<wire::TransactionBody>& bodies,
                                      std::vector<Hand> hands) const {
    std::vector<base::Bytes> encoded;
    for (const auto& body : bodies) encoded.push_back(encode(body));
    auto tree = wire::batch_tree(encoded);
    const auto message = wire::batch_message(tree.root, static_cast<std::uint32_t>(bodies.size()));
    std::vector<wire::Signature> signatures;
    for (auto& hand : hands) {
        signatures.push_back(signature(hand, message));
        signatures.back().over_batch = true;
    }
    std::vector<Draft> out;
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        const wire::Transaction tx{.body_bytes = std::move(encoded[i]),
                                   .body = {},
                                   .signatures = signatures,
                                   .batch = std::move(tree.paths[i])};
        out.push_back(finished(bodies[i], hands, tx));
    }
    return out;
}

}  // namespace sim
