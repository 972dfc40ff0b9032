// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <limits>
#include <tuple>

#include "cli/askg.h"
#include "cli/attack.h"
#include "cli/bench.h"
#include "cli/checkpoints.h"
#include "cli/claim.h"
#include "cli/device.h"
#include "cli/fleet.h"
#include "cli/inspect.h"
#include "cli/miner.h"
#include "cli/node.h"
#include "cli/pair.h"
#include "cli/pda.h"
#include "cli/repair.h"
#include "cli/setup_command.h"
#include "cli/snapshot.h"
#include "cli/up.h"
#include "cli/upgrade.h"
#include "cli/user.h"
#include "cli/verify.h"
#include "cli/witness.h"

namespace cli {
namespace {

constexpr const char* report_help = "seconds of patient time that one report covers";

/// What all commands read into, and the one that was asked for.
struct Words {
    UpOptions up;
    SetupCommand setup;
    NodeOptions node;
    FleetOptions fleet;
    PdaOptions pda;
    VerifyCommand verify;
    VerifyCheckpointCommand verify_checkpoint;
    ClaimCommand claim;
    WitnessCommand witness;
    AdmitCommand admit;
    BenchCommand bench;
    RepairCommand repair;
    DataFolder inspect;
    MinerCommand miner;
    SnapshotCommand snapshot;
    UpgradeCommand upgrade;
    DeviceCommand device;
    PairCommand pair;
    UserCommand user;
    AttackCommand attack;
    std::function<int()> chosen;
};

/// CLI11 reads a bool's default from the variable; this only shortens what stands often below.
void flag(CLI::App& app, const char* name, bool& value, const char* help) {
    app.add_flag(name, value, help);
}

void add_tls_min(CLI::App& app, mqtt::TlsMin& oldest) {
    app.add_option_function<std::string>(
           "--tls-min",
           [&oldest](const std::string& text) {
               if (const auto version = mqtt::tls_min_of(text)) oldest = *version;
           },
           "oldest TLS spoken with the broker (default 1.3)")
        ->check(CLI::IsMember({"1.2", "1.3"}));
}

void add_broker_options(CLI::App& app, BrokerListener& broker, bool required = true) {
    app.add_option("--broker-port", broker.port, "the broker's port")->required(required);
    add_tls_min(app, broker.tls_min);
}

void add_coap(CLI::App& app, std::optional<coap::Address>& address, const char* help) {
    app.add_option_function<std::string>(
        "--coap",
        [&address](const std::string& text) {
            auto parsed = coap::parse_address(text);
            if (!parsed) throw CLI::ValidationError("--coap", parsed.error().detail);
            address = std::move(*parsed);
        },
        help);
}

void add_keep_blocks(CLI::App& app, std::uint64_t& keep_blocks) {
    constexpr std::uint64_t least = 10;  // chosen by us: a few seconds of a busy chain
    app.add_option("--keep-blocks", keep_blocks,
                   "let go of blocks and states before the newest so many (default: keep all)")
        ->check(CLI::Range(least, std::numeric_limits<std::uint64_t>::max()));
}

void add_setup_options(CLI::App& app, DemoSetup& setup) {
    app.add_option("--replay", setup.replay,
                   "folder of recorded patients (*_Numerics.csv, *numerics*.csv) in place of "
                   "simulated ones")
        ->check(CLI::ExistingDirectory);
    app.add_option("--patients", setup.patients, "simulated patients")
        ->check(CLI::Range(1, 200))
        ->capture_default_str();
    app.add_option("--seed", setup.seed, "of the simulated patients")->capture_default_str();
    flag(app, "--auto-approve", setup.program_approves,
         "a demo program approves reports, and receipts say so");
    add_engine_options(app, setup.engine);
}

void add_up(CLI::App& app, Words& words, const char* program) {
    auto* up_app = app.add_subcommand("up", "start broker, node, devices and web app (./run)");
    auto& options = words.up;
    options.program = std::filesystem::canonical(program);
    add_setup_options(*up_app, options.setup);
    up_app->add_option("--data", options.data,
                       "folder for all data (default: salus-data, or a new one with --headless)");
    up_app->add_option("--port", options.port, "of the web app, on 127.0.0.1")
        ->check(CLI::Range(1, 65535))
        ->capture_default_str();
    up_app->add_option("--web", options.web, "folder of the built web app");
    up_app->add_option("--speed", options.speed, "patient seconds per second")
        ->check(CLI::Range(1.0, 1000.0))
        ->capture_default_str();
    up_app->add_option(
        "--duration", options.duration_s,
        "seconds of patient time; 0: whole recordings, and simulated ones until stopped");
    up_app->add_option("--report-seconds", options.report_seconds, report_help)
        ->check(CLI::Range(10, 86400))
        ->capture_default_str();
    flag(*up_app, "--headless", options.headless, "without the web app");
    flag(*up_app, "--until-done", options.until_done,
         "end when all was sent, decided and mined; exit 0 only if the chain verifies");
    up_app->add_option("--summary", options.summary, "write what it came to, as JSON");
    add_keep_blocks(*up_app, options.keep_blocks);
    add_tls_min(*up_app, options.tls_min);
    flag(*up_app, "--coap", options.coap, "devices reach their PDAs over CoAP, not the broker");
    up_app->callback([&words] { words.chosen = [&words] { return up(words.up); }; });
}

void add_parts(CLI::App& app, Words& words) {
    auto* setup = app.add_subcommand("setup", "set a data folder up, without starting anything");
    setup->add_option("--data", words.setup.folder.root, "the data folder")->required();
    add_broker_options(*setup, words.setup.broker);
    add_setup_options(*setup, words.setup.demo);
    setup->callback([&words] { words.chosen = [&words] { return setup_command(words.setup); }; });

    auto* node = app.add_subcommand("node", "the cloud server alone; the broker must run");
    node->add_option("--data", words.node.folder.root, "the data folder")->required();
    add_broker_options(*node, words.node.broker);
    node->add_option("--port", words.node.port, "of the web app")->capture_default_str();
    node->add_option("--web", words.node.web, "folder of the built web app");
    node->add_option("--ready-fd", words.node.ready_fd, "gets a byte when the node serves");
    node->add_option("--report-seconds", words.node.report_seconds, report_help)
        ->check(CLI::Range(10, 86400))
        ->capture_default_str();
    add_keep_blocks(*node, words.node.keep_blocks);
    flag(*node, "--headless", words.node.headless, "without the web app");
    flag(*node, "--auto-approve", words.node.auto_approve, "the demo program decides");
    flag(*node, "--until-done", words.node.until_done, "end when all is decided");
    node->callback([&words] { words.chosen = [&words] { return run_node(words.node); }; });

    for (const auto* name : {"simulate", "replay"}) {
        auto* fleet = app.add_subcommand(name, "the devices of a data folder");
        fleet->add_option("--data", words.fleet.folder.root, "the data folder")->required();
        add_broker_options(*fleet, words.fleet.broker, false);
        add_coap(*fleet, words.fleet.coap, "reach the PDAs at ADDRESS:PORT, not at the broker");
        fleet->add_option("--speed", words.fleet.speed, "patient seconds per second")
            ->check(CLI::Range(1.0, 1000.0));
        fleet->add_option("--duration", words.fleet.duration_s,
                          "seconds of patient time; 0: whole recordings, or 480 s");
        flag(*fleet, "--endless", words.fleet.endless, "simulated patients go on after that");
        fleet->add_option("--ready-fd", words.fleet.ready_fd, "gets a byte when they are set up");
        fleet->add_option("--trace", words.fleet.trace,
                          "append a line for each frame sealed and batch acknowledged");
        fleet->callback([&words] { words.chosen = [&words] { return run_fleet(words.fleet); }; });
    }

    auto* pda = app.add_subcommand("pda", "the PDAs of a data folder");
    pda->add_option("--data", words.pda.folder.root, "the data folder")->required();
    add_broker_options(*pda, words.pda.broker);
    add_coap(*pda, words.pda.coap, "serve devices on ADDRESS:PORT (UDP) too");
    pda->add_option("--ready-fd", words.pda.ready_fd, "gets a byte when they are set up");
    pda->callback([&words] { words.chosen = [&words] { return run_pda(words.pda); }; });
}

void add_verify_checkpoint(CLI::App& verify, Words& words) {
    auto& command = words.verify_checkpoint;
    auto* checkpoint = verify.add_subcommand(
        "checkpoint", "a signed checkpoint of the history log, and who witnessed it");
    checkpoint->add_option("file", command.file, "the note")->required()->check(CLI::ExistingFile);
    checkpoint->add_option("--trust", command.trust, "the anchor: log and witnesses")
        ->required()
        ->check(CLI::ExistingFile);
    checkpoint->add_option("--require", command.required, "so many witnesses must have cosigned");
    flag(*checkpoint, "--json", command.json, "for programs");
    checkpoint->callback([&words] {
        words.chosen = [&words] { return verify_checkpoint_command(words.verify_checkpoint); };
    });
}

void add_verify(CLI::App& app, Words& words) {
    auto* verify = app.add_subcommand("verify", "check offline; exit 0 only if everything holds");
    verify->require_subcommand(1);
    auto& command = words.verify;
    auto* chain = verify->add_subcommand("chain", "a data folder: blocks, state, files, vault");
    chain->add_option("folder", command.target, "the folder given to --data")
        ->required()
        ->check(CLI::ExistingDirectory);
    chain->add_option("--checkpoint", command.checkpoint, "a tip kept elsewhere")
        ->check(CLI::ExistingFile);
    chain->add_option("--write-checkpoint", command.write_checkpoint, "write the tip to keep");
    auto* receipt = verify->add_subcommand(
        "receipt", "a receipt; exit 3: consistent, but without an anchor the issuer is unknown");
    receipt->add_option("file", command.target, "the receipt")
        ->required()
        ->check(CLI::ExistingFile);
    receipt->add_option("--require", command.witnesses_required,
                        "so many witnesses of the anchor must have cosigned its checkpoint");
    add_verify_checkpoint(*verify, words);
    for (auto* sub : {chain, receipt}) {
        sub->add_option("--trust", command.trust, "the anchor, from elsewhere than the issuer")
            ->check(CLI::ExistingFile);
        flag(*sub, "--json", command.json, "for programs");
    }
    chain->callback(
        [&words] { words.chosen = [&words] { return verify_chain_command(words.verify); }; });
    receipt->callback(
        [&words] { words.chosen = [&words] { return verify_receipt_command(words.verify); }; });
}

void add_claim_output(CLI::App& sub, ClaimCommand& command) {
    sub.add_option("--data", command.folder.root, "the data folder; it is only read")
        ->required()
        ->check(CLI::ExistingDirectory);
    sub.add_option("--checkpoint", command.checkpoint, "a signed checkpoint to put into it")
        ->check(CLI::ExistingFile);
    sub.add_option("--form", command.form, "json, binary or text")
        ->check(CLI::IsMember({"json", "binary", "text"}))
        ->capture_default_str();
    sub.add_option("--out", command.out, "write it there in place of standard output");
    flag(sub, "--qr", command.qr, "print a QR code of the text form");
}

void add_claim(CLI::App& app, Words& words) {
    auto* claim = app.add_subcommand("claim", "make a receipt from a data folder, offline");
    claim->require_subcommand(1);
    auto& command = words.claim;
    auto* transaction = claim->add_subcommand("transaction", "this transaction is in the ledger");
    transaction->add_option("--id", command.transaction, "SHA-512, hexadecimal")->required();
    add_claim_output(*transaction, command);
    transaction->callback(
        [&words] { words.chosen = [&words] { return claim_transaction_command(words.claim); }; });
    const std::tuple<const char*, const char*, chain::ClaimKind> kinds[] = {
        {"consent", "this consent was in force", chain::ClaimKind::consent},
        {"no-consent", "no consent let any of these see it", chain::ClaimKind::no_consent},
        {"key-destroyed", "this record's key is destroyed", chain::ClaimKind::key_destroyed}};
    for (const auto& [name, help, kind] : kinds) {
        auto* sub = claim->add_subcommand(name, help);
        const bool of_consent = kind != chain::ClaimKind::key_destroyed;
        sub->add_option("--patient", command.patient, "id, hexadecimal")->required(of_consent);
        if (of_consent) {
            sub->add_option("--reader", command.readers, "id, hexadecimal; no-consent: 1 to 16")
                ->required();
            sub->add_option("--category", command.category, "of the record")->capture_default_str();
            sub->add_option("--purpose", command.purpose, "of reading it")->capture_default_str();
        } else {
            sub->add_option("--content-id", command.content_id, "72 hexadecimal digits")
                ->required();
        }
        sub->add_option("--height", command.height,
                        "as of this block (default: the checkpoint's, or the newest)");
        add_claim_output(*sub, command);
        sub->callback([&words, kind = kind] {
            words.chosen = [&words, kind] { return claim_state_command(words.claim, kind); };
        });
    }
}

void add_witness(CLI::App& app, Words& words) {
    auto* witness = app.add_subcommand(
        "witness",
        "vouch for a chain's log: cosign only what begins with what was cosigned before");
    witness->require_subcommand(1);
    auto& command = words.witness;
    auto* init = witness->add_subcommand("init", "make a witness's key; print it for nodes");
    init->add_option("--name", command.name, "under which it signs")->required();
    init->add_option("--trust", command.trust, "trust file of a chain that it shall watch")
        ->check(CLI::ExistingFile);
    auto* cosign =
        witness->add_subcommand("cosign", "cosign a checkpoint, offline; exit 3: refused");
    cosign->add_option("--checkpoint", command.checkpoint, "the note")
        ->required()
        ->check(CLI::ExistingFile);
    cosign
        ->add_option("--consistency", command.consistency,
                     "the proof from what was cosigned last; not needed the first time")
        ->check(CLI::ExistingFile);
    cosign->add_option("--out", command.out, "write the cosigned note there");
    auto* follow = witness->add_subcommand(
        "follow", "fetch a node's checkpoints, cosign and hand them in, until ended");
    follow->add_option("--node", command.node, "http://HOST:PORT")->required();
    follow->add_option("--interval", command.interval_s, "seconds between two rounds")
        ->check(CLI::Range(1, 86400))
        ->capture_default_str();
    flag(*follow, "--once", command.once, "one round, then end");
    for (auto* sub : {init, cosign, follow}) {
        sub->add_option("--data", command.folder.root, "the witness's own folder")->required();
    }
    init->callback(
        [&words] { words.chosen = [&words] { return witness_init_command(words.witness); }; });
    cosign->callback(
        [&words] { words.chosen = [&words] { return witness_cosign_command(words.witness); }; });
    follow->callback(
        [&words] { words.chosen = [&words] { return witness_follow_command(words.witness); }; });

    auto* admit = witness->add_subcommand("admit", "let a node name a witness in its trust.json");
    admit->add_option("--data", words.admit.folder.root, "the node's folder")->required();
    admit->add_option("--key", words.admit.key, "what `witness init` printed")->required();
    admit->callback([&words] { words.chosen = [&words] { return admit_command(words.admit); }; });
}

void add_repair(CLI::App& app, Words& words) {
    auto* repair = app.add_subcommand(
        "repair",
        "mend a damaged data folder without losing anything acknowledged; what is "
        "replaced is kept in its folder quarantine");
    auto& command = words.repair;
    repair->add_option("folder", command.folder.root, "the folder given to --data")
        ->required()
        ->check(CLI::ExistingDirectory);
    repair->add_option("--from", command.from, "the data folder of another copy of the chain")
        ->check(CLI::ExistingDirectory);
    repair->add_option("--trust", command.trust, "the anchor, in place of the folder's own")
        ->check(CLI::ExistingFile);
    flag(*repair, "--dry-run", command.dry_run, "say what would be done; replace nothing");
    flag(*repair, "--json", command.json, "for programs");
    repair->callback(
        [&words] { words.chosen = [&words] { return repair_command(words.repair); }; });
}

void add_miner(CLI::App& app, Words& words) {
    auto* miner = app.add_subcommand("miner", "who mines, and whether everybody has a turn");
    miner->require_subcommand(1);
    auto& command = words.miner;
    const auto add = [&](const char* name, const char* help, std::function<int()> run) {
        auto* sub = miner->add_subcommand(name, help);
        sub->add_option("--data", command.folder.root, "the data folder")
            ->required()
            ->check(CLI::ExistingDirectory);
        sub->callback([&words, run = std::move(run)] { words.chosen = run; });
        return sub;
    };
    for (auto* sub :
         {add("list", "order of joining, standing, turns, whose turn comes next",
              [&command] { return miner_list_command(command); }),
          add("fairness", "exit 0 only if nobody mined twice in a round; names forfeited turns",
              [&command] { return miner_fairness_command(command); })}) {
        flag(*sub, "--json", command.json, "for programs");
    }
    const char* const password_help = "the administrator's; default: that of the demo";
    add("join", "a new miner, from the node's next start on", [&command] {
        return miner_join_command(command);
    })->add_option("--password", command.password, password_help);
    const std::tuple<const char*, const char*, wire::MinerStanding> changes[] = {
        {"leave", "by the miner's own key, at the node's next start", wire::MinerStanding::left},
        {"suspend", "by the administrator, at the node's next start",
         wire::MinerStanding::suspended},
        {"resume", "has turns again, from the node's next start on", wire::MinerStanding::active}};
    for (const auto& [name, help, standing] : changes) {
        auto* sub = add(name, help, [&command, standing = standing] {
            return miner_change_command(command, standing);
        });
        sub->add_option("miner", command.miner, "its number in the list, or how its id begins")
            ->required();
        sub->add_option("--password", command.password, password_help);
    }
}

void add_snapshot(CLI::App& app, Words& words) {
    auto* snapshot = app.add_subcommand(
        "snapshot", "all that a copy of the ledger needs to go on from one block");
    snapshot->require_subcommand(1);
    auto& command = words.snapshot;
    auto* take = snapshot->add_subcommand("take", "of the newest block; no node may run");
    take->add_option("--out", command.files, "a new folder for its files")->required();
    take->callback(
        [&words] { words.chosen = [&words] { return snapshot_take_command(words.snapshot); }; });
    auto* list = snapshot->add_subcommand("list", "those that the ledger keeps; a node may run");
    list->callback(
        [&words] { words.chosen = [&words] { return snapshot_list_command(words.snapshot); }; });
    auto* restore = snapshot->add_subcommand(
        "restore", "make the ledger of a folder that has none; exit 1 unless every byte is proven");
    restore->add_option("--from", command.files, "the folder that take wrote")
        ->required()
        ->check(CLI::ExistingDirectory);
    restore->add_option("--trust", command.trust, "the anchor, from elsewhere than the snapshot")
        ->required()
        ->check(CLI::ExistingFile);
    restore->callback(
        [&words] { words.chosen = [&words] { return snapshot_restore_command(words.snapshot); }; });
    for (auto* sub : {take, list, restore}) {
        sub->add_option("--data", command.folder.root, "the data folder")->required();
        flag(*sub, "--json", command.json, "for programs");
    }
}

void add_upgrade(CLI::App& app, Words& words) {
    auto& command = words.upgrade;
    auto* upgrade = app.add_subcommand(
        "upgrade", "newer rules from a block on; the administrator signs, no node may run");
    upgrade->add_option("version", command.version, "of the rules")->required();
    upgrade->add_option("--at", command.height, "the first block under them")->required();
    upgrade->add_option("--data", command.folder.root, "the data folder")
        ->required()
        ->check(CLI::ExistingDirectory);
    upgrade->add_option("--password", command.password,
                        "the administrator's; default: that of the demo");
    upgrade->callback(
        [&words] { words.chosen = [&words] { return upgrade_command(words.upgrade); }; });
}

void add_device_enrol(CLI::App& device, Words& words) {
    auto& command = words.device;
    auto* enrol = device.add_subcommand("enrol", "a new device of a patient; writes its keys");
    enrol->add_option("--patient", command.patient, "login or id")->required();
    enrol->add_option("--label", command.label, "what people call it")->required();
    enrol->add_option("--vital", command.vitals, "what it measures; may be given again")
        ->required();
    enrol->add_option("--interval", command.interval_ms, "ms between readings")
        ->check(CLI::Range(1, 86'400'000))
        ->capture_default_str();
    enrol->add_option("--sealed-to", command.sealed_to, "who opens what it seals: pda or cloud")
        ->check(CLI::IsMember({"pda", "cloud"}))
        ->capture_default_str();
    enrol->add_option("--out", command.out, "where its credentials go (mode 0600)")->required();
    enrol->callback(
        [&words] { words.chosen = [&words] { return device_enrol_command(words.device); }; });
}

/// The device's side: it has no data folder of the node.
void add_pair(CLI::App& device, Words& words) {
    auto& command = words.pair;
    auto* pair = device.add_subcommand("pair", "play a new device that is paired with a ticket");
    pair->add_option("--ticket", command.ticket,
                     "file with what the web app shows or copies; -: standard input")
        ->capture_default_str();
    pair->add_option("--at", command.address, "the node, http://HOST:PORT, for a code alone");
    pair->add_option("--source", command.source, "the simulated device that it is")
        ->capture_default_str();
    pair->add_option("--label", command.label, "what people call it");
    pair->add_option("--sealed-to", command.sealed_to, "who opens what it seals: pda or cloud")
        ->check(CLI::IsMember({"pda", "cloud"}))
        ->capture_default_str();
    pair->add_option("--out", command.out, "the device's own folder, a new one")->required();
    pair->callback([&words] { words.chosen = [&words] { return pair_command(words.pair); }; });
}

void add_device(CLI::App& app, Words& words) {
    auto* device = app.add_subcommand("device", "who may send readings; a node may run");
    device->require_subcommand(1);
    auto& command = words.device;
    auto* list = device->add_subcommand("list", "PDAs, their devices, and the state of each");
    list->callback(
        [&words] { words.chosen = [&words] { return device_list_command(words.device); }; });
    add_device_enrol(*device, words);
    const std::tuple<const char*, const char*, identity::DeviceState> changes[] = {
        {"suspend", "refused until it is let serve again", identity::DeviceState::suspended},
        {"resume", "serves again after it was suspended", identity::DeviceState::active},
        {"revoke", "for ever: its keys are not to be trusted", identity::DeviceState::revoked},
        {"retire", "for ever: it is no longer used", identity::DeviceState::retired}};
    for (const auto& [name, help, state] : changes) {
        auto* sub = device->add_subcommand(name, help);
        sub->add_option("id", command.id, "of a device or a PDA, or how it begins")->required();
        sub->callback([&words, state = state] {
            words.chosen = [&words, state] { return device_state_command(words.device, state); };
        });
    }
    for (auto* sub : device->get_subcommands({})) {
        sub->add_option("--data", command.folder.root, "the data folder")
            ->required()
            ->check(CLI::ExistingDirectory);
        flag(*sub, "--json", command.json, "for programs");
    }
    add_pair(*device, words);
}

void add_user(CLI::App& app, Words& words) {
    auto* user = app.add_subcommand("user", "sign in by key agreement, without a password");
    user->require_subcommand(1);
    auto& command = words.user;
    auto* enrol = user->add_subcommand("register", "this client, for a person with a login");
    enrol->add_option("--login", command.login, "the person's")->required();
    enrol->add_option("--password", command.password,
                      "file with the password (mode 0600); default: that of the demo");
    enrol->callback(
        [&words] { words.chosen = [&words] { return user_register_command(words.user); }; });
    auto* login = user->add_subcommand("login", "agree on keys and sign in");
    login->add_option("--session", command.session, "gets the session's cookie (mode 0600)");
    flag(*login, "--json", command.json, "for programs");
    login->callback(
        [&words] { words.chosen = [&words] { return user_login_command(words.user); }; });
    for (auto* sub : {enrol, login}) {
        sub->add_option("--at", command.address, "the node, http://HOST:PORT")->required();
        sub->add_option("--secret", command.secret, "file with what the person knows (mode 0600)")
            ->required()
            ->check(CLI::ExistingFile);
        sub->add_option("--keys", command.keys, "the client's own file (mode 0600)")->required();
    }
    auto* revoke = user->add_subcommand(
        "revoke", "a person's client, for ever, with its sessions; her password stays");
    revoke->add_option("user", command.user, "login, or id")->required();
    revoke->add_option("--data", command.folder.root, "the data folder; a node may run")
        ->required()
        ->check(CLI::ExistingDirectory);
    flag(*revoke, "--json", command.json, "for programs");
    revoke->callback(
        [&words] { words.chosen = [&words] { return user_revoke_command(words.user); }; });
}

void add_attack(CLI::App& app, Words& words) {
    auto* attack = app.add_subcommand(
        "attack", "the twelve attacks on the handshakes, each beside its control");
    auto& command = words.attack;
    attack->add_option("name", command.name, "one attack, or all")->capture_default_str();
    flag(*attack, "--json", command.json, "for programs");
    attack
        ->add_option("--data", command.data, "attack what runs there too, and keep what came of it")
        ->check(CLI::ExistingDirectory);
    flag(*attack, "--live", command.live, "fail if nothing runs there");
    auto* keys = attack->add_option("--user-keys", command.user_keys,
                                    "a registered user's own file: her login is attacked too");
    auto* secret = attack->add_option("--user-secret", command.user_secret,
                                      "file with what she knows (mode 0600)");
    for (auto* file : {keys, secret}) file->check(CLI::ExistingFile);
    keys->needs(secret);
    secret->needs(keys);
    attack->add_option("--seed", command.seed, "repeats a run");
    attack->callback(
        [&words] { words.chosen = [&words] { return attack_command(words.attack); }; });
}

void add_tools(CLI::App& app, Words& words) {
    auto* inspect = app.add_subcommand("inspect", "print what is on disk, without names or values");
    inspect->add_option("--data", words.inspect.root, "the data folder")->required();
    inspect->callback(
        [&words] { words.chosen = [&words] { return inspect_command(words.inspect); }; });

    auto* bench = app.add_subcommand("bench", "measure, beside this machine's own bound");
    bench
        ->add_option(
            "suite", words.bench.suite,
            "ledger, growth, mining, ingest, handshake, enrolment, proofs, receipts or startup")
        ->required()
        ->check(CLI::IsMember({"ledger", "growth", "mining", "ingest", "handshake", "enrolment",
                               "proofs", "receipts", "startup"}));
    bench
        ->add_option("--blocks", words.bench.blocks,
                     "growth, proofs, startup: of the chain that is used")
        ->check(CLI::Range(1'000, 100'000'000))
        ->capture_default_str();
    flag(*bench, "--json", words.bench.json, "for programs");
    bench->add_option("--growth", words.bench.growth_blocks,
                      "ledger: also a block's cost on a chain of so many blocks, beside 1,000");
    bench->callback([&words] { words.chosen = [&words] { return bench_command(words.bench); }; });
}

}  // namespace

int run_command(int count, char** words_in) {
    CLI::App app("Salus: from a reading to a record that nobody can alter unnoticed", "salus");
    app.require_subcommand(1);
    Words words;
    add_up(app, words, "/proc/self/exe");
    add_parts(app, words);
    add_verify(app, words);
    add_claim(app, words);
    add_repair(app, words);
    add_witness(app, words);
    add_miner(app, words);
    add_snapshot(app, words);
    add_upgrade(app, words);
    add_device(app, words);
    add_user(app, words);
    add_askg(app, words.chosen);
    add_attack(app, words);
    add_tools(app, words);
    try {
        app.parse(count, words_in);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        return code == 0 ? 0 : 2;
    }
    return words.chosen();
}

}  // namespace cli
