// SPDX-License-Identifier: Apache-2.0
#include "api/internal/witnessed_claim.h"

#include <utility>

#include "chain/queries.h"
#include "wire/block.h"
#include "witness/checkpoint.h"
#include "witness/note.h"

namespace api {

using base::ErrorCode;

base::Result<wire::Claim> with_checkpoint(const Service& service, wire::Claim claim) {
    if (service.parts.checkpoints == nullptr) return claim;
    auto text = service.parts.checkpoints->checkpoint(1);
    if (!text && text.error().code == ErrorCode::not_found) return claim;
    if (!text) return base::pass(text);
    const auto note = witness::decode_note(*text);
    if (!note) return base::pass(note);
    const auto checkpoint = witness::decode_checkpoint(note->text);
    if (!checkpoint) return base::pass(checkpoint);
    const auto of = witness::header_of(*checkpoint);
    if (!of) return base::pass(of);
    const auto header = wire::decode_header(claim.header);
    if (!header) return base::pass(header);
    const bool same_block = of->height == header->height;
    const bool later = of->height > header->height && checkpoint->size > header->history_size;
    const bool of_history = std::holds_alternative<wire::ProvenTransaction>(claim.fact);
    if (!same_block && !(later && of_history)) return claim;
    wire::CheckpointLink link{.note = *std::move(text), .path = {}};
    if (!same_block) {
        auto path = chain::consistency_of(service.parts.blocks,
                                          {.from = header->history_size, .to = checkpoint->size});
        if (!path && path.error().code == ErrorCode::not_found) return claim;  // pruned
        if (!path) return base::pass(path);
        link.path = *std::move(path);
    }
    claim.checkpoint = std::move(link);
    return claim;
}

}  // namespace api
