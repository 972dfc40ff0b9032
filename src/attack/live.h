// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "askg/unlock.h"
#include "attack/attack.h"
#include "attack/victim.h"
#include "attack/world.h"
#include "base/clock.h"
#include "base/error.h"
#include "mqtt/topics.h"
#include "mqtt/transport.h"

namespace attack {

/// An account of the broker. The password is stolen; the line is what is not: attacks use of it
/// what everybody may know, and all of it for positive controls alone.
struct Account {
    std::string id;  ///< 32 hexadecimal digits: user name and address.
    std::string password;
    Line line;
};

/// What somebody has who captured every device of a patient but the second one attacked.
struct CapturedDevices {
    std::vector<askg::DomainShare> shares;  ///< The first is that of the first device attacked.
    askg::FieldElement place_of_second;     ///< No secret; nor is the next.
    askg::FieldElement place_of_pda;
};

/// What was stolen of files besides, for the rows that say so; nothing where it is not there.
struct StolenFiles {
    std::optional<Bytes> table;             ///< Of the cloud server, opened.
    std::optional<Secret32> table_psk;      ///< V of the PDA, from it.
    std::optional<Secret32> generator_psk;  ///< Of the first device, from the opened generator.
    std::vector<Secret32> of_the_pda;       ///< Its token, and TEMPC: for the search of the table.
    std::optional<CapturedDevices> captured;
};

/// A running system: one PDA with two devices, and another PDA.
struct LiveTarget {
    std::string tenant;
    Account pda;
    Account other_pda;
    std::vector<Account> devices;  ///< Two of `pda`, not sealed to the cloud.
    StolenFiles files;
};
/// Reads the accounts from the fleet's and PDAs' files of a data folder. Errors: those of the
/// files; `not_found` if no PDA there has two such devices, or there is no other PDA.
[[nodiscard]] base::Result<LiveTarget> read_target(const std::filesystem::path& data);
/// The pre-shared key of a device and its PDA, out of a copy of the key generator's folder.
/// Errors: those of `askg::KeyGenerator::open` and `renew_device`.
[[nodiscard]] base::Result<Secret32> psk_from_generator(const std::filesystem::path& copy,
                                                        const askg::UnlockSecret& unlock,
                                                        const Line& device, base::Random& random);
/// Where its broker listens, and its node's interface. Errors: `not_found` if nothing runs there,
/// `malformed`, also where the node has no interface.
[[nodiscard]] base::Result<std::uint16_t> broker_port_of(const std::filesystem::path& data);
[[nodiscard]] base::Result<std::uint16_t> node_port_of(const std::filesystem::path& data);

/// One stolen account at work: hears what the broker lets it, sends what the broker takes.
class Tap final : public mqtt::Listener {
public:
    struct Message {
        base::TimePoint at;
        std::string topic;
        Bytes payload;
    };
    struct Way {
        mqtt::Network& network;
        const base::Clock& clock;
    };
    /// Borrows what is in `way`. `client_id`: of its own, or the account owner's, who is thrown
    /// out then.
    Tap(const Way& way, const Account& account, const std::string& client_id,
        std::vector<std::string> filters);
    ~Tap() override;
    Tap(const Tap&) = delete;
    Tap& operator=(const Tap&) = delete;

    [[nodiscard]] bool ready() const { return subscribed_; }
    /// What was not heard yet.
    [[nodiscard]] std::deque<Message>& heard() { return heard_; }
    /// False if the connection is not there or its queue is full.
    bool send(std::string topic, Bytes payload);

    void on_connected() override;
    void on_disconnected(std::string_view reason) override;
    void on_message(std::string_view topic, base::ByteView payload) override;

private:
    const base::Clock& clock_;
    std::vector<std::string> filters_;
    std::unique_ptr<mqtt::MqttTransport> transport_;
    std::deque<Message> heard_;
    bool subscribed_ = false;
};

/// A handshake between a device and its PDA, heard on the way.
struct HeardHandshake {
    std::size_t device = 0;  ///< Index into LiveTarget::devices.
    Bytes message1;
    Bytes message2;
    Bytes message3;
};

/// What a row comes to that found nobody to attack.
[[nodiscard]] Verdict no_handshake();

/// Attacks over the broker. One thread, the one that polls the network.
class Live {
public:
    struct Parts {
        mqtt::Network& network;
        const base::Clock& clock;
        base::Random& random;
        /// Lets time pass: polls the network, and in a test whoever is attacked.
        std::function<void(std::chrono::milliseconds)> wait;
    };
    /// Borrows what is in `parts`.
    Live(LiveTarget target, Parts parts);

