// SPDX-License-Identifier: Apache-2.0
#include "cli/askg.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "askg/key_generator.h"
#include "cli/askg_actions.h"

namespace cli {
namespace {

int run(AskgAction action, const AskgCommand& command) {
    const auto answer = action(command);
    if (answer) {
        fmt::print("{}\n", command.json ? boost::json::serialize(answer->json) : answer->text);
        return 0;
    }
    const auto& [code, detail] = answer.error();
    if (command.json) {
        boost::json::object error{{"code", name_of(code)}, {"detail", detail}};
        const auto word = askg::protocol_word(code);
        if (!word.empty() && detail.starts_with(word)) error["protocol"] = word;
        fmt::print("{}\n", boost::json::serialize(boost::json::object{{"error", error}}));
    } else {
        fmt::print(stderr, "salus: {}\n", detail);
    }
    return 1;
}

/// Makes the subcommands; all read into one command.
class Words {
public:
    Words(CLI::App& app, std::function<int()>& chosen)
        : askg_(*app.add_subcommand("askg",
                                    "the key generator: enrol, provision, revoke; works offline on "
                                    "DIR/askg (devices of a "
                                    "node: salus device, which tells the chain too)")),
          chosen_(chosen) {
        askg_.require_subcommand(1);
    }
    void add_all() {
        add_domains();
        add_enrolment();
        add_afterwards();
        add_log();
    }

private:
    CLI::App& sub(const char* name, const char* help, AskgAction action) {
        auto& made = *askg_.add_subcommand(name, help);
        made.add_option("--data", command_->folder.root, "data folder")->capture_default_str();
        made.add_flag("--json", command_->json, "for programs");
        made.callback([&chosen = chosen_, command = command_, action] {
            chosen = [command, action] { return run(action, *command); };
        });
        return made;
    }
    /// A subcommand that needs the secrets.
    CLI::App& unlocked(const char* name, const char* help, AskgAction action) {
        auto& made = sub(name, help, action);
        auto* key = made.add_option("--key", command_->key_file,
                                    "key file that opens it (0600, 32 bytes); default: DIR's node "
                                    "key");
        made.add_option("--passphrase-file", command_->passphrase_file,
                        "file with the passphrase that opens it; -: standard input")
            ->excludes(key);
        return made;
    }
    void add_domains() {
        auto& init = unlocked("init", "make a key generator", askg_init);
        init.add_option("--name", command_->name, "its own name, 1 to 64 bytes")
            ->capture_default_str();
        init.add_option("--validity", command_->validity_days, "days that its records hold")
            ->check(CLI::Range(1, 36'500))
            ->capture_default_str();
        auto& domain =
            unlocked("domain", "make a patient's domain: a polynomial of its own", askg_domain);
        domain.add_option("--patient", command_->patient, "LedgerId; default: a new one");
        auto& generation = unlocked(
            "generation", "a new polynomial for a domain; then renew its members", askg_generation);
        generation.add_option("--patient", command_->patient, "LedgerId")->required();
    }
    void add_keys(CLI::App& made) {
        auto* fresh = made.add_flag("--new-keys", command_->new_keys,
                                    "make the keys here; the file then holds them too");
        made.add_option("--public", command_->static_public,
                        "X25519 key that the party made, 64 hex digits")
            ->excludes(fresh);
        made.add_option("--out", command_->out, "write the party's file there (0600)")->required();
    }
    void add_suite(CLI::App& made) {
        made.add_option("--suite", command_->suite, "that both ends use with it")
            ->check(CLI::IsMember({"chacha20_poly1305", "aes_256_gcm"}))
            ->capture_default_str();
    }
    void add_enrolment() {
        auto& pda = unlocked("enrol-pda", "enrol a patient's phone or hub", askg_enrol_pda);
        auto& device = unlocked("enrol-device", "enrol a device", askg_enrol_device);
        auto& server = unlocked("enrol-cs", "enrol a cloud server", askg_enrol_server);
        auto& user = unlocked("register-user", "register a person's client", askg_register_user);
        for (auto* made : {&pda, &device}) {
            made->add_option("--patient", command_->patient, "LedgerId: whose domain")->required();
            made->add_option("--id", command_->id, "DeviceId; default: a new one");
        }
        for (auto* made : {&pda, &device, &user}) {
            made->add_option("--verifier", command_->verifier,
                             "TKV of the token that the party made, 64 hex digits");
        }
        for (auto* made : {&pda, &device, &server}) add_keys(*made);
        for (auto* made : {&pda, &server}) add_suite(*made);
        device.add_option("--pda", command_->pda, "DeviceId of its PDA")->required();
        device.add_flag("--sealed-to-cloud", command_->sealed_to_cloud,
                        "with --new-keys: its PDA relays what only the cloud server opens");
        device.add_flag("--clockless", command_->clockless, "it may start without the time");
        server.add_option("--id", command_->id, "LedgerId; default: a new one");
        user.add_option("--id", command_->id, "LedgerId")->required();
        user.add_option("--role", command_->role, "patient, doctor, nurse, ...")->required();
        auto* secret = user.add_option("--secret-file", command_->secret_file,
                                       "file with the user's secret u; the client's file then "
                                       "holds a new second factor");
        user.add_option("--public", command_->static_public, "X25519 key, 64 hex digits")
            ->excludes(secret);
        user.add_option("--out", command_->out, "write the client's file there (0600)")->required();
    }
    void add_who(CLI::App& made) {
        made.add_option("--party", command_->party, "what --id names")
            ->check(CLI::IsMember({"device", "pda", "cloud_server", "user"}));
        made.add_option("--id", command_->id, "DeviceId or LedgerId");
    }
    void add_afterwards() {
        auto& renew = unlocked("renew",
                               "a party's grant as of now, into its file (or a new one): after "
                               "rotate, generation, or a change among its peers",
                               askg_renew);
        add_who(renew);
        renew.add_option("--out", command_->out, "the party's file")->required();
        auto& provision =
            unlocked("provision", "what a cloud server shall know, sealed for it", askg_provision);
        provision.add_option("--server", command_->server, "LedgerId")->required();
        provision.add_option("--id", command_->id, "only this initiator");
        provision.add_option("--out", command_->out, "write it there")->required();
        auto& revoke = unlocked("revoke", "revoke a party, for ever", askg_revoke);
        add_who(revoke);
        revoke.add_option("--serial", command_->serial, "of its record, instead");
        (void)unlocked("rotate", "move to the running 30-day epoch", askg_rotate);
        (void)unlocked("list", "domains and members", askg_list);
    }
    void add_log() {
        (void)sub("log", "what was certified and revoked; needs no secret", askg_log);
        sub("verify-log", "check the log; exit 0 only if it is whole", askg_verify_log)
            .add_flag("--chain", command_->chain,
                      "also against DIR's ledger: every record must stand there as the log says");
        sub("check", "hold the records in a party's file against DIR's ledger", askg_check)
            .add_option("FILE", command_->out, "credentials or a grant")
            ->required();
    }

    CLI::App& askg_;
    std::function<int()>& chosen_;
    std::shared_ptr<AskgCommand> command_ = std::make_shared<AskgCommand>();
};

}  // namespace

void add_askg(CLI::App& app, std::function<int()>& chosen) {
    Words(app, chosen).add_all();
}

}  // namespace cli
