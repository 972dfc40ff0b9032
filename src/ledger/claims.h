// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "base/error.h"
#include "ledger/block_store.h"
#include "ledger/history_log.h"
#include "state/keys.h"
#include "state/tree.h"
#include "wire/claim.h"

namespace ledger {

/// All borrowed; any thread.
struct ClaimSources {
    const BlockStore& blocks;
    const state::StateTree& tree;
    const HistoryLog& history;
};

/// Makes receipts from what is committed. Everything stands as of the block that is named, so the
/// same receipt comes out at any later time. Errors of all: `not_found` (no such block, or its
/// state is pruned), `corrupted`, `unavailable`.
class ClaimBuilder {
public:
    explicit ClaimBuilder(const ClaimSources& sources) : sources_(sources) {}

    [[nodiscard]] base::Result<wire::Claim> transaction(const Place& place) const;
    /// Errors: `consent_missing` if it did not stand at that block's time.
    [[nodiscard]] base::Result<wire::Claim> consent(const state::ConsentKey& key,
                                                    wire::Height height) const;

    struct Uncovered {
        wire::LedgerId patient;
        wire::Category category{};
        wire::Purpose purpose{};
        std::span<const wire::LedgerId> readers;  ///< In any order.
    };
    /// Errors: `conflict` if one of the readers had a consent that stood; `malformed` unless 1 to
    /// 16 different readers are named.
    [[nodiscard]] base::Result<wire::Claim> no_consent(const Uncovered& uncovered,
                                                       wire::Height height) const;
    /// `patient`: whose record it must be; zeros: anybody's. Errors: `not_found` if the key was not
    /// destroyed by then, or is of another patient's record.
    [[nodiscard]] base::Result<wire::Claim> key_destroyed(const wire::ContentId& content_id,
                                                          const wire::LedgerId& patient,
                                                          wire::Height height) const;

    /// Adds the checkpoint and the way to it. The note is read, not verified. Errors: `malformed`;
    /// `expired` if it is older than the claim's block; `conflict` where a claim about the state
    /// and the checkpoint are of different blocks; `not_found` if it is of more than is committed.
    [[nodiscard]] base::Result<void> attach(wire::Claim& claim, std::string_view note) const;

private:
    /// With header and seal; the fact is still to come.
    [[nodiscard]] base::Result<wire::Claim> begun(wire::Height height) const;
    [[nodiscard]] base::Result<wire::UncoveredReader> uncovered_reader(const state::ConsentKey& key,
                                                                       const wire::Claim& claim,
                                                                       wire::Height height) const;

    ClaimSources sources_;
};

}  // namespace ledger
