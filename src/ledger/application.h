// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "crypto/signature_verifier.h"
#include "ledger/block_store.h"
#include "ledger/snapshot.h"
#include "state/tree.h"
#include "storage/key_value_store.h"
#include "wire/block.h"
#include "wire/ids.h"

namespace ledger {

struct Info {
    std::string chain_id;
    bool demo = false;
    wire::Height height = 0;    ///< 0 before the first block.
    wire::HeaderHash app_hash;  ///< Of the last block's header; of the genesis at height 0.
    wire::Hash256 header_ref;   ///< The same header's SHA-512/256: how a report names it.
    base::TimePoint time;       ///< Of the last block; of the genesis at height 0.
    wire::ConsensusPolicy policy;
    std::uint32_t version = 0;        ///< Of the rules under which the next block is executed.
    std::uint32_t next_version = 0;   ///< 0: no upgrade is scheduled.
    wire::Height upgrade_height = 0;  ///< The first block under `next_version`.
    std::uint64_t active_miners = 0;  ///< Of whose votes the next block needs its quorum.
};

/// Who may mine the next block, if so many before it are absent; contracts/mining.h has the rules.
struct Turn {
    /// Proof of work: any active miner may mine; this names the first of them.
    wire::LedgerId miner;
    wire::PublicKeyBytes public_key;
    std::uint64_t round = 0;
    std::uint32_t passed_over = 0;
    wire::EngineKind engine{};
    base::TimePoint not_before;  ///< The earliest block time at which this turn may be taken.
    /// Proof of work: SHA-256d of header and nonce, as a big-endian number, is at most this.
    wire::Hash256 target;
};

/// What an engine proposes as the next block.
struct Candidate {
    wire::Height height = 0;  ///< One above the tip.
    base::TimePoint time;     ///< Not before the tip's.
    wire::LedgerId miner;
    std::uint64_t round = 0;
    std::vector<base::Bytes> transactions;  ///< Envelopes, untrusted.
    /// So many miners whose turn came before were absent, each for the policy's timeout.
    std::uint32_t passed_over = 0;
    /// RFC 9162 leaf hashes of `transactions`, one each, if whoever made this has computed them;
    /// else none. Believed: never another's word.
    std::vector<wire::Hash256> leaves = {};
};

/// Whether the transaction is new to this replica, or passed `first` before and is looked at again
/// after a block: then no signature is verified anew.
enum class CheckKind { first, recheck };

/// What became of one transaction. Only `code` is the same on every replica by contract, but for a
/// transaction that is in a block already: a replica that pruned the block, or began with a
/// snapshot after it, has no `already_committed` to say. It names the first reason that its state
/// gives, as for any other transaction: `conflict` for an enrolment, say, or `replayed`. No refused
/// transaction is ever in a block, whatever the code.
struct TxResult {
    std::uint32_t code = 0;  ///< 0: accepted; else a base::ErrorCode.
    std::string detail;      ///< For people: why. Never hashed.
    wire::TxId id;           ///< Zero where the envelope does not decode.
    /// Where it is, if accepted or refused as `already_committed`.
    std::optional<Place> place;
};

struct Finalized {
    std::vector<TxResult> results;  ///< One a transaction of the candidate, in order.
    /// What the miner signs. Empty if nothing was accepted: then there is nothing to commit, and
    /// the state is what it was.
    base::Bytes header_bytes;
    wire::HeaderHash app_hash;  ///< Hash of that header; the old one if it is empty.
};

/// What this program can do and what it keeps.
struct ApplicationOptions {
    /// The newest version of the rules that this program knows; it knows all from 1 on. At the
    /// height of an upgrade to a later one it stops executing, and answers questions only.
    std::uint32_t newest_version = 1;
    std::size_t snapshots_kept = 2;  ///< Older ones are let go of.
    state::StateTree::Options tree = {};
};

/// The newest block and whose turn comes after it.
struct Standing {
    Info info;
    /// Errors: `not_eligible` if no miner is active; the store's.
    base::Result<Turn> turn;
};

/// Which past is let go of. Chosen by whoever runs the replica; no other replica is concerned.
struct PrunePolicy {
    std::uint64_t keep_blocks = 0;  ///< The newest so many, at least 1; 0: all.
};
/// The lowest height that stays, 0 if all do.
[[nodiscard]] wire::Height retain_height(const PrunePolicy& policy, wire::Height tip);

/// What one call of `Application::prune` did.
struct Pruned {
    bool done = false;             ///< Nothing is left below the height asked for.
    wire::Height first_block = 0;  ///< The lowest block that is there now.
    wire::Height first_state = 0;  ///< The lowest height whose state can be asked for.
};

/// Signatures gathered to be verified ahead of the block, see `Application::gather`.
class SignatureBatch;

/// The replicated application, in the shape of ABCI 2.0: every replica that is given the same
/// blocks reaches the same bytes. No clock, randomness, thread, floating point or unordered
/// iteration decides anything here; time is the block's.
///
/// Three groups of calls. Those that execute (`init_chain` to `give_up`, `check_tx`, `gather`,
/// `remember`, `offer_snapshot`, `apply_snapshot_chunk`) belong to one thread at a time. Those that
/// read committed state (`info`, `next_turn`, `query`, `blocks`, `list_snapshots`,
/// `load_snapshot_chunk`) may be called from any thread at any time, beside the executing one.
/// `prune`, `take_snapshot` and `write_ahead` may run on any thread, each of them once at a time.
///
/// What is executed stands on the newest block. That is the last one committed, or one that was
/// taken `ahead` of its write: then readers do not see it yet.
class Application {
public:
    using Options = ApplicationOptions;
    /// Borrows both. Continues from what is stored. Errors: `corrupted`, `unavailable`.
    [[nodiscard]] static base::Result<std::unique_ptr<Application>> open(
        storage::KeyValueStore& store, crypto::SignatureVerifier& verifier, Options options = {});
    ~Application();

