// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "base/error.h"
#include "crypto/signature_verifier.h"
#include "ledger/internal/snapshot_frame.h"
#include "ledger/snapshot.h"
#include "state/snapshot.h"
#include "state/values.h"
#include "storage/key_value_store.h"

namespace ledger {

/// One attempt to restore a snapshot into an empty store. First come the chunks of the frame, whose
/// header must be the trusted one; then those of the state, whose root that header names. On the
/// way the miners, and the keys of whoever sealed and approved the block, are picked out, so that
/// its seal is verified and its approvals are counted before anything counts as a chain. One
/// thread.
///
/// Those who approve a block are the miners of the state before it, which is not here: they are
/// those of the state after it, but for the ones whose standing this very block may have changed.
/// Such a one counts as active where it approved, and not otherwise.
class Restore {
public:
    /// Borrows both. Forgets what an earlier attempt left in the store. Errors: as
    /// Application::offer_snapshot.
    [[nodiscard]] static base::Result<std::unique_ptr<Restore>> begin(
        storage::KeyValueStore& store, crypto::SignatureVerifier& verifier,
        const Snapshot& snapshot, const TrustedHeader& trusted);

    /// With the last chunk everything is written, and the store holds the chain. Errors: as
    /// Application::apply_snapshot_chunk.
    [[nodiscard]] base::Result<RestoreProgress> apply(std::uint32_t index, base::ByteView chunk);
    /// The last error ended it: nothing that follows can help.
    [[nodiscard]] bool is_over() const { return over_; }

private:
    Restore(storage::KeyValueStore& store, crypto::SignatureVerifier& verifier,
            FrameMetadata metadata, const TrustedHeader& trusted)
        : store_(store), verifier_(verifier), metadata_(std::move(metadata)), trusted_(trusted) {}

    [[nodiscard]] base::Result<void> take_frame_chunk(std::uint32_t index, base::ByteView chunk);
    [[nodiscard]] base::Result<void> take_state_chunk(std::uint32_t index, base::ByteView chunk);
    /// Decodes the frame and holds it against the trusted header.
    [[nodiscard]] base::Result<void> open_frame();
    void pick_out_keys(const state::SnapshotChunk& chunk);
    [[nodiscard]] base::Result<wire::PublicKeyBytes> key_of(const wire::LedgerId& id) const;
    [[nodiscard]] base::Result<void> check_state() const;
    [[nodiscard]] base::Result<void> check_seal() const;
    /// Whether so many approved as the policy asks for. Errors: `not_authorised`.
    [[nodiscard]] base::Result<void> check_quorum() const;
    /// Miners whose standing the block may have changed.
    [[nodiscard]] base::Result<std::set<wire::LedgerId>> touched() const;
    [[nodiscard]] base::Result<void> finish();
    [[nodiscard]] std::unexpected<base::Error> end(const base::Error& error);

    storage::KeyValueStore& store_;
    crypto::SignatureVerifier& verifier_;
    FrameMetadata metadata_;
    TrustedHeader trusted_;
    std::uint32_t next_ = 0;
    bool over_ = false;
    base::Bytes frame_bytes_;
    std::optional<SnapshotFrame> frame_;
    std::unique_ptr<state::SnapshotImport> import_;
    /// What the checks at the end need, by key; nothing where the state did not have it (yet).
    std::map<base::Bytes, std::optional<base::Bytes>> wanted_;
    std::map<wire::LedgerId, wire::MinerStanding> miners_;  ///< As the state has them.
};

}  // namespace ledger