    /// Errors: `unavailable` if the broker does not take the accounts within 10 s.
    [[nodiscard]] base::Result<void> connect();
    /// Nothing for an attack that is not made over a broker.
    [[nodiscard]] std::optional<Verdict> run(std::string_view name);

private:
    enum class Towards : std::uint8_t { pda, cloud };
    [[nodiscard]] Verdict replay();
    [[nodiscard]] Verdict man_in_the_middle();
    [[nodiscard]] Verdict impersonation();
    [[nodiscard]] Verdict ephemeral_leak();
    [[nodiscard]] Verdict flooding();
    [[nodiscard]] Verdict traceability();
    [[nodiscard]] Verdict desynchronisation();
    // Nothing if the files that the row needs are not there.
    [[nodiscard]] std::optional<Verdict> insider();
    [[nodiscard]] std::optional<Verdict> device_capture();
    [[nodiscard]] std::optional<Verdict> stolen_verifier();
    [[nodiscard]] Verdict key_compromise();

    [[nodiscard]] std::string up(std::size_t device) const;
    [[nodiscard]] std::string down(std::size_t device) const;
    /// Moves what the taps heard into `log_`.
    void listen();
    /// Waits until `there` says so, at most `patience`.
    bool wait_for(const std::function<bool()>& there, std::chrono::milliseconds patience);
    /// Makes the PDA's devices agree anew, by saying in the PDA's name that it has started.
    void provoke();
    /// Frames of a type that were heard on a topic after `from` in the log.
    [[nodiscard]] std::vector<Bytes> frames_on(const std::string& topic, std::uint8_t type,
                                               std::size_t from) const;
    /// A whole handshake of this device after `from` in the log.
    [[nodiscard]] std::optional<HeardHandshake> handshake_after(std::size_t from,
                                                                std::size_t device) const;
    /// Provokes until one was heard. Nothing after three tries.
    [[nodiscard]] std::optional<HeardHandshake> hear_handshake(std::size_t device);
    /// A new handshake and the first record of the device in it, which is missing if none came
    /// within 15 s. Nothing if no handshake was heard.
    [[nodiscard]] std::optional<Heard> hear_session(std::size_t device);
    /// How many frames of a type after `from` bear one of these session names at `offset`.
    [[nodiscard]] std::size_t frames_for(std::size_t from, std::uint8_t type, std::size_t offset,
                                         const std::vector<Bytes>& names) const;
    /// Where an initiator speaks, and is spoken to.
    struct Seat {
        Tap& tap;
        std::string up;
        std::string down;
    };
    [[nodiscard]] Seat seat_of(const Account& account, Towards towards);
    /// Poses as the initiator of `account` with this ss and psk; whether MSG2 came.
    [[nodiscard]] bool gets_message2(const Account& account, Towards towards, Known known,
                                     std::chrono::milliseconds patience);
    [[nodiscard]] bool gets_message2(const Account& account, Towards towards, bool has_static,
                                     const Secret32& psk);
    enum class Until : std::uint8_t { message2, confirmed };
    /// An honest client of `account` agrees with who runs there, up to a record of that one, or to
    /// its MSG2 alone. Nothing after three tries.
    [[nodiscard]] std::unique_ptr<Victim> lead(const Account& account, Towards towards,
                                               Until until);
    [[nodiscard]] bool goes_well(Victim& victim, const Seat& seat, Until until);
    /// Poses as the first device to the PDA with these products of statics and this psk, and goes
    /// on with MSG3; `own` is the device's static key where it is known. Whether a record came.
    [[nodiscard]] bool completes_as_device(Known known,
                                           const std::optional<crypto::X25519PrivateKey>& own);
    /// Listens for so long.
    void pass(std::chrono::milliseconds time);
    /// The other PDA, with its own credentials: whether the cloud server answers it.
    [[nodiscard]] bool others_served();
    /// How long after records of the other PDA's devices the next one of the cloud server came to
    /// it, rising; of what was heard after `from` in the log.
    [[nodiscard]] std::vector<std::chrono::milliseconds> acknowledged_after(std::size_t from) const;
    struct Sent {
        std::size_t junk = 0;
        std::size_t followed = 0;  ///< With a good cookie.
        std::size_t bytes = 0;
        std::map<Bytes, Bytes> by_name;  ///< MSG1 by its session name.
    };
    /// Junk of three kinds to the cloud server, for some seconds.
    [[nodiscard]] Sent send_flood();

    using Logged = Tap::Message;
    LiveTarget target_;
    Parts parts_;
    std::unique_ptr<Tap> pda_tap_;
    std::unique_ptr<Tap> other_tap_;
    std::vector<std::unique_ptr<Tap>> device_taps_;
    std::vector<Logged> log_;
};

}  // namespace attack