    /// Whether the store holds a chain.
    [[nodiscard]] bool initialised() const;
    /// Writes the genesis and the state it describes, synced. Errors: `conflict` if the store holds
    /// a chain; `malformed` (no administrator, no miner, an id twice, `demo_program`
    /// without `demo`), `bad_key`, `duplicate_key`; those of KeyValueStore::write.
    [[nodiscard]] base::Result<void> init_chain(const wire::Genesis& genesis);

    /// CHECKs `initialised()`, as all below do.
    [[nodiscard]] Info info() const;
    /// Who may mine the next block if `passed_over` turns before it are let pass. Errors:
    /// `not_eligible` if so many cannot be passed over, or no miner is active.
    [[nodiscard]] base::Result<Turn> next_turn(std::uint32_t passed_over = 0) const;

    /// Whether the transaction could be in the next block, at `time`: form, chain, signatures (kept
    /// for `finalize_block`) and the contract's rules on committed state. Changes no state.
    [[nodiscard]] TxResult check_tx(base::ByteView envelope, base::TimePoint time,
                                    CheckKind kind = CheckKind::first);

    /// Of `candidate.transactions`, in order, those that would be accepted together.
    /// Errors: as `finalize_block`.
    [[nodiscard]] base::Result<std::vector<base::Bytes>> prepare_proposal(
        const Candidate& candidate);
    /// Whether a candidate that came from elsewhere may be voted for: an eligible miner, a time
    /// that does not go back, and no transaction that would be refused. Errors: the reason.
    [[nodiscard]] base::Result<void> process_proposal(const Candidate& candidate);

