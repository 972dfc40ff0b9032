// SPDX-License-Identifier: Apache-2.0
#include "witness/attach.h"

#include <string>
#include <utility>
#include <variant>

#include "wire/block.h"
#include "witness/checkpoint.h"
#include "witness/note.h"

namespace witness {

using base::ErrorCode;
using base::fail;

base::Result<void> attach_checkpoint(wire::Claim& claim, std::string_view note_text,
                                     const ConsistencyPath& path) {
    const auto header = wire::decode_header(claim.header);
    if (!header) return fail(ErrorCode::corrupted, "a stored header: " + header.error().detail);
    const auto note = decode_note(note_text);
    if (!note) return base::pass(note);
    const auto checkpoint = decode_checkpoint(note->text);
    if (!checkpoint) return base::pass(checkpoint);
    if (checkpoint->size < header->history_size) {
        return fail(ErrorCode::expired,
                    "the checkpoint is older than block " + std::to_string(header->height));
    }
    const bool of_state = !std::holds_alternative<wire::ProvenTransaction>(claim.fact);
    if (of_state && checkpoint->size != header->history_size) {
        return fail(ErrorCode::conflict,
                    "the checkpoint is of another block; a receipt about the state needs one of "
                    "its own block");
    }
    auto found = path(header->history_size, checkpoint->size);
    if (!found) return base::pass(found);
    claim.checkpoint =
        wire::CheckpointLink{.note = std::string(note_text), .path = *std::move(found)};
    return {};
}

}  // namespace witness
