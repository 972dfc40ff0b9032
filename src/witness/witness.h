// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "crypto/hash.h"
#include "witness/note.h"
#include "witness/signer.h"

namespace witness {

/// Why a witness does not cosign.
enum class Refusal : std::uint8_t {
    unknown_log = 1,  ///< No key is kept for this origin.
    not_signed = 2,   ///< The log's key has not signed it, or another note than this.
    malformed = 3,    ///< The note, the checkpoint or the proof cannot be read.
    rollback = 4,     ///< Smaller than what was cosigned: an older checkpoint, or history cut off.
    fork = 5,         ///< Of the size cosigned, with another root: the log signed two histories.
    not_consistent =
        6  ///< Larger, and the proof does not show that it begins with what was cosigned.
};
[[nodiscard]] std::string_view name_of(Refusal refusal);

struct Refused {
    Refusal reason{};
    std::string words;  ///< For people; names both checkpoints where two are in conflict.
    /// The note that was cosigned last, where the new one is in conflict with it: under `fork` the
    /// two together prove that the log signed both.
    std::optional<std::string> cosigned_before;
};

/// A consistency proof in the lines of c2sp.org/tlog-witness: "old <size>", then the hashes in
/// base64.
struct ConsistencyProof {
    std::uint64_t old_size = 0;
    std::vector<crypto::Digest32> path;
    friend bool operator==(const ConsistencyProof&, const ConsistencyProof&) = default;
};
inline constexpr std::size_t proof_lines_max = 63;  // as the specification says
/// Errors: `malformed` naming the line; `too_large` above 63 hashes.
[[nodiscard]] base::Result<ConsistencyProof> decode_proof(std::string_view text);
/// CHECKs the number of hashes.
[[nodiscard]] std::string encode(const ConsistencyProof& proof);

/// Remembers, on disk, the last checkpoint that it cosigned of each log, and cosigns another one
/// only if that begins with what it cosigned before (RFC 9162 section 2.1.4). So whoever trusts it
/// knows that everybody who asks it is shown one history.
///
/// Invariant: the checkpoint is on disk, synced, before its cosignature is handed out. The note
/// kept is verified when it is read; a damaged one is refused, never taken as none.
/// One process at a time: hold a storage::FolderLock. Not thread-safe.
class Witness {
public:
    /// `folder` keeps the logs' keys and notes. Borrows `clock`. Creates the folder.
    [[nodiscard]] static base::Result<Witness> open(std::filesystem::path folder, Cosigner cosigner,
                                                    const base::Clock& clock);

    /// From now on cosigns for the log with this key; its name is the origin. Errors: `conflict` if
    /// the origin is kept with another key; `malformed` for a witness's key; those of files.
    [[nodiscard]] base::Result<void> watch(const VerifierKey& log);

    /// What became of a request: the note with the new cosignature as its last line, or why not.
    struct Outcome {
        std::optional<Note> cosigned;
        std::optional<Refused> refused;
    };
    /// `proof` leads from the size cosigned last (0 at first) to the note's; without one an empty
    /// proof from that size is taken, which is enough the first time and for the same checkpoint
    /// again. Errors, of this side alone: `corrupted` (what is kept is damaged), `unavailable`
    /// (also where the clock is behind the last cosignature), `storage_full`.
    [[nodiscard]] base::Result<Outcome> cosign(std::string_view note,
                                               const std::optional<ConsistencyProof>& proof);

    /// The size cosigned last; 0 if there is none. Errors: `not_found` for an unknown log,
    /// `corrupted`, `unavailable`.
    [[nodiscard]] base::Result<std::uint64_t> size_of(std::string_view origin) const;
    [[nodiscard]] const VerifierKey& verifier_key() const { return cosigner_.verifier_key(); }

private:
    struct Kept;
    struct Offer;
    Witness(std::filesystem::path folder, Cosigner cosigner, const base::Clock& clock)
        : folder_(std::move(folder)), cosigner_(std::move(cosigner)), clock_(clock) {}
    [[nodiscard]] std::filesystem::path file_of(std::string_view origin,
                                                std::string_view ending) const;
    /// Nothing if this origin is not watched.
    [[nodiscard]] base::Result<std::optional<VerifierKey>> log_of(std::string_view origin) const;
    /// Nothing if none was cosigned yet.
    [[nodiscard]] base::Result<std::optional<Kept>> last_of(const VerifierKey& log) const;
    [[nodiscard]] base::Result<Outcome> sign_and_keep(const Offer& offer, base::TimePoint time);

    std::filesystem::path folder_;
    Cosigner cosigner_;
    const base::Clock& clock_;
};

}  // namespace witness
