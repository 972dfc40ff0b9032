// SPDX-License-Identifier: Apache-2.0
#include "cli/checkpoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "cli/times.h"
#include "cli/verify.h"
#include "storage/files.h"
#include "witness/key_file.h"
#include "witness/policy.h"

namespace cli {

using base::Result;

namespace {

std::filesystem::path key_file(const DataFolder& folder) {
    return folder.keys() / "checkpoint.pem";
}
std::string password(const identity::KeyStore& keys) {
    return base::to_hex(keys.derived_key("checkpoint key"));
}

int complain(const base::Error& error) {
    fmt::print(stderr, "salus: {}\n", error.detail);
    return verify_fails;
}

boost::json::object to_json(const witness::VerifiedCheckpoint& checkpoint) {
    boost::json::array witnesses;
    for (const auto& each : checkpoint.witnesses) {
        witnesses.push_back({{"name", each.name}, {"time_ms", base::to_unix_ms(each.time)}});
    }
    return {{"ok", true},
            {"origin", checkpoint.origin},
            {"size", checkpoint.size},
            {"root", base::to_hex(checkpoint.root.view())},
            {"height", checkpoint.header.height},
            {"header", base::to_hex(checkpoint.header.hash.view())},
            {"witnesses", std::move(witnesses)}};
}

void print(const witness::VerifiedCheckpoint& checkpoint) {
    fmt::print("holds: {} held {} transactions at block {}\n  root {}\n  header {}\n",
               checkpoint.origin, checkpoint.size, checkpoint.header.height,
               base::to_hex(checkpoint.root.view()), base::to_hex(checkpoint.header.hash.view()));
    for (const auto& each : checkpoint.witnesses) {
        fmt::print("  witnessed by {} at {}\n", each.name, utc_text(each.time));
    }
    if (checkpoint.witnesses.empty()) {
        fmt::print("  witnessed by nobody: the issuer's word; another history may exist\n");
    }
}

Result<witness::VerifiedCheckpoint> verified(const VerifyCheckpointCommand& command) {
    const auto trust = read_trust_file(command.trust);
    if (!trust) return base::pass(trust);
    const auto policy =
        witness::policy_of(*trust, std::max(command.required, trust->witnesses_required));
    if (!policy) return base::pass(policy);
    const auto note = storage::read_file(command.file, witness::note_bytes_max);
    if (!note) return base::pass(note);
    return witness::verify_checkpoint(base::as_text(*note), *policy);
}

Result<void> admit(const AdmitCommand& command) {
    auto trust = read_trust_file(command.folder.trust());
    if (!trust) return base::pass(trust);
    if (const auto nameable = check_nameable(command.key); !nameable) return nameable;
    if (trust->witnesses.size() == wire::trust_witnesses_max) {
        return base::fail(
            base::ErrorCode::too_large,
            fmt::format("a trust file names at most {} witnesses", wire::trust_witnesses_max));
    }
    trust->witnesses.push_back(command.key);
    // Twice the same, a log's key, or no key at all is refused here, before it is written.
    if (const auto policy = witness::policy_of(*trust, 0); !policy) return base::pass(policy);
    return storage::write_file_synced(command.folder.trust(),
                                      base::as_bytes(wire::to_json(*trust)));
}

}  // namespace

Result<wire::Trust> read_trust_file(const std::filesystem::path& file) {
    const auto bytes = storage::read_file(file, wire::trust_bytes_max);
    if (!bytes) return base::pass(bytes);
    return wire::trust_from_json(base::as_text(*bytes));
}

Result<void> check_nameable(std::string_view verifier_key) {
    const bool sound =
        !verifier_key.empty() && verifier_key.size() <= wire::verifier_key_bytes_max &&
        std::ranges::all_of(verifier_key,
                            [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\'; });
    if (sound) return {};
    return base::fail(base::ErrorCode::malformed,
                      fmt::format("a verifier key in a trust file has 1 to {} printable ASCII "
                                  "characters, without spaces, quotation marks and backslashes",
                                  wire::verifier_key_bytes_max));
}

Result<std::string> create_checkpoint_key(const DataFolder& folder, const identity::KeyStore& keys,
                                          std::string_view chain_id) {
    auto key = witness::create_key_file(key_file(folder), password(keys));
    if (!key) return base::pass(key);
    const witness::CheckpointSigner signer(witness::origin_of(chain_id), *std::move(key));
    return encode(signer.verifier_key());
}

Result<std::unique_ptr<witness::CheckpointPublisher>> open_publisher(const DataFolder& folder,
                                                                     const PublisherParts& parts) {
    const auto trust = read_trust_file(folder.trust());
    if (!trust) return base::pass(trust);
    if (trust->checkpoint_key.empty()) return nullptr;
    auto policy = witness::policy_of(*trust, 0);
    if (!policy) return base::pass(policy);
    auto key = witness::read_key_file(key_file(folder), password(parts.keys));
    if (!key) return base::pass(key);
    return witness::CheckpointPublisher::open(
        {.blocks = parts.blocks,
         .clock = parts.clock,
         .signer = {witness::origin_of(trust->chain_id), *std::move(key)},
         .policy = *std::move(policy),
         .folder = folder.checkpoints()});
}

int admit_command(const AdmitCommand& command) {
    if (const auto admitted = admit(command); !admitted) return complain(admitted.error());
    fmt::print("{} names the witness now; the node takes its cosignatures from its next start on\n",
               command.folder.trust().string());
    return 0;
}

int verify_checkpoint_command(const VerifyCheckpointCommand& command) {
    const auto checkpoint = verified(command);
    if (!checkpoint) {
        if (command.json) {
            fmt::print("{}\n", boost::json::serialize(boost::json::object{
                                   {"ok", false},
                                   {"code", base::name_of(checkpoint.error().code)},
                                   {"finding", checkpoint.error().detail}}));
            return verify_fails;
        }
        return complain(checkpoint.error());
    }
    if (command.json) {
        fmt::print("{}\n", boost::json::serialize(to_json(*checkpoint)));
    } else {
        print(*checkpoint);
    }
    return verify_holds;
}

}  // namespace cli
