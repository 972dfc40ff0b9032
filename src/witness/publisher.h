// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "chain/block_source.h"
#include "witness/policy.h"
#include "witness/signer.h"

namespace witness {

/// The node's side: signs a checkpoint of the chain's tip now and then, keeps the newest, takes in
/// the cosignatures of the witnesses that the policy names, and keeps the newest checkpoint that
/// at least n of them have cosigned, for each n.
///
/// Invariants: a checkpoint is on disk before it is handed out; and none is signed while the chain
/// does not hold the block of the last one signed (a data folder restored from an older backup),
/// for a log must never sign two histories. Thread-safe.
class CheckpointPublisher {
public:
    struct Parts {
        const chain::BlockSource& blocks;  ///< Borrowed.
        const base::Clock& clock;          ///< Borrowed.
        CheckpointSigner signer;
        Policy policy;  ///< `required` counts for nothing here.
        std::filesystem::path folder;
    };
    /// Two checkpoints are signed at least so far apart.
    static constexpr std::chrono::milliseconds interval{1'000};
    /// A cosignature may be so far ahead of this clock.
    static constexpr std::chrono::minutes clock_skew_max{5};

    /// Creates the folder and reads what it holds. Errors: `malformed` unless the signer's key is
    /// the policy's; `corrupted` if a file there is damaged; those of files.
    [[nodiscard]] static base::Result<std::unique_ptr<CheckpointPublisher>> open(Parts parts);

    /// Signs the tip if it is not the newest checkpoint's and the interval is over. Call it about
    /// once a second. Errors: `conflict` if the chain lacks the block of the newest checkpoint: the
    /// node goes on, but signs nothing; those of files and of the block source.
    [[nodiscard]] base::Result<void> publish();

    /// The newest checkpoint that at least `witnesses` of them have cosigned, with all their
    /// cosignatures, as a note. Errors: `not_found` if there is none (yet).
    [[nodiscard]] base::Result<std::string> checkpoint(std::size_t witnesses) const;

    /// The key under which checkpoints are signed here.
    [[nodiscard]] const VerifierKey& log_key() const { return parts_.policy.log; }

    /// Takes the cosignatures out of a note: a checkpoint of ours, of any age, with cosignatures.
    /// Answers that checkpoint with all cosignatures known of it. Errors: `malformed` (also a time
    /// ahead of the clock), `too_large`, `wrong_chain`, `unknown_signer` (not our checkpoint),
    /// `not_authorised` (no cosignature of a witness that the policy names), `bad_signature`,
    /// `conflict` (a newer one has as many cosignatures: cosign that), those of files.
    [[nodiscard]] base::Result<std::string> add_cosignatures(std::string_view note_text);

private:
    struct Kept {
        Note note;  ///< The log's line, then one of each witness, in the policy's order.
        VerifiedCheckpoint verified;
    };
    explicit CheckpointPublisher(Parts parts) : parts_(std::move(parts)) {}
    [[nodiscard]] std::filesystem::path file_of(std::size_t witnesses) const;
    [[nodiscard]] base::Result<void> load();
    /// Errors: `conflict`.
    [[nodiscard]] base::Result<void> check_chain() const;
    /// With lines of the log and the witnesses alone, the newest of each.
    [[nodiscard]] base::Result<Kept> tidied(const Note& note) const;
    /// Writes it under `witnesses` and keeps it.
    [[nodiscard]] base::Result<void> keep(std::size_t witnesses, const Kept& kept);

    Parts parts_;
    mutable std::mutex mutex_;  // guards all below, and the files
    /// By number of cosignatures that it has at least; 0: the newest signed.
    std::map<std::size_t, Kept> kept_;
    std::optional<base::TimePoint> signed_at_;
    bool chain_checked_ = false;
};

}  // namespace witness
