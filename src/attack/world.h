// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "askg/key_generator.h"
#include "askg/user_secret.h"
#include "attack/key_schedule.h"
#include "base/clock.h"
#include "base/random.h"
#include "keyagreement/client.h"
#include "keyagreement/peer_table.h"
#include "keyagreement/server.h"
#include "storage/memory_store.h"

namespace attack {

using base::Bytes;
using crypto::Secret32;
using keyagreement::Profile;

/// One initiator as its own credentials make it; an attack hands out what its row gives away.
struct Line {
    std::string who;  ///< "device", "PDA", "user".
    Profile profile{};
    keyagreement::Suite suite{};
    keyagreement::DomainName domain;
    keyagreement::PeerName name;
    Secret32 static_private;  ///< s_I
    keyagreement::PublicKey responder{};
    Secret32 pid_key;
    std::map<std::int64_t, Secret32> psk;  ///< By 30-day epoch; profile 1 has one, at 0.
    bool clockless = false;

    [[nodiscard]] crypto::X25519PrivateKey own() const {
        return crypto::X25519PrivateKey::from_bytes(static_private);
    }
    [[nodiscard]] const Secret32& psk_at(base::TimePoint now) const;
    [[nodiscard]] keyagreement::Pid pid_at(base::TimePoint now) const;
    [[nodiscard]] Parties parties() const;
    /// A client of this line. Borrows `random`.
    [[nodiscard]] keyagreement::Client client(base::Random& random) const;
};

/// What a device's or PDA's own file makes of it; a PDA speaks to the first server in it.
[[nodiscard]] Line line_of(const askg::DeviceCredentials& credentials);
[[nodiscard]] Line line_of(const askg::PdaCredentials& credentials);
/// The same of a user's file, with the token that follows from it and from u.
[[nodiscard]] Line line_of(const askg::UserCredentials& credentials, const Secret32& token);

/// The peers of one responder, with the pre-shared keys of the month in which one asks.
class Roster final : public keyagreement::PeerIndex {
public:
    /// `keys`: by 30-day epoch; profile 1 has one, at 0.
    void put(keyagreement::PeerTable::Entry entry, std::map<std::int64_t, Secret32> keys);
    [[nodiscard]] std::optional<keyagreement::Peer> find(Profile profile,
                                                         const keyagreement::Pid& pid,
                                                         base::TimePoint now) const override;

private:
    keyagreement::PeerTable table_;
    std::map<keyagreement::PeerName, std::map<std::int64_t, Secret32>> keys_;
};

/// One responder as its own credentials make it.
struct Station {
    std::vector<Profile> profiles;
    keyagreement::Suite suite{};
    keyagreement::DomainName domain;
    Secret32 static_private;  ///< s_R
    keyagreement::ServerLimits limits;
    Roster peers;

    [[nodiscard]] crypto::X25519PrivateKey own() const {
        return crypto::X25519PrivateKey::from_bytes(static_private);
    }
    /// A server that began at `started_at`. Borrows this station and `random`.
    [[nodiscard]] keyagreement::Server server(base::TimePoint started_at,
                                              base::Random& random) const;
    /// The same under other bounds.
    [[nodiscard]] keyagreement::Server server(base::TimePoint started_at,
                                              const keyagreement::ServerLimits& bounds,
                                              base::Random& random) const;
    /// The same without bounds on how often one may ask, so that it is not those that refuse.
    [[nodiscard]] keyagreement::Server patient_server(base::TimePoint started_at,
                                                      base::Random& random) const;
};

/// Who is attacked: a key generator, two patients with a PDA each, the first with three
/// devices, two cloud servers and a user, enrolled as in docs/protocol.md 2.2.
class World {
public:
    /// Borrows `random`. Takes about a tenth of a second: the user's Argon2id.
    explicit World(base::Random& random);

    [[nodiscard]] base::TimePoint now() const { return clock.now(); }
    /// The three profiles: device and PDA, PDA and the first cloud server, user and the same.
    [[nodiscard]] std::vector<const Line*> lines() const { return {&device, &pda_line, &user}; }
    /// Who answers on this line.
    [[nodiscard]] const Station& station_of(const Line& line) const;
    base::ManualClock clock;
    base::Random& random;
    storage::MemoryStore store;
    std::unique_ptr<askg::KeyGenerator> askg;

    wire::LedgerId patient;
    wire::LedgerId other_patient;
    Line device;          ///< Device -> PDA.
    Line other_device;    ///< Another of the same patient, to the same PDA.
    Line clockless;       ///< One that starts without knowing the time.
    Line pda_line;        ///< PDA -> cloud server.
    Line user;            ///< User -> cloud server.
    Line pda_elsewhere;   ///< The same PDA -> the other cloud server.
    Line user_elsewhere;  ///< The same user -> the other cloud server.
    Station pda;
    Station cloud;
    Station other_cloud;

    /// What a server stores: its credentials, and the table that it was provided with, sealed.
    struct ServerFiles {
        askg::CloudServerCredentials credentials;
        Bytes provision;
    };
    ServerFiles cloud_files;
    ServerFiles other_cloud_files;
    Secret32 unlock_key;  ///< Opens the key generator's store.

    // What its owner made and gave to nobody.
    Secret32 pda_token;   ///< TKN of the PDA.
    Secret32 user_token;  ///< TKN_U.
    /// a_0 of the device's share: of all that opens sessions, it is at the device alone.
    Secret32 device_coefficient;

    static constexpr std::string_view biometric = "ridge pattern 0417";
    askg::UserCredentials user_file;  ///< What the user's client stores.

private:
    void enrol_servers();
    void enrol_patient();
    void enrol_user();
    void provision();
};

/// What an eavesdropper hears of a handshake and of one record each way.
struct Conversation {
    Heard heard;             ///< The record is the initiator's.
    Bytes first_record;      ///< The responder's empty one.
    Bytes responder_record;  ///< Its answer.
};
/// Lets both agree and speak; nothing gets lost. CHECKs that they do.
[[nodiscard]] Conversation converse(keyagreement::Client& client, keyagreement::Server& server,
                                    base::TimePoint now);

inline constexpr std::string_view line_name = "the usual way";  ///< A source of frames.

}  // namespace attack
