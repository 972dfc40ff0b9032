// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <optional>
#include <string>

#include "base/error.h"
#include "cli/data_folder.h"

namespace cli {

/// What `salus askg` was asked, as it was typed; ids and keys in hex.
struct AskgCommand {
    DataFolder folder{"salus-data"};
    std::optional<std::filesystem::path> key_file;         ///< Opens it; default: the node key.
    std::optional<std::filesystem::path> passphrase_file;  ///< Or this; "-": standard input.
    bool json = false;
    std::string name = "salus";
    std::string patient;
    std::string id;      ///< Of whom it is about; empty: drawn.
    std::string pda;     ///< Of a device.
    std::string server;  ///< Of a provision.
    std::string serial;
    std::string party;  ///< device, pda, cloud_server or user: what `id` is.
    std::string role;   ///< Of a user.
    std::string suite = "chacha20_poly1305";
    std::string static_public;
    std::string verifier;
    bool new_keys = false;
    bool sealed_to_cloud = false;
    bool clockless = false;
    bool chain = false;  ///< Hold the log against the ledger of the folder.
    std::optional<std::filesystem::path> secret_file;  ///< u of a user.
    std::optional<std::filesystem::path> out;          ///< A party's file, or a provision.
    int validity_days = 3 * 365;
};

/// What a command has to say: for people, and for programs.
struct AskgAnswer {
    std::string text;
    boost::json::object json;
};
using AskgAction = base::Result<AskgAnswer> (*)(const AskgCommand& command);

base::Result<AskgAnswer> askg_init(const AskgCommand& command);
base::Result<AskgAnswer> askg_domain(const AskgCommand& command);
base::Result<AskgAnswer> askg_generation(const AskgCommand& command);
base::Result<AskgAnswer> askg_enrol_device(const AskgCommand& command);
base::Result<AskgAnswer> askg_enrol_pda(const AskgCommand& command);
base::Result<AskgAnswer> askg_enrol_server(const AskgCommand& command);
base::Result<AskgAnswer> askg_register_user(const AskgCommand& command);
base::Result<AskgAnswer> askg_renew(const AskgCommand& command);
base::Result<AskgAnswer> askg_provision(const AskgCommand& command);
base::Result<AskgAnswer> askg_revoke(const AskgCommand& command);
base::Result<AskgAnswer> askg_rotate(const AskgCommand& command);
base::Result<AskgAnswer> askg_list(const AskgCommand& command);
base::Result<AskgAnswer> askg_log(const AskgCommand& command);
base::Result<AskgAnswer> askg_check(const AskgCommand& command);
base::Result<AskgAnswer> askg_verify_log(const AskgCommand& command);

}  // namespace cli
