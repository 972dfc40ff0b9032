// SPDX-License-Identifier: Apache-2.0
#include "witness/publisher.h"

#include <algorithm>

#include "storage/files.h"

namespace witness {

using base::ErrorCode;
using base::Result;

Result<std::unique_ptr<CheckpointPublisher>> CheckpointPublisher::open(Parts parts) {
    if (parts.signer.verifier_key() != parts.policy.log) {
        return base::fail(ErrorCode::malformed,
                          "trust: checkpoint_key is not the key that this node signs with");
    }
    if (const auto made = storage::make_folder(parts.folder); !made) return base::pass(made);
    parts.policy.required = 0;
    std::unique_ptr<CheckpointPublisher> out(new CheckpointPublisher(std::move(parts)));
    if (const auto loaded = out->load(); !loaded) return base::pass(loaded);
    return out;
}

std::filesystem::path CheckpointPublisher::file_of(std::size_t witnesses) const {
    if (witnesses == 0) return parts_.folder / "latest.note";
    return parts_.folder / ("witnessed-" + std::to_string(witnesses) + ".note");
}

Result<void> CheckpointPublisher::load() {
    for (std::size_t count = 0; count <= parts_.policy.witnesses.size(); ++count) {
        const auto file = file_of(count);
        const auto text = storage::read_file(file, note_bytes_max);
        if (!text && text.error().code == ErrorCode::not_found) continue;
        if (!text) return base::pass(text);
        const auto note = decode_note(base::as_text(*text));
        const auto kept = note ? tidied(*note) : Result<Kept>(base::pass(note));
        if (!kept) {
            return base::fail(ErrorCode::corrupted, file.string() + ": " + kept.error().detail +
                                                        "; restore it from a backup");
        }
        // A witness that the policy names no longer does not count any more.
        if (kept->verified.witnesses.size() >= count) kept_.insert_or_assign(count, *kept);
    }
    return {};
}

Result<CheckpointPublisher::Kept> CheckpointPublisher::tidied(const Note& note) const {
    auto verified = verify_checkpoint(note, parts_.policy);
    if (!verified) return base::pass(verified);
    Kept out{.note = {.text = note.text, .signatures = {}}, .verified = *std::move(verified)};
    const auto log = std::ranges::find_if(note.signatures, [&](const NoteSignature& signature) {
        return is_by(signature, parts_.policy.log);
    });
    out.note.signatures.push_back(*log);
    for (const auto& key : parts_.policy.witnesses) {
        const NoteSignature* newest = nullptr;
        for (const auto& signature : note.signatures) {
            // Cosignatures begin with their time, big-endian: the larger one is the newer.
            if (is_by(signature, key) && (newest == nullptr || newest->bytes < signature.bytes)) {
                newest = &signature;
            }
        }
        if (newest != nullptr) out.note.signatures.push_back(*newest);
    }
    return out;
}

Result<void> CheckpointPublisher::keep(std::size_t witnesses, const Kept& kept) {
    const auto written =
        storage::write_file_synced(file_of(witnesses), base::as_bytes(encode(kept.note)));
    if (!written) return written;
    kept_.insert_or_assign(witnesses, kept);
    return {};
}

Result<void> CheckpointPublisher::check_chain() const {
    const auto newest = kept_.find(0);
    if (newest == kept_.end()) return {};
    const auto& header = newest->second.verified.header;
    const auto block = parts_.blocks.block(header.height);
    if (!block && block.error().code != ErrorCode::not_found) return base::pass(block);
    if (block && wire::hash_of_header(block->header_bytes) == header.hash) return {};
    return base::fail(ErrorCode::conflict,
                      "the chain lacks the block " + std::to_string(header.height) +
                          " of a checkpoint that was signed; no further one is signed. Restore the "
                          "ledger of that checkpoint");
}

Result<void> CheckpointPublisher::publish() {
    const std::scoped_lock lock(mutex_);
    const auto now = parts_.clock.now();
    if (signed_at_ && now >= *signed_at_ && now - *signed_at_ < interval) return {};
    if (!chain_checked_) {
        if (const auto whole = check_chain(); !whole) return whole;
        chain_checked_ = true;
    }
    const auto height = parts_.blocks.height();
    const auto newest = kept_.find(0);
    if (height == 0) return {};
    if (newest != kept_.end() && newest->second.verified.header.height >= height) return {};
    const auto block = parts_.blocks.block(height);
    if (!block) return base::pass(block);
    const auto note =
        parts_.signer.sign(checkpoint_of(block->header, wire::hash_of_header(block->header_bytes)));
    const auto kept = tidied(note);
    if (!kept) return base::pass(kept);
    if (const auto written = keep(0, *kept); !written) return written;
    signed_at_ = now;
    return {};
}

Result<std::string> CheckpointPublisher::checkpoint(std::size_t witnesses) const {
    const std::scoped_lock lock(mutex_);
    const auto found = kept_.find(witnesses);
    if (found != kept_.end()) return encode(found->second.note);
    return base::fail(ErrorCode::not_found,
                      witnesses == 0
                          ? "no checkpoint is signed yet"
                          : "no checkpoint has " + std::to_string(witnesses) + " cosignatures yet");
}

Result<std::string> CheckpointPublisher::add_cosignatures(std::string_view note_text) {
    auto note = decode_note(note_text);
    if (!note) return base::pass(note);
    auto policy = parts_.policy;
    policy.required = std::min<std::size_t>(1, policy.witnesses.size());
    const auto offered = verify_checkpoint(*note, policy);
    if (!offered) return base::pass(offered);
    if (policy.witnesses.empty()) {
        return base::fail(ErrorCode::not_authorised, "this node names no witnesses");
    }
    const auto latest_time = parts_.clock.now() + clock_skew_max;
    for (const auto& witness : offered->witnesses) {
        if (witness.time > latest_time) {
            return base::fail(ErrorCode::malformed,
                              "the cosignature of " + witness.name + " states a time to come");
        }
    }
    const std::scoped_lock lock(mutex_);
    for (const auto& [count, kept] : kept_) {
        if (kept.note.text != note->text) continue;
        note->signatures.insert(note->signatures.end(), kept.note.signatures.begin(),
                                kept.note.signatures.end());
    }
    const auto merged = tidied(*note);
    if (!merged) return base::pass(merged);
    bool used = false;
    for (std::size_t count = 0; count <= merged->verified.witnesses.size(); ++count) {
        const auto before = kept_.find(count);
        const bool same = before != kept_.end() && before->second.note.text == note->text;
        const bool newer = count > 0 && (before == kept_.end() ||
                                         before->second.verified.size < merged->verified.size);
        if (!same && !newer) continue;
        used = true;
        if (same && before->second.note == merged->note) continue;
        if (const auto written = keep(count, *merged); !written) return base::pass(written);
    }
    if (used) return encode(merged->note);
    return base::fail(ErrorCode::conflict,
                      "a newer checkpoint has as many cosignatures; cosign the newest");
}

}  // namespace witness
