// SPDX-License-Identifier: Apache-2.0
// The signatures of a receipt under P-256 keys: one by one, or all at once by a verifier that was
// lent.
#include <utility>

#include "crypto/ecdsa.h"
#include "ledger/internal/claim_check.h"

namespace ledger {

using base::ErrorCode;
using base::fail;

base::Result<void> ClaimCheck::check_signature(SignedMessage one) {
    if (verifier_ != nullptr) {
        one.step = step_;
        pending_.push_back(std::move(one));
        return {};
    }
    const auto key = crypto::EcdsaPublicKey::decode(one.key.view());
    if (!key) return fail(ErrorCode::bad_key, one.whose + one.bad_key);
    if (!key->verify(one.message, one.signature.view())) {
        return fail(ErrorCode::bad_signature, one.whose + " does not verify");
    }
    return {};
}

std::optional<ClaimCheck::Refused> ClaimCheck::verify_pending() const {
    if (pending_.empty()) return std::nullopt;
    std::vector<crypto::SignatureCheck> checks;
    checks.reserve(pending_.size());
    for (const auto& one : pending_) {
        checks.push_back({one.key.view(), one.message, one.signature.view()});
    }
    const auto verdicts = verifier_->verify(checks);
    for (std::size_t i = 0; i < pending_.size(); ++i) {
        if (verdicts[i]) continue;
        const auto& bad = pending_[i];
        if (!crypto::EcdsaPublicKey::decode(bad.key.view())) {
            return Refused{.step = bad.step,
                           .error = {ErrorCode::bad_key, bad.whose + bad.bad_key}};
        }
        return Refused{.step = bad.step,
                       .error = {ErrorCode::bad_signature, bad.whose + " does not verify"}};
    }
    return std::nullopt;
}

}  // namespace ledger
