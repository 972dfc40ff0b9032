// SPDX-License-Identifier: Apache-2.0
#include "device/agreement.h"

#include <memory>

#include "keyagreement/credentials.h"

namespace device {
namespace {

using keyagreement::Secret32;

/// A record of someone who answers handshakes has a suite: decoding made sure.
keyagreement::Suite suite_of(const askg::Record& responder) {
    return responder.suite.value_or(keyagreement::Suite::chacha20_poly1305);
}

/// TEMPC of one epoch after the other, and for whom V is made of it.
struct TemporaryKeys {
    std::vector<askg::EpochSecret> epochs;
    wire::LedgerId server;

    [[nodiscard]] Secret32 at(base::TimePoint now) const {
        const auto* newest = askg::newest_until(epochs, keyagreement::month_of(now));
        const auto& used = newest != nullptr ? *newest : epochs.front();
        return keyagreement::psk_of_temporary(used.value, server.view(), used.epoch);
    }
};

}  // namespace

keyagreement::ClientSetup setup_with_pda(const askg::DeviceCredentials& device) {
    const askg::DeviceGrant& grant = device.grant;
    const auto psk = std::make_shared<const Secret32>(askg::pair_secret(grant.domain, grant.pda_x));
    return {.profile = keyagreement::Profile::device_pda,
            .suite = suite_of(grant.pda_record),
            .domain = grant.certificate.authority,
            .own = keyagreement::PrivateKey::from_bytes(device.static_private),
            .responder = grant.pda_record.static_public,
            .pid_key = grant.pid_key.clone(),
            .psk = [psk](base::TimePoint) { return psk->clone(); },
            .has_clock = !grant.clockless};
}

CloudInitiator cloud_initiator(const askg::DeviceCredentials& device) {
    return {device.static_private, device.grant.certificate, device.grant.pid_key,
            device.grant.temporary, device.grant.cloud_servers};
}

CloudInitiator cloud_initiator(const askg::PdaCredentials& pda) {
    return {pda.static_private, pda.grant.certificate, pda.grant.pid_key, pda.grant.temporary,
            pda.grant.cloud_servers};
}

base::Result<keyagreement::ClientSetup> setup_with_cloud(const CloudInitiator& initiator) {
    if (initiator.cloud_servers.empty() || initiator.temporary.empty()) {
        return base::fail(base::ErrorCode::not_found,
                          "the credentials name no cloud server; enrol the party for one");
    }
    const askg::CloudServerEntry& server = initiator.cloud_servers.front();
    const auto keys = std::make_shared<TemporaryKeys>();
    keys->server = server.id;
    for (const auto& secret : initiator.temporary) {
        keys->epochs.push_back({secret.epoch, secret.value.clone()});
    }
    return keyagreement::ClientSetup{
        .profile = keyagreement::Profile::pda_cloud,
        .suite = suite_of(server.record),
        .domain = initiator.certificate.authority,
        .own = keyagreement::PrivateKey::from_bytes(initiator.static_private),
        .responder = server.record.static_public,
        .pid_key = initiator.pid_key.clone(),
        .psk = [keys](base::TimePoint now) { return keys->at(now); }};
}

}  // namespace device
