// SPDX-License-Identifier: Apache-2.0
// From a candidate to a block on disk.
#include <string>
#include <utility>

#include "base/check.h"
#include "crypto/merkle.h"
#include "ledger/application.h"
#include "ledger/internal/application_state.h"
#include "ledger/internal/execution.h"
#include "ledger/signature_batch.h"

namespace ledger {

using base::ErrorCode;
using base::fail;

base::Result<Execution> Application::State::run(const Candidate& candidate, CheckKind kind) {
    CHECK(executed.has_value());
    const ExecutionGround ground{.state = recent,
                                 .blocks = ahead_blocks,
                                 .tip = executed->info,
                                 .newest_version = options.newest_version};
    return execute(candidate, ground, [&] {
        const Envelopes envelopes(candidate.transactions, candidate.leaves);
        return kind == CheckKind::recheck ? desk.recheck(envelopes)
                                          : desk.prepare(envelopes, verifier);
    });
}

base::Result<void> Application::State::stage(const Candidate& candidate, Execution& execution) {
    const Info& tip = executed->info;
    Pending next;
    const auto root = tree->stage(candidate.height, execution.changes, next.batch);
    if (!root) return base::pass(root);
    const auto log = history->stage(execution.leaves, next.batch);
    next.block.header = {.chain_id = tip.chain_id,
                         .height = candidate.height,
                         .previous_hash = tip.app_hash,
                         .transactions_root = {crypto::merkle_root(execution.leaves)},
                         .state_root = *root,
                         .history_root = log.root,
                         .history_size = log.size,
                         .time = candidate.time,
                         .miner = candidate.miner};
    next.block.header_bytes = encode(next.block.header);
    next.block.transactions = std::move(execution.accepted);
    next.names = std::move(execution.names);
    next.round = candidate.round;
    next.passed_over = candidate.passed_over;
    next.miner_key = execution.turn.key.public_key;
    next.hash = wire::hash_of_header(next.block.header_bytes);
    next.changes = std::move(execution.changes);
    next.leaves = std::move(execution.leaves);
    pending = std::move(next);
    return {};
}

TxResult Application::check_tx(base::ByteView envelope, base::TimePoint time, CheckKind kind) {
    auto& state = *state_;
    const auto refused = [](const base::Error& error) {
        return TxResult{.code = static_cast<std::uint32_t>(error.code),
                        .detail = error.detail,
                        .id = {},
                        .place = {}};
    };
    CHECK(state.executed.has_value());
    const auto& [info, turn] = *state.executed;
    if (!turn) return refused(turn.error());
    Candidate candidate{.height = info.height + 1,
                        .time = std::max(time, info.time),
                        .miner = turn->miner,
                        .round = turn->round,
                        .transactions = {base::Bytes(envelope.begin(), envelope.end())}};
    auto execution = state.run(candidate, kind);
    if (!execution) return refused(execution.error());
    auto& result = execution->results.front();
    if (result.code == 0) result.place.reset();  // it is nowhere yet
    return std::move(result);
}

base::Result<std::vector<base::Bytes>> Application::prepare_proposal(const Candidate& candidate) {
    auto execution = state_->run(candidate);
    if (!execution) return base::pass(execution);
    return std::move(execution->accepted);
}

base::Result<void> Application::process_proposal(const Candidate& candidate) {
    const auto execution = state_->run(candidate);
    if (!execution) return base::pass(execution);
    for (std::size_t i = 0; i < execution->results.size(); ++i) {
        const auto& result = execution->results[i];
        if (result.code == 0) continue;
        return fail(static_cast<ErrorCode>(result.code),
                    "transaction " + std::to_string(i) + ": " + result.detail);
    }
    return {};
}

base::Result<Finalized> Application::finalize_block(const Candidate& candidate) {
    auto& state = *state_;
    state.drop_pending();
    auto execution = state.run(candidate);
    if (!execution) return base::pass(execution);
    if (execution->accepted.empty()) {
        return Finalized{.results = std::move(execution->results),
                         .header_bytes = {},
                         .app_hash = state.executed->info.app_hash};
    }
    if (auto staged = state.stage(candidate, *execution); !staged) return base::pass(staged);
    return Finalized{.results = std::move(execution->results),
                     .header_bytes = state.pending->block.header_bytes,
                     .app_hash = state.pending->hash};
}

base::Result<void> Application::State::check_behind() const {
    if (!ahead) return {};
    return fail(ErrorCode::conflict, "the block before is not written yet");
}

void Application::State::complete(const wire::Seal& seal) {
    pending->block.seal = seal;
    pending->batch.set_mark(pending->block.header.height);
    // If the write fails, another try adds the block again: the later entry of a key counts.
    BlockStore::stage(pending->block, pending->names, pending->batch);
}

Application::State::Adopted Application::State::adopt() {
    tree->adopt();
    history->adopt();
    recent.committed(pending->changes);
    auto spent = desk.committed(pending->changes, pending->leaves);
    Info next = executed->info;
    next.height = pending->block.header.height;
    next.app_hash = pending->hash;
    next.header_ref = wire::header_ref(pending->block.header_bytes);
    next.time = pending->block.header.time;
    return {.standing = standing_after(std::move(next)), .spent = std::move(spent)};
}

base::Result<wire::Block> Application::commit(const wire::Seal& seal) {
    auto& state = *state_;
    if (auto ready = state.check_behind(); !ready) return base::pass(ready);
    if (auto sealed = check_seal(seal); !sealed) return base::pass(sealed);
    state.complete(seal);
    if (auto written = state.store.write(state.pending->batch); !written) {
        return base::pass(written);
    }
    state.publish(state.adopt().standing);
    wire::Block block = std::move(state.pending->block);
    state.pending.reset();
    return block;
}

base::Result<void> Application::go_ahead(const wire::Seal& seal) {
    auto& state = *state_;
    if (auto ready = state.check_behind(); !ready) return ready;
    if (auto sealed = check_seal(seal); !sealed) return sealed;
    state.complete(seal);
    auto& ahead = state.ahead.emplace();
    ahead.batch = std::move(state.pending->batch);
    state.ahead_store.show(ahead.batch);
    ahead.adopted = state.adopt();
    ahead.block = std::move(state.pending->block);
    state.pending.reset();
    state.executed = ahead.adopted.standing;
    return {};
}

base::Result<wire::Block> Application::write_ahead() {
    auto& state = *state_;
    CHECK(state.ahead.has_value());
    if (auto written = state.store.write(state.ahead->batch); !written) return base::pass(written);
    {
        const std::unique_lock lock(state.mutex);
        state.committed = std::move(state.ahead->adopted.standing);
    }
    state.ahead_store.clear();
    wire::Block block = std::move(state.ahead->block);
    state.ahead.reset();
    return block;
}

void Application::give_up() {
    auto& state = *state_;
    if (!state.ahead) return;
    state.drop_pending();
    state.tree->step_back();
    state.history->step_back();
    state.ahead_store.clear();
    state.ahead.reset();
    state.recent.forget();
    state.desk.forget_keys();
    state.executed = state.snapshot();
}

}  // namespace ledger
