// SPDX-License-Identifier: Apache-2.0
#include "consensus/embedded_engine.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <future>
#include <map>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "base/check.h"
#include "chain/orphans.h"
#include "consensus/internal/follower.h"
#include "consensus/internal/outcome.h"
#include "consensus/internal/pending_queue.h"
#include "consensus/proof_of_work.h"
#include "ledger/signature_batch.h"
#include "wire/transaction.h"

namespace consensus {

using base::ErrorCode;
using base::fail;

namespace {

/// Blocks that are decoded and whose signatures are verified while the one before is executed and
/// written. Two keep all cores busy: one being verified, one about to be. Measured by bench_ledger.
constexpr std::size_t blocks_ahead = 2;
/// Proof of work: tries for one block. Chosen by us: about an hour, so an end in any case.
constexpr std::uint64_t nonces_max = std::uint64_t{1} << 32U;
/// How often the clock is looked at while a turn may not be taken yet. Chosen by us.
constexpr std::chrono::milliseconds patience{5};

/// A block's worth of transactions: being decoded, then with the verification of its signatures
/// under way. Work in flight reads the members above it, so that they are destroyed after it.
struct Batch {
    std::vector<PendingQueue::Entry> entries;
    std::vector<base::Bytes> envelopes;
    std::vector<wire::Hash256> leaves;
    std::future<std::unique_ptr<ledger::SignatureBatch>> decoding;
    std::unique_ptr<ledger::SignatureBatch> signatures;  ///< Null while it is being decoded.
    std::future<std::vector<bool>> verdicts;
};

Batch begin(std::vector<PendingQueue::Entry> entries) {
    Batch batch;
    batch.entries = std::move(entries);
    batch.envelopes.reserve(batch.entries.size());
    batch.leaves.reserve(batch.entries.size());
    for (const auto& entry : batch.entries) {
        batch.envelopes.push_back(std::move(entry->envelope));
        batch.leaves.push_back(entry->leaf);
    }
    const ledger::Envelopes envelopes(batch.envelopes, batch.leaves);
    batch.decoding = std::async(std::launch::async,
                                [envelopes] { return ledger::SignatureBatch::decode(envelopes); });
    return batch;
}

}  // namespace

struct EmbeddedEngine::State {
    State(Parts parts_in, Options options_in)
        : parts(std::move(parts_in)),
          options(options_in),
          queue(options_in.pending_max),
          board(parts.application.info().height) {}

    Parts parts;
    Options options;
    PendingQueue queue;
    TipBoard board;
    std::map<wire::LedgerId, std::unique_ptr<wire::Signer>> signers;  ///< The engine's thread.
    std::set<wire::LedgerId> absent;  ///< Of whom it was told that they have no key here.
    std::atomic<bool> ending = false;
    std::thread thread;
    /// The block that is ahead of its write, and answered when it is on disk.
    std::future<bool> writing;

