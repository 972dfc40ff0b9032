// SPDX-License-Identifier: Apache-2.0
#include "witness/witness.h"

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "crypto/merkle.h"
#include "storage/files.h"
#include "witness/checkpoint.h"

namespace witness {

using base::ErrorCode;
using base::Result;

namespace {

constexpr std::size_t key_file_bytes_max = 512;
}  // namespace

std::string_view name_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::unknown_log:
            return "unknown_log";
        case Refusal::not_signed:
            return "not_signed";
        case Refusal::malformed:
            return "malformed";
        case Refusal::rollback:
            return "rollback";
        case Refusal::fork:
            return "fork";
        case Refusal::not_consistent:
            return "not_consistent";
    }
    CHECK(false);
}

/// What was cosigned last.
struct Witness::Kept {
    std::string note;
    Checkpoint checkpoint;
    base::TimePoint time;
};

/// What is to be cosigned.
struct Witness::Offer {
    Note note;
    Checkpoint checkpoint;
};

namespace {

Witness::Outcome refused(Refusal reason, std::string words) {
    return {.cosigned = std::nullopt,
            .refused = Refused{
                .reason = reason, .words = std::move(words), .cosigned_before = std::nullopt}};
}

}  // namespace

Result<Witness> Witness::open(std::filesystem::path folder, Cosigner cosigner,
                              const base::Clock& clock) {
    if (const auto made = storage::make_folder(folder); !made) return base::pass(made);
    return Witness(std::move(folder), std::move(cosigner), clock);
}

/// Origins are lines of any characters; file names are made of their hash.
std::filesystem::path Witness::file_of(std::string_view origin, std::string_view ending) const {
    const auto hash = crypto::sha256(base::as_bytes(origin));
    return folder_ / (base::to_hex(base::ByteView(hash).first(16)) + std::string(ending));
}

Result<void> Witness::watch(const VerifierKey& log) {
    if (log.kind != KeyKind::ed25519) {
        return base::fail(ErrorCode::malformed, log.name + " is not a log's key");
    }
    const auto known = log_of(log.name);
    if (!known) return base::pass(known);
    if (*known && **known != log) {
        return base::fail(
            ErrorCode::conflict,
            "the log " + log.name + " is watched under another key: " + encode(**known));
    }
    if (*known) return {};
    return storage::write_file_synced(file_of(log.name, ".key"), base::as_bytes(encode(log)));
}

Result<std::optional<VerifierKey>> Witness::log_of(std::string_view origin) const {
    const auto file = file_of(origin, ".key");
    const auto text = storage::read_file(file, key_file_bytes_max);
    if (!text && text.error().code == ErrorCode::not_found) return std::nullopt;
    if (!text) return base::pass(text);
    auto key = decode_verifier_key(base::as_text(*text));
    if (!key || key->name != origin) {
        return base::fail(ErrorCode::corrupted,
                          file.string() + " holds no key of " + std::string(origin));
    }
    return *std::move(key);
}

Result<std::optional<Witness::Kept>> Witness::last_of(const VerifierKey& log) const {
    const auto file = file_of(log.name, ".note");
    const auto text = storage::read_file(file, note_bytes_max);
    if (!text && text.error().code == ErrorCode::not_found) return std::nullopt;
    if (!text) return base::pass(text);
    const auto damaged = [&] {
        return base::fail(ErrorCode::corrupted, file.string() +
                                                    " is damaged; restore the copy of the "
                                                    "checkpoint that was cosigned last");
    };
    const auto note = decode_note(base::as_text(*text));
    if (!note || !verify_log_signature(*note, log)) return damaged();
    const auto own = std::ranges::find_if(note->signatures, [&](const NoteSignature& signature) {
        return is_by(signature, verifier_key());
    });
    if (own == note->signatures.end()) return damaged();
    const auto time = verify_cosignature(note->text, *own, verifier_key());
    auto checkpoint = decode_checkpoint(note->text);
    if (!time || !checkpoint || checkpoint->origin != log.name) return damaged();
    return Kept{.note = std::string(base::as_text(*text)),
                .checkpoint = *std::move(checkpoint),
                .time = *time};
}

