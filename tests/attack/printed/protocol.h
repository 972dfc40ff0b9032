// SPDX-License-Identifier: Apache-2.0
// The key management of the paper ([0] of docs/references.md) as it is printed: a target for the
// attacks, and nothing else. Only the attack program and its tests are linked with it.
//
// h is SHA-512, times are 32 bits of seconds, so that its messages have the 1600 + 1056 bits that
// they come to by the paper's own text. Where its two ends disagree, both take the PDA's equation:
// Priv = h(phi, TSP1, TSP1*) and MSG1 = h(Priv, TSP2) xor PID_PDA. TSP1*, when the PDA received, is
// not sent; the device tries the seconds of the window.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "printed/polynomial.h"

namespace printed {

using Hash = crypto::Digest64;
using Seconds = std::uint32_t;
inline constexpr Seconds window_s = 5;  // the paper's dT; it gives no value, so ours is taken
inline constexpr std::size_t degree = 31;

[[nodiscard]] Hash exclusive_or(const Hash& a, const Hash& b);

/// Equations 8 and 12: Dev -> PDA (544 bits) and PDA -> Dev (1056 bits).
struct DeviceHello {
    Hash pid_device;
    Seconds tsp1 = 0;
    [[nodiscard]] base::Bytes encode() const;
};
struct PdaAnswer {
    Hash pid_pda;
    Hash msg1;
    Seconds tsp2 = 0;
    [[nodiscard]] base::Bytes encode() const;
};
/// Equations 16 to 18: PDA -> CS (1056 bits). The paper prints no answer but TSP2.
struct PdaLogin {
    Hash m1;
    Hash m2;
    Seconds tsp1 = 0;
    [[nodiscard]] base::Bytes encode() const;
};
/// What a user shows to log in: the token itself, TKN = h(ID, u) with u the biometric.
struct UserLogin {
    std::string id;
    Hash token;
};

/// All that ASKG holds and hands out.
class KeyGenerator {
public:
    explicit KeyGenerator(base::Random& random);

    [[nodiscard]] Hash pid_of(std::string_view id) const;  ///< For ever the same; sent in clear.
    [[nodiscard]] static crypto::FieldElement point_of(const Hash& pid);
    [[nodiscard]] Share share_of(std::string_view id) const;
    /// h(TKN, TEMPC) of a PDA.
    [[nodiscard]] Hash credential_of(std::string_view id) const;
    [[nodiscard]] const Hash& pid_askg() const {
        return pid_askg_;
    }  ///< Everybody enrolled has it.

private:
    Hash secret_;  // L, of which it makes all the rest
    Hash pid_askg_;
    Polynomial polynomial_;
};

/// h(phi, TSP1, TSP1*): the session key of a device and its PDA.
[[nodiscard]] Hash priv_of(const Share& own, const Hash& other_pid, Seconds tsp1,
                           Seconds received_at);

class Device {
public:
    Device(const KeyGenerator& askg, std::string_view id);
    [[nodiscard]] DeviceHello start(Seconds now);
    /// The session key, if the answer is the PDA's.
    [[nodiscard]] std::optional<Hash> receive(const PdaAnswer& answer, Seconds now) const;
    [[nodiscard]] const Share& share() const { return share_; }
    [[nodiscard]] const Hash& pid() const { return pid_; }

private:
    Hash pid_;
    Share share_;
    Seconds tsp1_ = 0;
};

/// The device's side of a PDA; nothing that it receives is authenticated, so it answers everybody.
class Pda {
public:
    Pda(const KeyGenerator& askg, std::string_view id);
    struct Answered {
        PdaAnswer answer;
        Hash priv;
    };
    [[nodiscard]] std::optional<Answered> receive(const DeviceHello& hello, Seconds now) const;
    [[nodiscard]] PdaLogin log_in(Seconds now) const;
    [[nodiscard]] const Share& share() const { return share_; }
    [[nodiscard]] const Hash& pid() const { return pid_; }

private:
    Hash pid_;
    Share share_;
    Hash credential_;
    Hash pid_askg_;
};

[[nodiscard]] PdaLogin login_of(const Hash& credential, const Hash& pid_askg, Seconds now);

/// SecKey = h(PID_PDA, PDA, TSP1, TSP2, h(PID_CS, PID_ASKG)).
struct SessionNames {
    Hash pid_pda;
    std::string pda;
    Seconds tsp1 = 0;
    Seconds tsp2 = 0;
    Hash pid_cloud;
};
[[nodiscard]] Hash session_key(const SessionNames& names, const Hash& pid_askg);

class Cloud {
public:
    Cloud(const KeyGenerator& askg, std::string_view id);
    void enrol_pda(const KeyGenerator& askg, std::string_view id);
    void enrol_user(const UserLogin& user);

    struct Session {
        std::string pda;
        Seconds tsp2 = 0;
        Hash key;
    };
    [[nodiscard]] std::optional<Session> receive(const PdaLogin& login, Seconds now) const;
    [[nodiscard]] bool receive(const UserLogin& login) const;
    /// What a thief of the server's table has.
    [[nodiscard]] const std::map<Hash, std::pair<std::string, Hash>>& table() const {
        return pdas_;
    }
    [[nodiscard]] const std::map<std::string, Hash>& users() const { return users_; }
    [[nodiscard]] const Hash& pid() const { return pid_; }

private:
    Hash pid_;
    Hash pid_askg_;
    std::map<Hash, std::pair<std::string, Hash>> pdas_;  // h(TKN, TEMPC) -> id and PID
    std::map<std::string, Hash> users_;                  // id -> TKN
};

/// TKN = h(ID, u).
[[nodiscard]] Hash token_of(std::string_view id, std::string_view biometric);

}  // namespace printed
