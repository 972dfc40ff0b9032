// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "contracts/contract.h"

namespace contracts {

/// By an administrator: from a height on the chain follows a newer version of the rules. Until then
/// the plan may be replaced. A program that does not know the version stops at that height.
/// Errors: `malformed` (version 0), `not_authorised`, `conflict` (not newer than what holds, or the
/// very plan that stands), `expired` (the height is not above this block's).
struct ScheduleUpgradeContract {
    using ActionType = wire::ScheduleUpgrade;
    static base::Result<void> check_form(const wire::ScheduleUpgrade& action,
                                         const wire::TransactionBody& body);
    static base::Result<void> check_state(const wire::ScheduleUpgrade& action,
                                          const Request& request, const state::StateView& view,
                                          const BlockContext& block);
    static base::Result<void> apply(const wire::ScheduleUpgrade& action, const Request& request,
                                    state::Overlay& overlay, const BlockContext& block);
};

[[nodiscard]] base::Result<state::SchemaRecord> schema_record(const state::StateView& view);
/// The first thing in the block at `height`: a plan for this height takes effect.
[[nodiscard]] base::Result<void> begin_version(state::Overlay& overlay, wire::Height height);

}  // namespace contracts
