// SPDX-License-Identifier: Apache-2.0
#include "contracts/header_ring.h"

#include "base/check.h"

namespace contracts {

using base::ErrorCode;
using base::fail;

base::Result<void> enter_header(state::Overlay& overlay, wire::Height height,
                                const wire::Hash256& previous_ref) {
    CHECK(height > 0);
    const auto slot = state::header_slot_of(height - 1);
    const auto oldest = overlay.get(slot);
    if (!oldest) return base::pass(oldest);
    if (*oldest) {
        const auto leaving = state::decode_header_slot(**oldest);
        if (!leaving) return fail(ErrorCode::corrupted, "a stored slot of a header");
        overlay.erase(state::header_height_of(leaving->ref));
    }
    overlay.put(slot, encode(state::HeaderSlot{.ref = previous_ref, .height = height - 1}));
    overlay.put(state::header_height_of(previous_ref), state::encode_height(height - 1));
    return {};
}

base::Result<std::optional<wire::Height>> height_of_header(const state::StateView& view,
                                                           const wire::Hash256& header_ref) {
    const auto raw = view.get(state::header_height_of(header_ref));
    if (!raw) return base::pass(raw);
    if (!*raw) return std::optional<wire::Height>{};
    const auto height = state::decode_height(**raw);
    if (!height) return fail(ErrorCode::corrupted, "a stored height of a header");
    return std::optional{*height};
}

}  // namespace contracts
