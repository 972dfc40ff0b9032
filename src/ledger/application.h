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
#include "storage/key_value_store.h"
#include "wire/block.h"
#include "wire/ids.h"

namespace ledger {

struct Info {
    std::string chain_id;
    bool demo = false;
    wire::Height height = 0;    ///< 0 before the first block.
    wire::HeaderHash app_hash;  ///< Of the last block's header; of the genesis at height 0.
    base::TimePoint time;       ///< Of the last block; of the genesis at height 0.
};

/// Whose turn the next block is [0, Algorithm 1].
struct Turn {
    wire::LedgerId miner;
    wire::PublicKeyBytes public_key;
    std::uint64_t round = 0;
};

/// What an engine proposes as the next block.
struct Candidate {
    wire::Height height = 0;  ///< One above the tip.
    base::TimePoint time;     ///< Not before the tip's.
    wire::LedgerId miner;
    std::uint64_t round = 0;
    std::vector<base::Bytes> transactions;  ///< Envelopes, untrusted.
};

/// What became of one transaction. Only `code` is the same on every replica by contract.
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

/// Signatures gathered to be verified ahead of the block, see `Application::gather`.
class SignatureBatch;

/// The replicated application, in the shape of ABCI 2.0: every replica that is given the same
/// blocks reaches the same bytes. No clock, randomness, thread, floating point or unordered
/// iteration decides anything here; time is the block's.
///
/// Two groups of calls. Those that execute (`init_chain` to `commit`, `check_tx`, `gather`,
/// `remember`) belong to one thread at a time. Those that read committed state (`info`,
/// `next_turn`, `query`, `blocks`) may be called from any thread at any time, beside the executing
/// one.
class Application {
public:
    /// Borrows both. Continues from what is stored. Errors: `corrupted`, `unavailable`.
    [[nodiscard]] static base::Result<std::unique_ptr<Application>> open(
        storage::KeyValueStore& store, crypto::SignatureVerifier& verifier);
    ~Application();

    /// Whether the store holds a chain.
    [[nodiscard]] bool initialised() const;
    /// Writes the genesis and the state it describes, synced. Errors: `conflict` if the store holds
    /// a chain; `malformed` (no administrator, no miner, an id twice, `demo_program`
    /// without `demo`, a key off the curve); those of KeyValueStore::write.
    [[nodiscard]] base::Result<void> init_chain(const wire::Genesis& genesis);

    /// CHECKs `initialised()`, as all below do.
    [[nodiscard]] Info info() const;
    /// Who may mine the next block. Errors: `not_eligible` if no registered miner has a valid key.
    [[nodiscard]] base::Result<Turn> next_turn() const;

    /// Whether the transaction could be in the next block, at `time`: form, chain, signatures (kept
    /// for `finalize_block`) and the contract's rules on committed state. Changes no state.
    [[nodiscard]] TxResult check_tx(base::ByteView envelope, base::TimePoint time);

    /// Of `candidate.transactions`, in order, those that would be accepted together.
    /// Errors: as `finalize_block`.
    [[nodiscard]] base::Result<std::vector<base::Bytes>> prepare_proposal(
        const Candidate& candidate);
    /// Whether a candidate that came from elsewhere may be voted for: an eligible miner, a time
    /// that does not go back, and no transaction that would be refused. Errors: the reason.
    [[nodiscard]] base::Result<void> process_proposal(const Candidate& candidate);

    /// Executes the candidate above committed state and builds the header from what was accepted.
    /// Nothing is written; the last one finalized is what `commit` commits. Errors: `not_eligible`
    /// (miner or round out of turn), `conflict` (height), `malformed` (time), `corrupted`,
    /// `unavailable`. On the fate of single transactions: `Finalized::results`.
    [[nodiscard]] base::Result<Finalized> finalize_block(const Candidate& candidate);
    /// Writes the finalized block in one synced batch: when this returns it is on disk. Errors:
    /// `conflict` if nothing is finalized or it is empty; `bad_signature` unless the seal's
    /// signature is the miner's over the header; `not_eligible` if the seal's round is not the
    /// candidate's; those of KeyValueStore::write. After an error nothing is changed and the same
    /// block can be committed again.
    [[nodiscard]] base::Result<wire::Block> commit(const wire::Seal& seal);

    /// Verification ahead of execution: `gather` decodes and collects the signatures that are not
    /// known to be good yet, against committed keys; the caller verifies `checks()` wherever it
    /// likes; `remember` keeps the verdicts. It only saves time: a key that changes between is
    /// noticed, and the outcome of a block never depends on it.
    [[nodiscard]] base::Result<std::unique_ptr<SignatureBatch>> gather(
        std::span<const base::Bytes> envelopes);
    /// The same for what `SignatureBatch::decode` decoded, wherever that was.
    [[nodiscard]] base::Result<void> gather(SignatureBatch& batch);
    void remember(const SignatureBatch& batch, const std::vector<bool>& verdicts);

    /// ABCI Query of committed state; docs/formats/queries.md has the paths. Errors: `not_found`
    /// (also for an unknown path), `malformed`, and the contracts' own.
    [[nodiscard]] base::Result<base::Bytes> query(std::string_view path, base::ByteView data) const;
    [[nodiscard]] const BlockStore& blocks() const;

private:
    struct State;
    explicit Application(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ledger
