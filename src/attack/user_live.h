// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "attack/attack.h"
#include "attack/guess.h"
#include "attack/victim.h"
#include "attack/world.h"
#include "base/clock.h"
#include "base/error.h"

namespace attack {

/// A way to a node: frames of key agreement, as a user's client sends them.
class UserWay {
public:
    virtual ~UserWay() = default;
    /// A new connection in the place of the one before. Errors: `unavailable`.
    [[nodiscard]] virtual base::Result<void> connect() = 0;
    /// False if the connection is not there.
    virtual bool send(base::ByteView frame) = 0;
    /// The next frame; nothing if none came within `patience`.
    [[nodiscard]] virtual std::optional<Bytes> receive(std::chrono::milliseconds patience) = 0;
};

/// A user who has registered a client with a running node. Attacks are handed of it what their row
/// says; all of it is used for positive controls alone.
struct UserTarget {
    askg::UserCredentials file;  ///< What her client keeps.
    Bytes secret;                ///< u
    Line line;                   ///< What both together make.
    // What the server's table holds of her.
    keyagreement::PublicKey in_table{};  ///< S_U
    Secret32 table_psk;                  ///< V
    Secret32 server_static;              ///< s_C, which is not in the table.
};
/// Reads the table from a data folder. Costs an Argon2id. Errors: those of the files; `not_found`
/// if the table does not hold her.
[[nodiscard]] base::Result<UserTarget> read_user(const std::filesystem::path& data,
                                                 askg::UserCredentials file, Bytes secret);

/// Attacks on a user's login at a running node. One thread.
class UserLive {
public:
    struct Parts {
        UserWay& way;
        const base::Clock& clock;
        base::Random& random;
        std::function<void(std::chrono::milliseconds)> wait;  ///< Lets time pass.
    };
    /// Borrows what is in `parts`.
    UserLive(UserTarget target, Parts parts);

    /// Nothing for an attack that is not made on a user's login.
    [[nodiscard]] std::optional<Verdict> run(std::string_view name);

private:
    struct Login {
        std::unique_ptr<Victim> victim;
        std::vector<Bytes> wire;  ///< Every frame, either way.
        bool signed_in = false;
    };
    struct Asked {
        Bytes message1;
        crypto::X25519PrivateKey ephemeral;
    };
    [[nodiscard]] Verdict impersonation();
    [[nodiscard]] Verdict ephemeral_leak();
    [[nodiscard]] Verdict stolen_verifier();
    [[nodiscard]] Verdict offline_guessing();
    [[nodiscard]] Verdict key_compromise();

    /// Her own client signs in with all her credentials.
    [[nodiscard]] Login log_in();
    [[nodiscard]] bool sign_in(Login& login);
    /// MSG1 in her name with this ss and psk.
    [[nodiscard]] Asked ask_with(Known known);
    /// Sends it on a new connection; what came back within `patience`.
    [[nodiscard]] std::optional<Bytes> answer_to(const Asked& asked,
                                                 std::chrono::milliseconds patience);
    [[nodiscard]] bool is_answered(Known known, std::chrono::milliseconds patience);
    [[nodiscard]] bool is_answered_again(const Login& login);
    /// ss and psk as they follow from a guess of u and her client's file.
    [[nodiscard]] Known known_of(const Guess& guess) const;
    /// Goes on to MSG3 with everything of the server, and her static key where `has_static`.
    [[nodiscard]] bool completes(bool has_static);
    /// Whether a record of a login tells a guess, right or wrong, from another.
    [[nodiscard]] bool tells_guess(const Login& login, const Guess& guess) const;
    /// Tries guesses at the node until it answers none, not even the right one; whether it did so.
    [[nodiscard]] bool is_slowed(const std::vector<Guess>& wrong, const Guess& right);

    UserTarget target_;
    Parts parts_;
};

}  // namespace attack
