// SPDX-License-Identifier: Apache-2.0
#include "ledger/application.h"

#include <string>
#include <utility>

#include "base/check.h"
#include "contracts/difficulty.h"
#include "contracts/genesis.h"
#include "contracts/mining.h"
#include "contracts/schedule_upgrade.h"
#include "ledger/internal/application_state.h"
#include "ledger/signature_batch.h"

namespace ledger {

using base::ErrorCode;
using base::fail;

base::Result<Turn> Application::State::turn_after(const state::StateView& view, const Info& info,
                                                  std::uint32_t passed_over) {
    const contracts::TurnChoice choice{
        .height = info.height + 1, .passed_over = passed_over, .miner = {}};
    const auto turn = contracts::turn_at(view, info.policy, choice);
    if (!turn) return base::pass(turn);
    Turn out{.miner = turn->miner,
             .public_key = turn->key.public_key,
             .round = turn->round,
             .passed_over = passed_over,
             .engine = info.policy.engine,
             .not_before = info.time + info.policy.turn_timeout * passed_over,
             .target = {}};
    if (out.engine != wire::EngineKind::proof_of_work) return out;
    const auto difficulty = contracts::difficulty_record(view);
    if (!difficulty) return base::pass(difficulty);
    out.target = difficulty->target;
    return out;
}

Standing Application::State::standing_after(Info info) const {
    auto turn = turn_after(*tree, info, 0);
    const auto schema = contracts::schema_record(*tree);
    const auto mining = contracts::mining_record(*tree);
    // Without them nobody can mine: the error is what whoever asks for a turn or executes hears.
    if (turn && !schema) turn = base::pass(schema);
    if (turn && !mining) turn = base::pass(mining);
    if (schema) {
        info.version = schema->version_at(info.height + 1);
        const bool planned = schema->next_version > info.version;
        info.next_version = planned ? schema->next_version : 0;
        info.upgrade_height = planned ? schema->upgrade_height : 0;
    }
    if (mining) info.active_miners = mining->active;
    return {.info = std::move(info), .turn = std::move(turn)};
}

void Application::State::publish(const Standing& standing) {
    executed = standing;
    const std::unique_lock lock(mutex);
    committed = standing;
}

Application::Application(std::unique_ptr<State> state) : state_(std::move(state)) {}
Application::~Application() = default;

namespace {

std::unexpected<base::Error> torn(const std::string& what) {
    return fail(ErrorCode::corrupted, "the ledger's parts disagree: " + what);
}

Info info_of_genesis(const wire::Genesis& genesis) {
    return {.chain_id = genesis.chain_id,
            .demo = genesis.demo,
            .height = 0,
            .app_hash = wire::hash_of(genesis),
            .header_ref = wire::header_ref(encode(genesis)),
            .time = genesis.time,
            .policy = genesis.policy};
}

/// What `Info` is at the tip, checked against the tree and the history log.
base::Result<Info> info_at_tip(const wire::Genesis& genesis, const BlockStore& blocks,
                               const state::StateTree& tree, const HistoryLog& history) {
    const auto tip = blocks.tip();
    if (!tip) return base::pass(tip);
    if (!*tip) return torn("there is a genesis but no tip");
    Info info = info_of_genesis(genesis);
    info.height = (*tip)->height;
    info.app_hash = (*tip)->hash;
    if (tree.empty() || tree.version() != info.height) {
        return torn("the state is not that of block " + std::to_string(info.height));
    }
    if (info.height == 0) return info;
    const auto block = blocks.block(info.height);
    if (!block) return base::pass(block);
    info.time = block->header.time;
    info.header_ref = wire::header_ref(block->header_bytes);
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

base::Result<void> Application::State::load() {
    auto opened = state::StateTree::open(ahead_store, options.tree);
    if (!opened) return base::pass(opened);
    tree = std::move(*opened);
    recent.forget();
    desk.forget_keys();
    auto log = HistoryLog::open(store);
    if (!log) return base::pass(log);
    history = std::move(*log);
    const auto genesis = blocks.genesis();
    if (!genesis) return base::pass(genesis);
    if (!*genesis) return {};
    auto info = info_at_tip(**genesis, blocks, *tree, *history);
    if (!info) return base::pass(info);
    publish(standing_after(std::move(*info)));
    return {};
}

base::Result<std::unique_ptr<Application>> Application::open(storage::KeyValueStore& store,
                                                             crypto::SignatureVerifier& verifier,
                                                             Options options) {
    auto state = std::make_unique<State>(store, verifier, options);
    if (auto loaded = state->load(); !loaded) return base::pass(loaded);
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
    static_cast<void>(state.desk.committed(changes, {}));
    state.publish(state.standing_after(info_of_genesis(genesis)));
    return {};
}

Info Application::info() const {
    return state_->snapshot().info;
}

Standing Application::standing() const {
    CHECK(state_->executed.has_value());
    return *state_->executed;
}

base::Result<Turn> Application::next_turn(std::uint32_t passed_over) const {
    const auto seen = state_->snapshot();
    if (passed_over == 0 || !seen.turn) return seen.turn;
    const VersionView view(*state_->tree, seen.info.height);
    return State::turn_after(view, seen.info, passed_over);
}

const BlockStore& Application::blocks() const {
    return state_->blocks;
}

base::Result<std::unique_ptr<SignatureBatch>> Application::gather(
    std::span<const base::Bytes> envelopes) {
    auto batch = SignatureBatch::decode(Envelopes(envelopes));
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
