// SPDX-License-Identifier: Apache-2.0
#include "cli/desk_enroller.h"

#include "askg/secret_bytes.h"
#include "cli/device_kit.h"
#include "gateway/broker_config.h"
#include "keyagreement/credentials.h"
#include "storage/files.h"

namespace cli {
namespace {

constexpr std::size_t ca_bytes_max = 65'536;

}  // namespace

base::Result<void> DeskEnroller::confirmed(const askg::Record& record) {
    return desk_.chain->wait({askg::hash_of(record), wire::CertificationEvent::certified},
                             patience_);
}

base::Result<api::EnrolledDevice> DeskEnroller::enrol(const api::DeviceClaim& claim) {
    const gateway::BrokerFiles broker{desk_.folder.broker()};
    const auto ca = storage::read_file(broker.ca(), ca_bytes_max);
    if (!ca) return base::pass(ca);
    DeviceKeys keys;
    keys.static_public = claim.static_public;
    if (claim.token_verifier) keys.token_verifier = claim.token_verifier->clone();
    auto enrolled = [&] {
        const std::scoped_lock lock(mutex_);
        return enrol_device(desk_, {claim.patient, claim.label, claim.vitals, claim.interval_ms},
                            keys);
    }();
    if (!enrolled) return base::pass(enrolled);
    if (auto shown = confirmed(enrolled->grant.certificate.record); !shown) {
        return base::pass(shown);
    }
    base::Bytes secret = desk_.keys.derived_key("broker");
    const askg::WipeAtEnd wipe(secret);
    const auto id = base::to_hex(enrolled->record.id.view());
    const DeviceKit kit{.grant = std::move(enrolled->grant),
                        .password = gateway::broker_password(secret, id),
                        .broker_port = desk_.broker.port,
                        .broker_ca = std::string(base::as_text(*ca))};
    return api::EnrolledDevice{.record = std::move(enrolled->record), .kit = to_json(kit)};
}

base::Result<void> DeskEnroller::set_state(const wire::DeviceId& id, identity::DeviceState state,
                                           const wire::LedgerId& by) {
    // At once: from here on nobody hears it, whoever is being served.
    if (auto set = desk_.directory.set_state(id, state, by); !set) return set;
    if (!identity::is_final(state)) return {};
    const std::scoped_lock lock(mutex_);
    auto ended = set_device_state(desk_, id, state, by);
    unfinished_ = unfinished_ || !ended;
    return ended;
}

base::Result<base::Bytes> DeskEnroller::register_user(const api::UserClaim& claim) {
    const auto registered = [&] {
        const std::scoped_lock lock(mutex_);
        return cli::register_user(desk_, {.id = claim.user,
                                          .role = claim.role,
                                          .static_public = claim.static_public,
                                          .token_verifier = claim.token_verifier.clone()});
    }();
    if (!registered) return base::pass(registered);
    if (auto shown = confirmed(registered->record); !shown) return base::pass(shown);
    const auto bytes = askg::encode(registered->grant);
    return base::Bytes(bytes.begin(), bytes.end());
}

base::Result<void> DeskEnroller::obey_orders() {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return {};
    return obey_device_orders(desk_);
}

base::Result<void> DeskEnroller::tick() {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return {};
    if (unfinished_) {
        if (auto taken = take_up_locked(); !taken) return taken;
    }
    const auto month = keyagreement::month_of(desk_.clock.now());
    if (renewed_for_ == month) return {};
    if (auto renewed = renew_credentials(desk_); !renewed) return renewed;
    renewed_for_ = month;
    return {};
}

base::Result<void> DeskEnroller::take_up() {
    const std::scoped_lock lock(mutex_);
    return take_up_locked();
}

base::Result<void> DeskEnroller::take_up_locked() {
    auto taken = cli::take_up(desk_);
    unfinished_ = !taken;
    return taken;
}

}  // namespace cli
