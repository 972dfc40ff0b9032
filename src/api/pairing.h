// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/secret.h"
#include "crypto/x25519.h"
#include "identity/directory.h"
#include "wire/ids.h"
#include "wire/vital.h"

namespace api {

/// What a new device says of itself when it asks to be paired with a patient.
struct DeviceClaim {
    wire::LedgerId patient;
    crypto::X25519PublicKeyBytes static_public{};  ///< S_D; the private key stays on the device.
    std::string label;                             ///< "Wrist band", ...
    std::vector<wire::Vital> vitals;
    std::uint32_t interval_ms = 1000;
    /// TKV_D. Given: what the device seals is for the cloud server, not for the PDA.
    std::optional<crypto::Secret32> token_verifier;
};
struct EnrolledDevice {
    identity::DeviceRecord record;
    /// What the device needs to work, opaque here: goes to it sealed, and is secret.
    base::Bytes kit;
};

/// What a user's client says when it registers: its key follows from the user's own secret and from
/// what the client keeps, and neither comes here (docs/protocol.md 2.1).
struct UserClaim {
    wire::LedgerId user;
    wire::Role role{};
    crypto::X25519PublicKeyBytes static_public{};  ///< S_U
    crypto::Secret32 token_verifier;               ///< TKV_U
};

/// Enrols devices and users and ends devices: the seam behind which the key generator stands.
/// Thread-safe.
class Enroller {
public:
    virtual ~Enroller() = default;
    /// When it returns, the device is in the directory and may speak.
    /// Errors: `not_found` (the patient has no PDA that serves), `too_large` (the patient's domain
    /// is full), `conflict` or `bad_key` (the device's key), `malformed` (label or vitals),
    /// `unavailable`.
    [[nodiscard]] virtual base::Result<EnrolledDevice> enrol(const DeviceClaim& claim) = 0;
    /// Sets the state of a device or PDA in the directory; revoking and retiring also withdraw its
    /// certificate, first. `by`: who asked.
    /// Errors: `not_found`, `conflict` where the state it has is final, `unavailable`.
    [[nodiscard]] virtual base::Result<void> set_state(const wire::DeviceId& id,
                                                       identity::DeviceState state,
                                                       const wire::LedgerId& by) = 0;
    /// What the user's client needs to sign in by key agreement, opaque here and secret. The
    /// user's registration from before ends. Errors: `bad_key`, `not_authorised`, `unavailable`.
    [[nodiscard]] virtual base::Result<base::Bytes> register_user(const UserClaim& claim) = 0;
};

}  // namespace api
