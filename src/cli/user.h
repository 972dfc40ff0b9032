// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

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
};
/// Registers this client: draws what it keeps, derives the user's token and key from that and from
/// u, and hands the node the public key and the token's verifier alone.
[[nodiscard]] int user_register_command(const UserCommand& command);
/// Agrees on keys with the node (profile 3) and signs in under them, without a password.
[[nodiscard]] int user_login_command(const UserCommand& command);

}  // namespace cli