    /// Executes the candidate above committed state and builds the header from what was accepted.
    /// Nothing is written; the last one finalized is what `commit` commits. Errors: `not_eligible`
    /// (miner or round out of turn, passed over too many or too early), `conflict` (height),
    /// `malformed` (time), `unsupported_version` (the rules from this height on are newer than this
    /// program), `corrupted`, `unavailable`. On the fate of single transactions:
    /// `Finalized::results`.
    [[nodiscard]] base::Result<Finalized> finalize_block(const Candidate& candidate);
    /// Writes the finalized block in one synced batch: when this returns it is on disk. Errors:
    /// `conflict` if nothing is finalized or it is empty, or a block is ahead; what `check_seal`
    /// says; those of KeyValueStore::write. After an error nothing is changed and the same block
    /// can be committed again, also with another seal.
    [[nodiscard]] base::Result<wire::Block> commit(const wire::Seal& seal);
    /// `commit` in two steps, so that the next block is executed while this one is being written.
    /// The first: what is finalized from now on stands on this block. Errors: as `commit`, but for
    /// the store's.
    [[nodiscard]] base::Result<void> go_ahead(const wire::Seal& seal);
    /// The second, beside the executing thread: writes the block in one synced batch, and then lets
    /// readers see it. Errors: those of KeyValueStore::write; nobody saw the block then, and it can
    /// be written again or given up. CHECKs that a block is ahead.
    [[nodiscard]] base::Result<wire::Block> write_ahead();
    /// The block that is ahead never was, nor what was finalized on it. Not while it is written.
    void give_up();
    /// Of the newest block, also while it is ahead of its write. Belongs to the executing thread.
    [[nodiscard]] Standing standing() const;
    /// Whether `commit` would take this seal for the finalized block. All that counts is the state
    /// before the block. Errors, in this order: `conflict` (nothing is finalized); `not_eligible`
    /// (its round or passed_over are not the candidate's, or the proof of work misses the target);
    /// `malformed` (a nonce without proof of work, an attempt without approvals, a miner that
    /// approves twice); `bad_signature` (the miner's); of each approval `unknown_signer` (no
    /// registered miner), `not_eligible` (a miner that is not active), `bad_signature`;
    /// `not_authorised` (fewer approvals than the policy's quorum of the active miners; a miner's
    /// seal is not its approval, see docs/adr/0018).
    [[nodiscard]] base::Result<void> check_seal(const wire::Seal& seal) const;

    /// Verification ahead of execution: `gather` decodes and collects the signatures that are not
    /// known to be good yet, against committed keys; the caller verifies `checks()` wherever it
    /// likes; `remember` keeps the verdicts. It only saves time: a key that changes between is
    /// noticed, and the outcome of a block never depends on it.
    [[nodiscard]] base::Result<std::unique_ptr<SignatureBatch>> gather(
        std::span<const base::Bytes> envelopes);
    /// The same for what `SignatureBatch::decode` decoded, wherever that was.
    [[nodiscard]] base::Result<void> gather(SignatureBatch& batch);
    void remember(const SignatureBatch& batch, const std::vector<bool>& verdicts);

    /// ABCI Query of committed state; docs/formats/queries.md has the paths. `height` 0: the
    /// newest. Errors: `not_found` (also for an unknown path, a height above the tip, or one that
    /// is pruned), `malformed` (also a height for a question that takes none), the contracts' own.
    [[nodiscard]] base::Result<base::Bytes> query(std::string_view path, base::ByteView data,
                                                  wire::Height height = 0) const;
    [[nodiscard]] const BlockStore& blocks() const;

    /// Snapshots: ledger/snapshot.h. Makes one of the newest state and lists it from now on. Reads
    /// the whole state once. Errors: `conflict` at height 0, the store's.
    [[nodiscard]] base::Result<Snapshot> take_snapshot();
    /// Those that can be loaded, the oldest first.
    [[nodiscard]] base::Result<std::vector<Snapshot>> list_snapshots() const;
    /// Errors: `not_found` (no such snapshot, format or chunk), the store's.
    [[nodiscard]] base::Result<base::Bytes> load_snapshot_chunk(wire::Height height,
                                                                std::uint32_t format,
                                                                std::uint32_t chunk) const;
    /// Begins to restore; an earlier attempt is forgotten. Errors: `conflict` (the store holds a
    /// chain), `malformed` (an unknown format, metadata that do not fit), `wrong_root` (of another
    /// height than the trusted header).
    [[nodiscard]] base::Result<void> offer_snapshot(const Snapshot& snapshot,
                                                    const TrustedHeader& trusted);
    /// Chunk by chunk, in order. With the last one the replica holds the chain from that height on.
    /// A chunk that is not the one that was offered changes nothing, and the right one may follow.
    /// Errors: `conflict` (nothing was offered, or out of order), `malformed` (not the chunk that
    /// the metadata names), `wrong_root` (it does not lead to the trusted header), `bad_signature`
    /// and `not_authorised` (the block's seal): after these two kinds the attempt is over.
    [[nodiscard]] base::Result<RestoreProgress> apply_snapshot_chunk(std::uint32_t chunk,
                                                                     base::ByteView bytes);

    /// One bounded step towards letting go of all blocks, indexes and states below `retain`, except
    /// what a listed snapshot still needs. Receipts of what stays go on. Call until `done`. Errors:
    /// `malformed` (above the tip), the store's.
    [[nodiscard]] base::Result<Pruned> prune(wire::Height retain);

private:
    struct State;
    explicit Application(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ledger
