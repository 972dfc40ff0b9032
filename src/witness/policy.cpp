// SPDX-License-Identifier: Apache-2.0
#include "witness/policy.h"

#include <algorithm>

#include "witness/signer.h"

namespace witness {

using base::ErrorCode;

namespace {

std::unexpected<base::Error> wrong_trust(std::string detail) {
    return base::fail(ErrorCode::malformed, "trust: " + std::move(detail));
}

/// Errors: `malformed` where two of the keys share a name or a public key.
base::Result<void> check_apart(const Policy& policy) {
    std::vector<const VerifierKey*> seen = {&policy.log};
    for (const auto& key : policy.witnesses) {
        const bool twin = std::ranges::any_of(seen, [&](const VerifierKey* other) {
            return other->name == key.name || other->public_key == key.public_key;
        });
        if (twin) return wrong_trust("the witness " + key.name + " shares its name or key");
        seen.push_back(&key);
    }
    return {};
}

/// The latest time that `key` states in the note's cosignatures; nothing if there is none.
base::Result<std::optional<base::TimePoint>> stated_time(const Note& note, const VerifierKey& key) {
    std::optional<base::TimePoint> latest;
    for (const auto& signature : note.signatures) {
        if (!is_by(signature, key)) continue;
        const auto time = verify_cosignature(note.text, signature, key);
        if (!time) return base::pass(time);
        latest = std::max(latest.value_or(*time), *time);
    }
    return latest;
}

}  // namespace

base::Result<Policy> policy_of(const wire::Trust& trust, std::size_t required) {
    if (trust.checkpoint_key.empty()) {
        return base::fail(ErrorCode::not_found,
                          "the trust file names no checkpoint_key; ask the node for a newer one");
    }
    auto log = decode_verifier_key(trust.checkpoint_key);
    if (!log) return base::pass(log);
    if (log->kind != KeyKind::ed25519 || log->name != origin_of(trust.chain_id)) {
        return wrong_trust("checkpoint_key is not a log's key of this chain");
    }
    Policy out{.log = *std::move(log), .witnesses = {}, .required = required};
    for (const auto& text : trust.witnesses) {
        auto key = decode_verifier_key(text);
        if (!key) return base::pass(key);
        if (key->kind != KeyKind::cosignature_v1) {
            return wrong_trust(key->name + " is not a witness's key");
        }
        out.witnesses.push_back(*std::move(key));
    }
    if (const auto apart = check_apart(out); !apart) return base::pass(apart);
    if (required > out.witnesses.size()) {
        return wrong_trust("it names " + std::to_string(out.witnesses.size()) +
                           " witnesses, fewer than the " + std::to_string(required) + " required");
    }
    return out;
}

base::Result<VerifiedCheckpoint> verify_checkpoint(const Note& note, const Policy& policy) {
    const auto checkpoint = decode_checkpoint(note.text);
    if (!checkpoint) return base::pass(checkpoint);
    if (checkpoint->origin != policy.log.name) {
        return base::fail(ErrorCode::wrong_chain, "the checkpoint is of " + checkpoint->origin +
                                                      " and not of " + policy.log.name);
    }
    if (const auto signed_by_log = verify_log_signature(note, policy.log); !signed_by_log) {
        return base::pass(signed_by_log);
    }
    auto header = header_of(*checkpoint);
    if (!header) return base::pass(header);
    VerifiedCheckpoint out{.origin = checkpoint->origin,
                           .size = checkpoint->size,
                           .root = wire::Hash256{checkpoint->root},
                           .header = *header,
                           .witnesses = {}};
    for (const auto& key : policy.witnesses) {
        const auto time = stated_time(note, key);
        if (!time) return base::pass(time);
        if (*time) out.witnesses.push_back({.name = key.name, .time = **time});
    }
    if (out.witnesses.size() < policy.required) {
        return base::fail(ErrorCode::not_authorised,
                          std::to_string(out.witnesses.size()) + " of the " +
                              std::to_string(policy.required) +
                              " witnesses required have cosigned the checkpoint");
    }
    return out;
}

base::Result<VerifiedCheckpoint> verify_checkpoint(std::string_view note, const Policy& policy) {
    const auto decoded = decode_note(note);
    if (!decoded) return base::pass(decoded);
    return verify_checkpoint(*decoded, policy);
}

}  // namespace witness
