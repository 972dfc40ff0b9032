// SPDX-License-Identifier: Apache-2.0
#include "mutations.h"

#include <algorithm>
#include <array>

#include "consensus/proposal_bounds.h"
#include "contracts/consent.h"
#include "contracts/mining.h"
#include "contracts/sequence.h"
#include "ledger/application.h"
#include "state/keys.h"

namespace sim {
namespace {

Mutation planted_now = Mutation::none;

constexpr std::array names{
    MutationName{Mutation::skipped_sync, "skipped-sync", "abci"},
    MutationName{Mutation::double_turn, "double-turn", "abci"},
    MutationName{Mutation::unordered_iteration, "unordered-iteration", "abci"},
    MutationName{Mutation::lost_vote, "lost-vote", "committee"},
    MutationName{Mutation::trusted_proposal, "trusted-proposal", "committee"},
    MutationName{Mutation::forgiven_lie, "forgiven-lie", "committee"},
    MutationName{Mutation::local_clock, "local-clock", "abci"},
    MutationName{Mutation::forgotten_sequence, "forgotten-sequence", "abci"},
    MutationName{Mutation::unasked_consent, "unasked-consent", "abci"},
};

}  // namespace

std::span<const MutationName> all_mutations() {
    return names;
}

std::optional<Mutation> mutation_named(std::string_view name) {
    if (name == "none") return Mutation::none;
    const auto at = std::ranges::find(names, name, &MutationName::name);
    if (at == names.end()) return std::nullopt;
    return at->mutation;
}

void plant(Mutation mutation) {
    planted_now = mutation;
}

Mutation planted() {
    return planted_now;
}

}  // namespace sim

// The linker gives every call of a production function to its `__wrap_` and lets that reach the
// production code as `__real_`; CMakeLists.txt names them.

namespace contracts {

using base::Result;
using sim::Mutation;
using sim::planted;

Result<void> real_close_turn(state::Overlay& overlay,
                             const wire::ConsensusPolicy& policy) __asm__("__real_" CLOSE_TURN);
Result<void> wrapped_close_turn(state::Overlay& overlay,
                                const wire::ConsensusPolicy& policy) __asm__("__wrap_" CLOSE_TURN);
Result<void> wrapped_close_turn(state::Overlay& overlay, const wire::ConsensusPolicy& policy) {
    if (planted() == Mutation::double_turn) {
        auto mining = mining_record(overlay);
        if (!mining) return base::pass(mining);
        // The first of the list is asked again in a round in which it has mined.
        if (mining->round % 2 == 1 && !mining->kept_head) mining->next = mining->head;
        overlay.put(state::mining(), encode(*mining));
    }
    return real_close_turn(overlay, policy);
}

Result<void> real_spend_sequence(
    state::Overlay& overlay, const wire::TransactionBody& body) __asm__("__real_" SPEND_SEQUENCE);
Result<void> wrapped_spend_sequence(
    state::Overlay& overlay, const wire::TransactionBody& body) __asm__("__wrap_" SPEND_SEQUENCE);
Result<void> wrapped_spend_sequence(state::Overlay& overlay, const wire::TransactionBody& body) {
    if (planted() == Mutation::forgotten_sequence && body.sequence % 4 == 0) return {};
    return real_spend_sequence(overlay, body);
}

Result<Standing> real_find_standing(const state::StateView& view, const Access& access,
                                    std::span<const wire::LedgerId> readers,
                                    base::TimePoint at) __asm__("__real_" FIND_STANDING);
Result<Standing> wrapped_find_standing(const state::StateView& view, const Access& access,
                                       std::span<const wire::LedgerId> readers,
                                       base::TimePoint at) __asm__("__wrap_" FIND_STANDING);
Result<Standing> wrapped_find_standing(const state::StateView& view, const Access& access,
                                       std::span<const wire::LedgerId> readers,
                                       base::TimePoint at) {
    if (planted() == Mutation::unasked_consent) {
        const auto record = consent_record_of(
            view,
            state::consent_of({access.patient, readers.front(), access.category, access.purpose}));
        if (!record) return base::pass(record);
        // Withdrawn or past its end: it is taken all the same.
        if (*record) return Standing{.grantee = readers.front(), .record = **record};
    }
    return real_find_standing(view, access, readers, at);
}

}  // namespace contracts

namespace consensus {

bool real_may_be_proposed(const wire::Block& block,
                          const ProposalBounds& bounds) __asm__("__real_" MAY_BE_PROPOSED);
bool wrapped_may_be_proposed(const wire::Block& block,
                             const ProposalBounds& bounds) __asm__("__wrap_" MAY_BE_PROPOSED);
bool wrapped_may_be_proposed(const wire::Block& block, const ProposalBounds& bounds) {
    if (sim::planted() == sim::Mutation::trusted_proposal) return true;
    return real_may_be_proposed(block, bounds);
}

}  // namespace consensus

namespace ledger {

base::Result<void> real_check_seal(const Application* application,
                                   const wire::Seal& seal) __asm__("__real_" CHECK_SEAL);
base::Result<void> wrapped_check_seal(const Application* application,
                                      const wire::Seal& seal) __asm__("__wrap_" CHECK_SEAL);
base::Result<void> wrapped_check_seal(const Application* application, const wire::Seal& seal) {
    auto verdict = real_check_seal(application, seal);
    // The vote that is missing was counted.
    const bool too_few = !verdict && verdict.error().code == base::ErrorCode::not_authorised;
    if (too_few && sim::planted() == sim::Mutation::lost_vote) return {};
    return verdict;
}

}  // namespace ledger
