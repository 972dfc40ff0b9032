// SPDX-License-Identifier: Apache-2.0
#include "wire/signer.h"

#include "crypto/ecdsa.h"

namespace wire {

base::Result<base::Bytes> sign_transaction(const TransactionBody& body,
                                           std::span<const Signer* const> signers) {
    Transaction tx{.body_bytes = encode(body), .body = body, .signatures = {}};
    for (const auto* signer : signers) {
        const auto signature = signer->sign(tx.body_bytes);
        if (!signature) return base::pass(signature);
        // A card or a browser may answer with the upper half of the order, which the ledger
        // refuses.
        const auto low = crypto::normalised(signature->view());
        if (!low) {
            return base::fail(base::ErrorCode::bad_signature,
                              "the signer returned no ECDSA P-256 signature; sign again");
        }
        tx.signatures.push_back({.signer = signer->id(), .value = SignatureBytes{*low}});
    }
    auto envelope = encode(tx);
    // Whoever asks for too many, too few or the wrong signers hears it here, not from the ledger.
    if (const auto decoded = decode_transaction(envelope); !decoded) return base::pass(decoded);
    return envelope;
}

}  // namespace wire