    void run();
    /// Lets the signatures of what is decoded be verified. False, and answered, if that fails.
    [[nodiscard]] bool verify(Batch& batch);
    void verify_decoded(std::deque<Batch>& begun);
    void finish(Batch batch);
    struct Executed {
        std::vector<ledger::TxResult> results;
        ledger::Turn turn;
        base::Bytes header;  ///< Empty: no transaction was accepted, and `seal` is none.
        wire::Seal seal;
    };
    /// Executes and seals upon the newest block, written or not. Leaves the envelopes of `batch`
    /// as they are.
    [[nodiscard]] base::Result<Executed> execute(Batch& batch);
    /// Waits until the block that is being written is answered. Whether it was written; if not,
    /// neither it nor what was executed upon it ever was.
    [[nodiscard]] bool settle();
    /// Writes the block that is ahead, answers for it and announces it. Whether it was written.
    [[nodiscard]] bool write(const std::vector<PendingQueue::Entry>& entries,
                             const std::vector<ledger::TxResult>& results);
    void answer(const std::vector<PendingQueue::Entry>& entries,
                const std::vector<ledger::TxResult>& results, const wire::Block* block);
    /// The first turn of the next block whose miner's key can be had; those before it are absent.
    /// May wait for the block that is being written. Errors: `unavailable` if there is none.
    [[nodiscard]] base::Result<ledger::Turn> present_turn();
    /// A miner's key. Errors: `unavailable`; told once of each miner.
    [[nodiscard]] base::Result<wire::Signer*> signer_of(const wire::LedgerId& miner);
    /// Nobody is passed over before it has had its time. Errors: `unavailable` at the end.
    [[nodiscard]] base::Result<void> wait_until(base::TimePoint time) const;
    /// Takes the executed block ahead; seals it anew if the miner's key is another by now.
    [[nodiscard]] base::Result<void> go_ahead(const Executed& executed);
    [[nodiscard]] base::Result<wire::Seal> seal(const ledger::Turn& turn, base::ByteView header);
    void refuse(const std::vector<PendingQueue::Entry>& entries, const base::Error& error);
    void answer_all(const std::vector<PendingQueue::Entry>& entries, const base::Error& error);
    void report(const base::Error& error) const {
        if (parts.on_error) parts.on_error(error);
    }
};

bool EmbeddedEngine::State::verify(Batch& batch) {
    batch.signatures = batch.decoding.get();
    if (auto gathered = parts.application.gather(*batch.signatures); !gathered) {
        report(gathered.error());
        answer_all(batch.entries, gathered.error());
        return false;
    }
    batch.verdicts = std::async(std::launch::async, [this, checks = batch.signatures->checks()] {
        return parts.verifier.verify(checks);
    });
    return true;
}

/// The first of `begun` is waited for, the others only looked at.
void EmbeddedEngine::State::verify_decoded(std::deque<Batch>& begun) {
    for (auto at = begun.begin(); at != begun.end();) {
        if (at->signatures == nullptr) {
            const bool waits = at == begun.begin();
            const auto decoded = std::future_status::ready;
            if (!waits && at->decoding.wait_for(std::chrono::seconds{0}) != decoded) return;
            if (!verify(*at)) {
                at = begun.erase(at);
                continue;
            }
        }
        ++at;
    }
}

void EmbeddedEngine::State::run() {
    std::deque<Batch> begun;
    while (true) {
        if (begun.empty()) {
            auto entries = queue.take_block(options.block_transactions_max, options.block_wait);
            if (entries.empty()) break;
            begun.push_back(begin(std::move(entries)));
        }
        while (begun.size() <= blocks_ahead) {
            auto entries = queue.take_full_block(options.block_transactions_max);
            if (entries.empty()) break;
            begun.push_back(begin(std::move(entries)));
        }
        verify_decoded(begun);
        if (begun.empty()) continue;
        Batch batch = std::move(begun.front());
        begun.pop_front();
        finish(std::move(batch));
    }
    if (writing.valid()) writing.wait();
}

void EmbeddedEngine::State::finish(Batch batch) {
    parts.application.remember(*batch.signatures, batch.verdicts.get());
    batch.signatures.reset();
    auto executed = execute(batch);
    // A block that could not be written was answered by itself, and is no ground to stand upon.
    if (!settle()) executed = execute(batch);
    if (!executed) return refuse(batch.entries, executed.error());
    if (executed->header.empty()) return answer(batch.entries, executed->results, nullptr);
    if (auto ahead = go_ahead(*executed); !ahead) return refuse(batch.entries, ahead.error());
    writing = std::async(std::launch::async, [this, entries = std::move(batch.entries),
                                              results = std::move(executed->results)] {
        return write(entries, results);
    });
}

base::Result<EmbeddedEngine::State::Executed> EmbeddedEngine::State::execute(Batch& batch) {
    const auto turn = present_turn();
    if (!turn) return base::pass(turn);
    const auto tip = parts.application.standing().info;
    ledger::Candidate candidate{.height = tip.height + 1,
                                .time = std::max(parts.clock.now(), tip.time),
                                .miner = turn->miner,
                                .round = turn->round,
                                .transactions = std::move(batch.envelopes),
                                .passed_over = turn->passed_over,
                                .leaves = std::move(batch.leaves)};
    auto finalized = parts.application.finalize_block(candidate);
    batch.envelopes = std::move(candidate.transactions);
    batch.leaves = std::move(candidate.leaves);
    if (!finalized) return base::pass(finalized);
    Executed executed{.results = std::move(finalized->results),
                      .turn = *turn,
                      .header = std::move(finalized->header_bytes),
                      .seal = {}};
    if (executed.header.empty()) return executed;
    auto sealed = seal(*turn, executed.header);
    if (!sealed) return base::pass(sealed);
    executed.seal = std::move(*sealed);
    return executed;
}

base::Result<wire::Signer*> EmbeddedEngine::State::signer_of(const wire::LedgerId& miner) {
    const auto known = signers.find(miner);
    if (known != signers.end()) return known->second.get();
    auto signer = parts.signer_of(miner);
    if (signer) {
        absent.erase(miner);
        return signers.emplace(miner, std::move(*signer)).first->second.get();
    }
    base::Error missing{ErrorCode::unavailable,
                        "miner " + base::to_hex(miner.view()) +
                            " is absent, its key is not to be had: " + signer.error().detail};
    if (absent.insert(miner).second) report(missing);
    return std::unexpected(std::move(missing));
}

base::Result<ledger::Turn> EmbeddedEngine::State::present_turn() {
    const auto first = parts.application.standing().turn;
    if (!first) return first;
    auto signer = signer_of(first->miner);
    if (signer) return first;
    // Later turns are asked of the block on disk.
    if (!settle()) return present_turn();
    std::set<wire::LedgerId> tried{first->miner};
    const auto active = parts.application.info().active_miners;
    for (std::uint32_t passed_over = 1; tried.size() < active; ++passed_over) {
        auto turn = parts.application.next_turn(passed_over);
        if (!turn) break;
        if (!tried.insert(turn->miner).second) continue;
        signer = signer_of(turn->miner);
        if (!signer) continue;
        if (auto waited = wait_until(turn->not_before); !waited) return base::pass(waited);
        return turn;
    }
    return base::pass(signer);
}

base::Result<void> EmbeddedEngine::State::wait_until(base::TimePoint time) const {
    while (parts.clock.now() < time) {
        if (ending) return fail(ErrorCode::unavailable, "the node stops; submit again later");
        std::this_thread::sleep_for(patience);
    }
    return {};
}

base::Result<void> EmbeddedEngine::State::go_ahead(const Executed& executed) {
    auto taken = parts.application.go_ahead(executed.seal);
    if (taken || taken.error().code != ErrorCode::bad_signature) return taken;
    // The miner's key was rotated since its signer was fetched: fetch it anew, once.
    signers.erase(executed.turn.miner);
    const auto second = seal(executed.turn, executed.header);
    if (!second) return base::pass(second);
    return parts.application.go_ahead(*second);
}

base::Result<wire::Seal> EmbeddedEngine::State::seal(const ledger::Turn& turn,
                                                     base::ByteView header) {
    const auto signer = signer_of(turn.miner);
    if (!signer) return base::pass(signer);
    wire::Seal seal{
        .round = turn.round, .signature = {}, .approvals = {}, .passed_over = turn.passed_over};
    if (turn.engine == wire::EngineKind::proof_of_work) {
        const auto nonce = grind({.height = parts.application.standing().info.height + 1,
                                  .header_bytes = {header.begin(), header.end()},
                                  .target = turn.target},
                                 nonces_max, [] { return true; });
        if (!nonce) return fail(ErrorCode::unavailable, "no nonce meets the target");
        seal.nonce = *nonce;
    }
    const auto signature = (*signer)->sign(wire::sealed_message(header, seal));
    if (!signature) return base::pass(signature);
    seal.signature = *signature;
    return seal;
}

bool EmbeddedEngine::State::settle() {
    if (!writing.valid() || writing.get()) return true;
    parts.application.give_up();
    return false;
}

bool EmbeddedEngine::State::write(const std::vector<PendingQueue::Entry>& entries,
                                  const std::vector<ledger::TxResult>& results) {
    auto written = parts.application.write_ahead();
    if (!written) {
        refuse(entries, written.error());
        return false;
    }
    const auto block = std::make_shared<const wire::Block>(std::move(*written));
    answer(entries, results, block.get());
    board.announce(block);
    return true;
}

void EmbeddedEngine::State::answer(const std::vector<PendingQueue::Entry>& entries,
                                   const std::vector<ledger::TxResult>& results,
                                   const wire::Block* block) {
    const auto waiting = queue.finish(entries);
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        const auto outcome = outcome_of(results[i], block, parts.application.blocks());
        for (const auto& done : waiting[i]) done(outcome);
    }
}

