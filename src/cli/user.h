// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "cli/data_folder.h"

namespace cli {

struct UserCommand {
    std::string address;  ///< The node, http://HOST:PORT.
    /// u: what the user knows or is. Whole file, mode 0600; a line end at its end does not count.
    std::filesystem::path secret;
    std::filesystem::path keys;  ///< What the client keeps: askg::UserCredentials, mode 0600.
    // To register.
    std::string login;
    std::filesystem::path password;  ///< File, mode 0600; empty: the demo's password.
    // To sign in.
    std::filesystem::path session;  ///< Gets the session's cookie, mode 0600; empty: not kept.
    bool json = false;
    // To revoke.
    DataFolder folder;
    std::string user;  ///< Login, or id in hexadecimal.
};
/// Registers this client: draws what it keeps, derives the user's token and key from that and from
/// u, and hands the node the public key and the token's verifier alone.
[[nodiscard]] int user_register_command(const UserCommand& command);
/// Agrees on keys with the node (profile 3) and signs in under them, without a password.
[[nodiscard]] int user_login_command(const UserCommand& command);
/// Revokes the client that a person registered: at the key generator, on the chain, and at the
/// node, which ends the logins and sessions of that client. A node that runs does it; otherwise
/// this command, and what goes onto the chain waits for the node's next start.
[[nodiscard]] int user_revoke_command(const UserCommand& command);

}  // namespace cli