Result<std::uint64_t> Witness::size_of(std::string_view origin) const {
    const auto log = log_of(origin);
    if (!log) return base::pass(log);
    if (!*log) {
        return base::fail(ErrorCode::not_found, std::string(origin) + " is not watched");
    }
    const auto last = last_of(**log);
    if (!last) return base::pass(last);
    return *last ? (*last)->checkpoint.size : 0;
}

namespace {

/// Nothing if `next` begins with `last`.
std::optional<Refused> conflict(const Checkpoint& last, const Checkpoint& next,
                                const ConsistencyProof& proof) {
    const auto refuse = [&](Refusal reason, const std::string& why) {
        return Refused{.reason = reason,
                       .words = why + ": cosigned before: " + words_of(last) +
                                "; offered now: " + words_of(next),
                       .cosigned_before = std::nullopt};
    };
    if (next.size < last.size) return refuse(Refusal::rollback, "the log went back");
    if (next.size == last.size) {
        if (next.root != last.root) {
            return refuse(Refusal::fork, "the log signed two histories of one size");
        }
        if (proof.path.empty()) return std::nullopt;
    }
    if (proof.old_size == last.size &&
        crypto::verify_merkle_consistency(last.size, last.root, next.size, next.root, proof.path)) {
        return std::nullopt;
    }
    return refuse(Refusal::not_consistent,
                  "the proof does not show that what is offered begins with what was cosigned");
}

}  // namespace

Result<Witness::Outcome> Witness::cosign(std::string_view note_text,
                                         const std::optional<ConsistencyProof>& proof) {
    auto note = decode_note(note_text);
    if (!note) return refused(Refusal::malformed, note.error().detail);
    auto checkpoint = decode_checkpoint(note->text);
    if (!checkpoint) return refused(Refusal::malformed, checkpoint.error().detail);
    const auto log = log_of(checkpoint->origin);
    if (!log) return base::pass(log);
    if (!*log) {
        return refused(Refusal::unknown_log,
                       "the log " + checkpoint->origin + " is not watched; name its key first");
    }
    if (const auto fits = verify_log_signature(*note, **log); !fits) {
        return refused(Refusal::not_signed, fits.error().detail);
    }
    const auto last = last_of(**log);
    if (!last) return base::pass(last);
    const auto before = *last ? (*last)->checkpoint
                              : Checkpoint{.origin = checkpoint->origin,
                                           .size = 0,
                                           .root = crypto::merkle_root({}),
                                           .extensions = {}};
    const auto step = proof.value_or(ConsistencyProof{.old_size = before.size, .path = {}});
    if (auto found = conflict(before, *checkpoint, step)) {
        if (*last) found->cosigned_before = (*last)->note;
        return Outcome{.cosigned = std::nullopt, .refused = std::move(found)};
    }
    const auto now = std::chrono::floor<std::chrono::seconds>(clock_.now());
    if (*last && now < (*last)->time) {
        return base::fail(ErrorCode::unavailable,
                          "the clock is behind the last cosignature; set it right and try again");
    }
    return sign_and_keep({.note = *std::move(note), .checkpoint = *std::move(checkpoint)}, now);
}

Result<Witness::Outcome> Witness::sign_and_keep(const Offer& offer, base::TimePoint time) {
    Outcome out{.cosigned = offer.note, .refused = std::nullopt};
    // Of its own signatures only the newest is of use; those of others stay as they came.
    std::erase_if(out.cosigned->signatures,
                  [&](const NoteSignature& signature) { return is_by(signature, verifier_key()); });
    if (out.cosigned->signatures.size() == note_signatures_max) {
        return refused(Refusal::malformed, "the note has no room for another signature");
    }
    out.cosigned->signatures.push_back(cosigner_.cosign(offer.note.text, time));
    const auto text = encode(*out.cosigned);
    const auto kept =
        storage::write_file_synced(file_of(offer.checkpoint.origin, ".note"), base::as_bytes(text));
    if (!kept) return base::pass(kept);
    return out;
}

}  // namespace witness
