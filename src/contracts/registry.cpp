// SPDX-License-Identifier: Apache-2.0
#include "contracts/registry.h"

#include <type_traits>
#include <variant>

#include "contracts/certify.h"
#include "contracts/change_mining.h"
#include "contracts/consent.h"
#include "contracts/destroy_key.h"
#include "contracts/evidence.h"
#include "contracts/key_registry.h"
#include "contracts/report.h"
#include "contracts/schedule_upgrade.h"

namespace contracts {

namespace {

/// One line a contract. An action without one does not compile.
template <class Action>
struct ContractOf;
template <>
struct ContractOf<wire::Enrol> {
    using Type = EnrolContract;
};
template <>
struct ContractOf<wire::RotateKey> {
    using Type = RotateKeyContract;
};
template <>
struct ContractOf<wire::RevokeKey> {
    using Type = RevokeKeyContract;
};
template <>
struct ContractOf<wire::GrantConsent> {
    using Type = GrantConsentContract;
};
template <>
struct ContractOf<wire::RevokeConsent> {
    using Type = RevokeConsentContract;
};
template <>
struct ContractOf<wire::Report> {
    using Type = ReportContract;
};
template <>
struct ContractOf<wire::ChangeMining> {
    using Type = ChangeMiningContract;
};
template <>
struct ContractOf<wire::Evidence> {
    using Type = EvidenceContract;
};
template <>
struct ContractOf<wire::DestroyKey> {
    using Type = DestroyKeyContract;
};
template <>
struct ContractOf<wire::ScheduleUpgrade> {
    using Type = ScheduleUpgradeContract;
};
template <>
struct ContractOf<wire::Certify> {
    using Type = CertifyContract;
};

/// Calls `stage` with the action and an empty object of its contract.
template <class Stage>
base::Result<void> dispatch(const wire::Action& action, const Stage& stage) {
    return std::visit(
        [&](const auto& one) {
            using Found = typename ContractOf<std::decay_t<decltype(one)>>::Type;
            static_assert(Contract<Found>);
            return stage(Found{}, one);
        },
        action);
}

}  // namespace

base::Result<void> check_form(const wire::TransactionBody& body) {
    return dispatch(body.action, [&](auto contract, const auto& action) {
        return decltype(contract)::check_form(action, body);
    });
}

base::Result<void> check_state(const Request& request, const state::StateView& view,
                               const BlockContext& block) {
    return dispatch(request.body.action, [&](auto contract, const auto& action) {
        return decltype(contract)::check_state(action, request, view, block);
    });
}

base::Result<void> apply(const Request& request, state::Overlay& overlay,
                         const BlockContext& block) {
    return dispatch(request.body.action, [&](auto contract, const auto& action) {
        return decltype(contract)::apply(action, request, overlay, block);
    });
}

}  // namespace contracts
