// SPDX-License-Identifier: Apache-2.0
#include "wire/signer.h"

#include <string>
#include <utility>

#include "crypto/ecdsa.h"
#include "wire/batch.h"

namespace wire {
namespace {

base::Result<SignatureBytes> signature_by(const Signer& signer, base::ByteView message) {
    const auto signature = signer.sign(message);
    if (!signature) return base::pass(signature);
    // A card or a browser may answer with the upper half of the order, which the ledger refuses.
    const auto low = crypto::normalised(signature->view());
    if (!low) {
        return base::fail(base::ErrorCode::bad_signature,
                          "the signer returned no ECDSA P-256 signature; sign again");
    }
    return SignatureBytes{*low};
}

/// Whoever asks for too many, too few or the wrong signers hears it here, not from the ledger.
base::Result<base::Bytes> checked_envelope(const Transaction& tx) {
    auto envelope = encode(tx);
    if (const auto decoded = decode_transaction(envelope); !decoded) return base::pass(decoded);
    return envelope;
}

}  // namespace

base::Result<base::Bytes> sign_transaction(const TransactionBody& body,
                                           std::span<const Signer* const> signers) {
    Transaction tx{.body_bytes = encode(body), .body = body, .signatures = {}, .batch = {}};
    for (const auto* signer : signers) {
        const auto signature = signature_by(*signer, tx.body_bytes);
        if (!signature) return base::pass(signature);
        tx.signatures.push_back({.signer = signer->id(), .value = *signature});
    }
    return checked_envelope(tx);
}

base::Result<std::vector<base::Bytes>> sign_batch(std::span<const TransactionBody> bodies,
                                                  std::span<const Signer* const> signers) {
    if (bodies.empty() || bodies.size() > batch_bodies_max) {
        return base::fail(base::ErrorCode::too_large,
                          "a batch has 1 to " + std::to_string(batch_bodies_max) + " bodies");
    }
    std::vector<base::Bytes> encoded;
    encoded.reserve(bodies.size());
    for (const auto& body : bodies) encoded.push_back(encode(body));
    auto tree = batch_tree(encoded);
    const auto message = batch_message(tree.root, static_cast<std::uint32_t>(bodies.size()));
    std::vector<Signature> signatures;
    for (const auto* signer : signers) {
        const auto signature = signature_by(*signer, message);
        if (!signature) return base::pass(signature);
        signatures.push_back({.signer = signer->id(), .value = *signature, .over_batch = true});
    }
    std::vector<base::Bytes> out;
    out.reserve(bodies.size());
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        auto envelope = checked_envelope({.body_bytes = std::move(encoded[i]),
                                          .body = bodies[i],
                                          .signatures = signatures,
                                          .batch = std::move(tree.paths[i])});
        if (!envelope) return base::pass(envelope);
        out.push_back(std::move(*envelope));
    }
    return out;
}

}  // namespace wire