void EmbeddedEngine::State::refuse(const std::vector<PendingQueue::Entry>& entries,
                                   const base::Error& error) {
    report(error);
    answer_all(entries, error);
}

void EmbeddedEngine::State::answer_all(const std::vector<PendingQueue::Entry>& entries,
                                       const base::Error& error) {
    for (const auto& all : queue.finish(entries)) {
        for (const auto& done : all) done(std::unexpected(error));
    }
}

EmbeddedEngine::EmbeddedEngine(std::unique_ptr<State> state) : state_(std::move(state)) {}

base::Result<std::unique_ptr<EmbeddedEngine>> EmbeddedEngine::start(Parts parts, Options options) {
    if (!parts.application.initialised()) {
        return fail(ErrorCode::conflict, "the ledger holds no chain yet; create one first");
    }
    auto state = std::make_unique<State>(std::move(parts), options);
    state->thread = std::thread([raw = state.get()] { raw->run(); });
    return std::unique_ptr<EmbeddedEngine>(new EmbeddedEngine(std::move(state)));
}

EmbeddedEngine::~EmbeddedEngine() {
    state_->ending = true;
    state_->queue.close();
    state_->thread.join();
}

void EmbeddedEngine::submit(base::Bytes envelope, Done done) {
    state_->queue.submit(std::move(envelope), std::move(done));
}

wire::Height EmbeddedEngine::height() const {
    return state_->parts.application.info().height;
}

base::Result<wire::Block> EmbeddedEngine::block(wire::Height height) const {
    return state_->parts.application.blocks().block(height);
}

std::unique_ptr<chain::Subscription> EmbeddedEngine::follow(
    wire::Height from, std::function<void(const wire::Block&)> on_block) {
    Follower::Parts parts{.board = state_->board,
                          .read = [this](wire::Height height) { return block(height); },
                          .on_block = std::move(on_block),
                          .on_error = state_->parts.on_error};
    return std::make_unique<Follower>(std::move(parts), from);
}

base::Result<base::Bytes> EmbeddedEngine::query(std::string_view path, base::ByteView data) const {
    if (path == chain::path::orphans) return chain::encoding::encode(std::vector<chain::Orphan>{});
    return state_->parts.application.query(path, data);
}

}  // namespace consensus
