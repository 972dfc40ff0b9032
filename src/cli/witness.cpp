// SPDX-License-Identifier: Apache-2.0
#include "cli/witness.h"

#include <fmt/format.h>

#include "cli/checkpoints.h"
#include "crypto/random.h"
#include "identity/key_store.h"
#include "witness/key_file.h"
#include "witness/policy.h"

namespace cli {

using base::ErrorCode;
using base::Result;

namespace {

std::filesystem::path public_file(const DataFolder& folder) {
    return folder.root / "witness.key";
}
std::filesystem::path private_file(const DataFolder& folder) {
    return folder.keys() / "witness.pem";
}

Result<std::string> password(const DataFolder& folder) {
    const base::SystemClock clock;
    crypto::SystemRandom random;
    const auto keys = identity::KeyStore::open(folder.keys(), clock, random);
    if (!keys) return base::pass(keys);
    return base::to_hex((*keys)->derived_key("witness key"));
}

Result<witness::VerifierKey> own_key(const DataFolder& folder) {
    const auto text = storage::read_file(public_file(folder), wire::verifier_key_bytes_max + 1);
    if (!text && text.error().code == ErrorCode::not_found) {
        return base::fail(
            ErrorCode::not_found,
            fmt::format("{} is no witness's folder; run: salus witness init --data {} "
                        "--name NAME --trust TRUST",
                        folder.root.string(), folder.root.string()));
    }
    if (!text) return base::pass(text);
    auto line = base::as_text(*text);
    if (line.ends_with('\n')) line.remove_suffix(1);
    return witness::decode_verifier_key(line);
}

Result<void> make_key(const WitnessCommand& command) {
    const auto secret = password(command.folder);
    if (!secret) return base::pass(secret);
    // A start that was cut off left the private key alone: it goes on with that one.
    auto key = witness::read_key_file(private_file(command.folder), *secret);
    if (!key && key.error().code == ErrorCode::not_found) {
        key = witness::create_key_file(private_file(command.folder), *secret);
    }
    if (!key) return base::pass(key);
    const witness::VerifierKey own{.name = command.name,
                                   .kind = witness::KeyKind::cosignature_v1,
                                   .public_key = key->public_key()};
    if (const auto nameable = check_nameable(encode(own)); !nameable) return nameable;
    // Decoding refuses names that no key may have.
    if (const auto sound = witness::decode_verifier_key(encode(own)); !sound) {
        return base::pass(sound);
    }
    return storage::write_file_synced(public_file(command.folder),
                                      base::as_bytes(encode(own) + '\n'));
}

}  // namespace

Result<OpenWitness> open_witness(const DataFolder& folder, const base::Clock& clock) {
    const auto own = own_key(folder);
    if (!own) return base::pass(own);
    auto lock = storage::FolderLock::take(folder.root);
    if (!lock) return base::pass(lock);
    const auto secret = password(folder);
    if (!secret) return base::pass(secret);
    auto key = witness::read_key_file(private_file(folder), *secret);
    if (!key) return base::pass(key);
    if (key->public_key() != own->public_key) {
        return base::fail(ErrorCode::corrupted, public_file(folder).string() +
                                                    " does not belong to the private key; restore "
                                                    "it from a backup");
    }
    auto opened = witness::Witness::open(folder.root / "cosigned",
                                         witness::Cosigner(own->name, *std::move(key)), clock);
    if (!opened) return base::pass(opened);
    return OpenWitness{std::move(*lock), *std::move(opened)};
}

namespace {

Result<std::string> init(const WitnessCommand& command) {
    if (auto made = storage::make_folder(command.folder.root); !made) return base::pass(made);
    const auto own = own_key(command.folder);
    if (own && own->name != command.name) {
        return base::fail(ErrorCode::conflict,
                          command.folder.root.string() + " belongs to the witness " + own->name);
    }
    if (!own && own.error().code != ErrorCode::not_found) return base::pass(own);
    if (!own) {
        if (const auto made = make_key(command); !made) return base::pass(made);
    }
    const base::SystemClock clock;
    auto opened = open_witness(command.folder, clock);
    if (!opened) return base::pass(opened);
    if (command.trust) {
        const auto trust = read_trust_file(*command.trust);
        if (!trust) return base::pass(trust);
        const auto policy = witness::policy_of(*trust, 0);
        if (!policy) return base::pass(policy);
        if (auto watched = opened->witness.watch(policy->log); !watched) {
            return base::pass(watched);
        }
    }
    return encode(opened->witness.verifier_key());
}

int complain(const base::Error& error) {
    fmt::print(stderr, "salus: {}\n", error.detail);
    return 1;
}

}  // namespace

int refuse(const witness::Refused& refused) {
    fmt::print(stderr, "refused ({}): {}\n", name_of(refused.reason), refused.words);
    if (refused.reason == witness::Refusal::fork && refused.cosigned_before) {
        fmt::print(stderr,
                   "Keep both notes: together they prove that the log signed both. The one "
                   "cosigned before:\n{}",
                   *refused.cosigned_before);
    }
    return witness_refuses;
}

namespace {

Result<witness::Witness::Outcome> cosign(const WitnessCommand& command) {
    const auto note = storage::read_file(command.checkpoint, witness::note_bytes_max);
    if (!note) return base::pass(note);
    std::optional<witness::ConsistencyProof> proof;
    if (command.consistency) {
        constexpr std::size_t proof_bytes_max = 8'192;
        const auto text = storage::read_file(*command.consistency, proof_bytes_max);
        if (!text) return base::pass(text);
        auto decoded = witness::decode_proof(base::as_text(*text));
        if (!decoded) return base::pass(decoded);
        proof = *std::move(decoded);
    }
    const base::SystemClock clock;
    auto opened = open_witness(command.folder, clock);
    if (!opened) return base::pass(opened);
    return opened->witness.cosign(base::as_text(*note), proof);
}

}  // namespace

int witness_init_command(const WitnessCommand& command) {
    const auto key = init(command);
    if (!key) return complain(key.error());
    fmt::print("{}\n", *key);
    return 0;
}

int witness_cosign_command(const WitnessCommand& command) {
    const auto outcome = cosign(command);
    if (!outcome) return complain(outcome.error());
    if (outcome->refused) return refuse(*outcome->refused);
    const auto text = encode(*outcome->cosigned);
    if (!command.out) {
        fmt::print("{}", text);
        return 0;
    }
    const auto written = storage::write_file_synced(*command.out, base::as_bytes(text));
    return written ? 0 : complain(written.error());
}

}  // namespace cli
