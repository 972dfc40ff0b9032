// SPDX-License-Identifier: Apache-2.0
#include "ledger/application.h"

#include <string>
#include <utility>

#include "base/check.h"
#include "contracts/key_registry.h"
#include "contracts/mining.h"
#include "ledger/internal/application_state.h"
#include "ledger/signature_batch.h"

namespace ledger {

using base::ErrorCode;
using base::fail;

void Application::State::publish(Info info) {
    const auto turn = contracts::turn_at(*tree, info.height + 1);
    auto seen =
        turn ? base::Result<Turn>(Turn{
                   .miner = turn->miner, .public_key = turn->key.public_key, .round = turn->round})
             : base::Result<Turn>(base::pass(turn));
    const std::unique_lock lock(mutex);
    committed = Committed{.info = std::move(info), .turn = std::move(seen)};
}

Application::Application(std::unique_ptr<State> state) : state_(std::move(state)) {}
Application::~Application() = default;

namespace {

std::unexpected<base::Error> torn(const std::string& what) {
    return fail(ErrorCode::corrupted, "the ledger's parts disagree: " + what);
}

/// What `Info` is at the tip, checked against the tree and the history log.
base::Result<Info> info_at_tip(const wire::Genesis& genesis, const BlockStore& blocks,
                               const state::StateTree& tree, const HistoryLog& history) {
    const auto tip = blocks.tip();
    if (!tip) return base::pass(tip);
    if (!*tip) return torn("there is a genesis but no tip");
    Info info{.chain_id = genesis.chain_id,
              .demo = genesis.demo,
              .height = (*tip)->height,
              .app_hash = (*tip)->hash,
              .time = genesis.time};
    if (tree.empty() || tree.version() != info.height) {
        return torn("the state is not that of block " + std::to_string(info.height));
    }
    if (info.height == 0) return info;
    const auto block = blocks.block(info.height);
    if (!block) return base::pass(block);
    info.time = block->header.time;
    if (wire::hash_of_header(block->header_bytes) != info.app_hash) {
        return torn("the tip names another header than block " + std::to_string(info.height));
    }
    if (tree.root() != block->header.state_root) return torn("the state root of the tip");
    if (history.size() != block->header.history_size ||
        history.root() != block->header.history_root) {
        return torn("the history log of the tip");
    }
    return info;
}

}  // namespace

base::Result<std::unique_ptr<Application>> Application::open(storage::KeyValueStore& store,
                                                             crypto::SignatureVerifier& verifier) {
    auto tree = state::StateTree::open(store);
    if (!tree) return base::pass(tree);
    auto state = std::make_unique<State>(store, verifier, std::move(*tree));
    auto history = HistoryLog::open(store);
    if (!history) return base::pass(history);
    state->history = std::move(*history);
    const auto genesis = state->blocks.genesis();
    if (!genesis) return base::pass(genesis);
    if (*genesis) {
        auto info = info_at_tip(**genesis, state->blocks, *state->tree, *state->history);
        if (!info) return base::pass(info);
        state->publish(std::move(*info));
    }
    return std::unique_ptr<Application>(new Application(std::move(state)));
}

bool Application::initialised() const {
    const std::shared_lock lock(state_->mutex);
    return state_->committed.has_value();
}

base::Result<void> Application::init_chain(const wire::Genesis& genesis) {
    auto& state = *state_;
    if (initialised()) return fail(ErrorCode::conflict, "this folder holds a chain already");
    state::Overlay overlay(*state.tree);
    if (auto applied = contracts::apply_genesis(overlay, genesis); !applied) return applied;
    storage::WriteBatch batch;
    const auto changes = overlay.take_changes();
    const auto root = state.tree->stage(0, changes, batch);
    if (!root) return base::pass(root);
    BlockStore::stage_genesis(genesis, batch);
    if (auto written = state.store.write(batch); !written) {
        state.tree->drop();
        return written;
    }
    state.tree->adopt();
    state.recent.committed(changes);
    state.desk.committed(changes, {});
    state.publish({.chain_id = genesis.chain_id,
                   .demo = genesis.demo,
                   .height = 0,
                   .app_hash = wire::hash_of(genesis),
                   .time = genesis.time});
    return {};
}

Info Application::info() const {
    return state_->snapshot().info;
}

base::Result<Turn> Application::next_turn() const {
    return state_->snapshot().turn;
}

const BlockStore& Application::blocks() const {
    return state_->blocks;
}

base::Result<std::unique_ptr<SignatureBatch>> Application::gather(
    std::span<const base::Bytes> envelopes) {
    auto batch = SignatureBatch::decode(envelopes);
    if (auto gathered = gather(*batch); !gathered) return base::pass(gathered);
    return batch;
}

base::Result<void> Application::gather(SignatureBatch& batch) {
    return state_->desk.gather(batch);
}

void Application::remember(const SignatureBatch& batch, const std::vector<bool>& verdicts) {
    state_->desk.remember(batch, verdicts);
}

}  // namespace ledger
