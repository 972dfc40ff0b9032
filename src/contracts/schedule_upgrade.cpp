// SPDX-License-Identifier: Apache-2.0
#include "contracts/schedule_upgrade.h"

#include <string>

#include "contracts/authenticity.h"

namespace contracts {

using base::ErrorCode;
using base::fail;

base::Result<state::SchemaRecord> schema_record(const state::StateView& view) {
    const auto raw = view.get(state::schema());
    if (!raw) return base::pass(raw);
    if (!*raw) return fail(ErrorCode::corrupted, "the state names no version of the rules");
    auto record = state::decode_schema_record(**raw);
    if (!record) {
        return fail(ErrorCode::corrupted, "stored schema record: " + record.error().detail);
    }
    return record;
}

base::Result<void> begin_version(state::Overlay& overlay, wire::Height height) {
    const auto record = schema_record(overlay);
    if (!record) return base::pass(record);
    const auto version = record->version_at(height);
    if (version == record->version) return {};
    overlay.put(state::schema(), encode(state::SchemaRecord{.version = version}));
    return {};
}

base::Result<void> ScheduleUpgradeContract::check_form(const wire::ScheduleUpgrade& action,
                                                       const wire::TransactionBody&) {
    if (action.version == 0) return fail(ErrorCode::malformed, "versions begin with 1");
    return {};
}

base::Result<void> ScheduleUpgradeContract::check_state(const wire::ScheduleUpgrade& action,
                                                        const Request& request,
                                                        const state::StateView& view,
                                                        const BlockContext& block) {
    if (auto signer = check_sole_signer(request, block, wire::Role::administrator); !signer) {
        return signer;
    }
    if (action.height <= block.height) {
        return fail(ErrorCode::expired, "block " + std::to_string(action.height) +
                                            " is not above this one; name a later height");
    }
    const auto record = schema_record(view);
    if (!record) return base::pass(record);
    if (action.version <= record->version) {
        return fail(ErrorCode::conflict,
                    "the chain follows version " + std::to_string(record->version) + " already");
    }
    if (action.version == record->next_version && action.height == record->upgrade_height) {
        return fail(ErrorCode::conflict, "this is what is scheduled already");
    }
    return {};
}

base::Result<void> ScheduleUpgradeContract::apply(const wire::ScheduleUpgrade& action,
                                                  const Request&, state::Overlay& overlay,
                                                  const BlockContext&) {
    auto record = schema_record(overlay);
    if (!record) return base::pass(record);
    record->next_version = action.version;
    record->upgrade_height = action.height;
    overlay.put(state::schema(), encode(*record));
    return {};
}

}  // namespace contracts
