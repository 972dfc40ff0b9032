// SPDX-License-Identifier: Apache-2.0
#include "api/internal/witnessed_claim.h"

#include <utility>

#include "chain/queries.h"
#include "witness/attach.h"

namespace api {

using base::ErrorCode;

base::Result<wire::Claim> with_checkpoint(const Service& service, wire::Claim claim) {
    if (service.parts.checkpoints == nullptr) return claim;
    auto text = service.parts.checkpoints->checkpoint(1);
    if (!text && text.error().code == ErrorCode::not_found) return claim;
    if (!text) return base::pass(text);
    const auto attached = witness::attach_checkpoint(
        claim, *text, [&](std::uint64_t old_size, std::uint64_t new_size) {
            return chain::consistency_of(service.parts.blocks, {.from = old_size, .to = new_size});
        });
    const auto vouches_not = [](ErrorCode code) {
        // Of an older block, of another one, or of more than this node still has.
        return code == ErrorCode::expired || code == ErrorCode::conflict ||
               code == ErrorCode::not_found;
    };
    if (!attached && !vouches_not(attached.error().code)) return base::pass(attached);
    return claim;
}

}  // namespace api
