// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <boost/json/object.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "cli/broker_listener.h"
#include "cli/certification_sender.h"
#include "cli/data_folder.h"
#include "cli/enrolment.h"
#include "identity/directory.h"
#include "identity/key_store.h"
#include "identity/peers.h"

namespace cli {

/// Where devices are enrolled and ended, by whoever has the folder's databases open: the node, or a
/// command while no node runs. One caller at a time.
struct DeviceDesk {  // all borrowed
    const DataFolder& folder;
    BrokerListener broker;  ///< The one that runs.
    identity::KeyStore& keys;
    identity::Directory& directory;
    identity::Peers* peers = nullptr;  ///< Told at once; may be absent.
    const base::Clock& clock;
    base::Random& random;
    /// Takes to the chain what is certified and revoked here; absent: the node's next start does.
    CertificationSender* chain = nullptr;
};

/// Enrols a device that keeps its secrets to itself. Errors: those of `Enrolment`.
[[nodiscard]] base::Result<EnrolledDevice> enrol_device(const DeviceDesk& desk,
                                                        const NewDevice& device,
                                                        const DeviceKeys& keys);
/// Draws the device's keys here and writes its credentials to `file`.
[[nodiscard]] base::Result<identity::DeviceRecord> enrol_device(const DeviceDesk& desk,
                                                                const NewDevice& device,
                                                                identity::SealedTo sealed_to,
                                                                const std::filesystem::path& file);
/// Of a device or a PDA. `by`: zeros for an operator's command. Errors: `not_found`, `conflict`.
[[nodiscard]] base::Result<void> set_device_state(const DeviceDesk& desk, const wire::DeviceId& id,
                                                  identity::DeviceState state,
                                                  const wire::LedgerId& by = {});

/// Registers a person's client for signing in by key agreement. Errors: those of `Enrolment`.
[[nodiscard]] base::Result<askg::KeyGenerator::Registration> register_user(
    const DeviceDesk& desk, const askg::UserApplication& user);
/// Revokes a person's client: it signs in no more, and the sessions that it opened end. Her
/// password stays. Errors: those of `Enrolment`.
[[nodiscard]] base::Result<void> revoke_user(const DeviceDesk& desk, const wire::LedgerId& user);

/// What a process that was killed, or worked while no node ran, left undone: see
/// `Enrolment::take_up`. At the start of a node; needs `chain`.
[[nodiscard]] base::Result<void> take_up(const DeviceDesk& desk);

/// Gives everybody what they agree on keys with in the running 30 days, where what they have was
/// made in others; cheap where it was not. The process of the PDAs takes it over by itself, that of
/// the devices at its next start: they have the next 30 days for that.
[[nodiscard]] base::Result<void> renew_credentials(const DeviceDesk& desk);

/// What a command asks for, as JSON: {"order": "enrol", ...} or {"order": "state", ...}, with the
/// members of `salus device`'s options; or {"order": "revoke_user", "user": login or id}. Answers
/// with what became of it.
[[nodiscard]] base::Result<boost::json::object> obey(const DeviceDesk& desk,
                                                     const boost::json::object& order);

/// Obeys what commands left in the folder while this node runs, and leaves an answer for each. One
/// that a killed node had begun is not carried out twice. Errors: those of files.
[[nodiscard]] base::Result<void> obey_device_orders(const DeviceDesk& desk);
/// A command's side: leaves `order` for the node that runs and waits for its answer.
/// Errors: what the node answered; `unavailable` if it does not begin within ten seconds, and then
/// it never does, or does not end.
[[nodiscard]] base::Result<boost::json::object> order_from_node(const DataFolder& folder,
                                                                const boost::json::object& order,
                                                                base::Random& random);

}  // namespace cli
