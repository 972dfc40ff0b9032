// SPDX-License-Identifier: Apache-2.0
// What must hold after the steps.
#include <fmt/format.h>

#include <algorithm>

#include "abci_world.h"
#include "base/check.h"
#include "chain/queries.h"
#include "crypto/merkle.h"
#include "ledger/history_log.h"
#include "state/keys.h"
#include "state/tree.h"
#include "state/values.h"

namespace sim {

using base::ErrorCode;

namespace {

std::vector<crypto::Digest32> leaves_of(const Decided& entry) {
    std::vector<crypto::Digest32> leaves;
    for (std::size_t i = 0; i < entry.drafts.size(); ++i) {
        if (!entry.verdicts[i]) leaves.push_back(crypto::merkle_leaf(entry.drafts[i]->envelope));
    }
    return leaves;
}

wire::Header header_of(const Decided& entry) {
    auto header = wire::decode_header(entry.header_bytes);
    require(header.has_value(), "a header does not decode");
    return *header;
}

/// A replica that let go of old blocks does not know where an old transaction is; it refuses it for
/// whatever reason comes first.
bool forgot(const Replica& replica, const Verdict& expected, const ledger::TxResult& result) {
    return replica.first_known > 0 && expected == ErrorCode::already_committed && result.code != 0;
}

}  // namespace

/// The model's verdicts, and the same bytes as the first replica's.
void AbciWorld::check_finalized(const Replica& replica, const Decided& entry,
                                const ledger::Finalized& finalized) const {
    require(finalized.results.size() == entry.drafts.size(), "not one result a transaction");
    for (std::size_t i = 0; i < entry.drafts.size(); ++i) {
        const auto& result = finalized.results[i];
        const auto& first = entry.results[i];
        const auto expected =
            entry.verdicts[i] ? static_cast<std::uint32_t>(*entry.verdicts[i]) : 0U;
        const bool right = entry.drafts[i]->damaged ? result.code != 0 : result.code == expected;
        require(right || forgot(replica, entry.verdicts[i], result),
                fmt::format("{}, height {}, transaction {} ({}): code {} ({}), expected {}",
                            replica.name(), entry.candidate.height, i,
                            wire::name_of(entry.drafts[i]->body.action), result.code, result.detail,
                            expected));
        const bool same =
            result.code == first.code && result.id == first.id && result.place == first.place;
        // Where an old transaction is may be forgotten; no block depends on it.
        const bool old = entry.verdicts[i] == ErrorCode::already_committed;
        require(same || old, replica.name() + " has another result than the first replica");
    }
    require(finalized.header_bytes == entry.header_bytes,
            replica.name() + " has another header than the first replica");
    require(finalized.app_hash == entry.app_hash,
            replica.name() + " has another app hash than the first replica");
}

void AbciWorld::check_checked(const Replica& replica, const Draft& draft,
                              const ledger::TxResult& result) {
    if (!at_tip(replica) || replica.finalized) return;  // the model knows the tip alone
    Model trial = model_;
    auto candidate = candidate_of({}, 0);
    candidate.time = std::max(now_, tip_time());
    trial.begin({.height = candidate.height,
                 .time = candidate.time,
                 .passed_over = 0,
                 .miner = candidate.miner});
    const Verdict expected = draft.damaged ? ErrorCode::malformed : trial.take(draft);
    const auto code = expected ? static_cast<std::uint32_t>(*expected) : 0U;
    const bool right = draft.damaged ? result.code != 0 : result.code == code;
    require(right || forgot(replica, expected, result),
            fmt::format("{}: check_tx of {} says {} ({}), expected {}", replica.name(),
                        wire::name_of(draft.body.action), result.code, result.detail, code));
}

/// What a header must say, without asking the ledger.
void AbciWorld::check_header(const Decided& entry) const {
    const auto header = header_of(entry);
    const bool first = entry_of_height_.empty();
    const auto below =
        first ? wire::hash_of(workload_.genesis()) : decided_[entry_of_height_.back()].app_hash;
    require(header.previous_hash == below, "the header does not stand on the one below");
    require(header.height == entry.candidate.height && header.time == entry.candidate.time &&
                header.miner == entry.candidate.miner &&
                header.chain_id == workload_.genesis().chain_id,
            "the header says other things than the candidate");
    const auto leaves = leaves_of(entry);
    require(header.transactions_root.bytes == crypto::merkle_root(leaves),
            "the root of the transactions is not theirs");
    const auto size_below = first ? 0 : header_of(decided_[entry_of_height_.back()]).history_size;
    require(header.history_size == size_below + leaves.size(), "the size of the history is wrong");
    require(entry.app_hash == wire::hash_of_header(entry.header_bytes),
            "the app hash is not that of the header");
}

/// Acknowledged means on disk, and what is on disk was decided.
void AbciWorld::check_start(Replica& replica) {
    const auto info = replica.app().info();
    say(fmt::format("{} info {}", replica.name(), info.height));
    require(info.height >= replica.acknowledged,
            fmt::format("{} lost blocks: it acknowledged {} and starts with {}", replica.name(),
                        replica.acknowledged, info.height));
    require(info.height <= decided_height(), replica.name() + " is ahead of what was decided");
    if (info.height == 0) {
        require(info.app_hash == wire::hash_of(workload_.genesis()), "another genesis");
        replica.applied = 0;
        return;
    }
    const auto entry = entry_of_height_[info.height - 1];
    require(info.app_hash == decided_[entry].app_hash,
            replica.name() + " starts with another app hash than was decided");
    replica.acknowledged = info.height;
    replica.applied = entry + 1;
}

/// The log only grows: what it was is a prefix of what it is, and each leaf is where it was.
void AbciWorld::check_history(Replica& replica) {
    const auto height = replica.app().info().height;
    if (height == 0) return;
    const auto log = ledger::HistoryLog::open(replica.disk());
    require(log.has_value(), "the history log does not open");
    const auto later = header_of(decided_[entry_of_height_[height - 1]]);
    const auto first = std::max<wire::Height>(replica.first_known, 1);
    if (replica.restored && first == height) return;  // the leaves begin above it
    const auto from = first + (replica.restored ? 1 : 0);
    const auto& entry = decided_[entry_of_height_[dice_.between(from, height) - 1]];
    const auto earlier = header_of(entry);
    const auto path = (*log)->consistency_path(earlier.history_size, later.history_size);
    require(path.has_value(), "there is no consistency proof");
    std::vector<crypto::Digest32> hashes;
    for (const auto& hash : *path) hashes.push_back(hash.bytes);
    require(crypto::verify_merkle_consistency(earlier.history_size, earlier.history_root.bytes,
                                              later.history_size, later.history_root.bytes, hashes),
            "a consistency proof does not verify");
    const auto leaves = leaves_of(entry);
    const auto index = dice_.below(leaves.size());
    const auto place = earlier.history_size - leaves.size() + index;
    const auto inclusion = (*log)->inclusion_path(place, later.history_size);
    require(inclusion.has_value(), "there is no inclusion proof");
    hashes.clear();
    for (const auto& hash : *inclusion) hashes.push_back(hash.bytes);
    require(crypto::verify_merkle_path(leaves[index], place, later.history_size, hashes,
                                       later.history_root.bytes),
            "an inclusion proof does not verify");
    say(fmt::format("{} proves {} in {}", replica.name(), place, later.history_size));
}

/// Committed state answers as the history says, now and as of an earlier height.
void AbciWorld::check_queries(Replica& replica) {
    const auto height = replica.app().info().height;
    const auto past = dice_.between(std::max<wire::Height>(replica.first_known, 1), height + 1);
    const auto asked = past > height ? 0 : past;  // 0: the newest
    const auto& consents = consents_at_[asked == 0 ? height : asked];
    for (int i = 0; i < 3 && !consents.empty(); ++i) {
        auto at = consents.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(dice_.below(consents.size())));
        const auto& [grant, consent] = *at;
        const chain::ConsentQuestion question{.patient = grant.patient,
                                              .readers = {grant.grantee},
                                              .category = grant.category,
                                              .purpose = grant.purpose,
                                              .at = now_};
        const auto answer =
            replica.app().query(chain::path::consent, chain::encoding::encode(question), asked);
        require(answer.has_value() == consent.stands_at(now_),
                "the query on a consent disagrees with its history");
        require(answer || answer.error().code == ErrorCode::consent_missing,
                "a query failed: " + (answer ? "" : answer.error().detail));
    }
    say(fmt::format("{} answers as of {}", replica.name(), asked));
}

/// All of the model, read from the state.
void AbciWorld::check_state(Replica& replica) {
    const auto tree = state::StateTree::open(replica.disk());
    require(tree.has_value(), "the state does not open");
    const auto get = [&](const base::Bytes& key) {
        const auto value = (*tree)->get(key);
        require(value.has_value() && value->has_value(), "the state lacks a record");
        return **value;
    };
    for (const auto& [id, member] : model_.members()) {
        const auto record = state::decode_key_record(get(state::key_of(id)));
        require(record && record->role == member.role && record->public_key == member.public_key &&
                    record->valid_from == member.valid_from &&
                    record->valid_until == member.valid_until,
                "a key record is not what the history says");
    }
    for (const auto& [grant, consent] : model_.consents()) {
        const auto record = state::decode_consent_record(
            get(state::consent_of({grant.patient, grant.grantee, grant.category, grant.purpose})));
        require(record && record->consent == consent.ref && record->from == consent.from &&
                    record->until == consent.until && record->granted_height == consent.granted &&
                    record->revoked_height == consent.revoked,
                "a consent record is not what the history says");
    }
    for (const auto& [id, miner] : model_.miners()) {
        const auto index = state::decode_miner_index(get(state::miner_index_of(id)));
        require(index.has_value(), "a miner's index does not decode");
        const auto record = state::decode_miner_record(get(state::miner_at(*index)));
        require(record && record->id == id && record->standing == miner.standing,
                "a miner's record is not what the history says");
    }
    for (const auto& content_id : model_.destroyed()) (void)get(state::tombstone_of(content_id));
    for (const auto& [hash, certified] : model_.certified()) {
        const auto record = state::decode_certification_record(get(state::certification_of(hash)));
        require(record && record->certifier == certified.by &&
                    record->certified_height == certified.at &&
                    record->revoked_height == certified.revoked,
                "a certification is not what the history says");
    }
    for (const auto& [id, sequences] : model_.sequences()) {
        const auto record = state::decode_sequence_record(get(state::sequence_of(id)));
        require(record && record->highest() == sequences.highest,
                "a sequence record is not what the history says");
    }
}

void AbciWorld::require_agreement() {
    std::optional<crypto::Digest32> content;
    for (const auto& replica : replicas_) {
        require(at_tip(*replica), replica->name() + " is not at the tip");
        const auto info = replica->app().info();
        require(info.height == decided_height(), "another height at the end");
        if (!decided_.empty()) {
            require(info.app_hash == decided_.back().app_hash, "another app hash at the end");
        }
        check_turns(*replica);
        if (!replica->plain) continue;
        const auto stored = replica->disk().content();
        if (!content) content = stored;
        require(stored == *content, "the stores differ at the end");
    }
    auto& one = *dice_.pick(replicas_);
    check_state(one);
    check_history(one);
    check_queries(one);
    model_.turns().require_fair();
    say("agreed on " + base::to_hex(content.value_or(crypto::Digest32{})));
}

/// The O(1) state names whom the search of the history names, however many are absent.
void AbciWorld::check_turns(Replica& replica) {
    const auto& turns = model_.turns();
    for (std::uint32_t absent = 0; absent <= turns.passed_over_max(); ++absent) {
        const auto turn = replica.app().next_turn(absent);
        const auto expected = turns.next(absent);
        require(turn && turn->miner == expected->miner && turn->round == expected->round,
                fmt::format("the ledger and the search of the history name different miners "
                            "after {} absent ones",
                            absent));
    }
    require(!replica.app().next_turn(turns.passed_over_max() + 1).has_value(),
            "more can be passed over than the rule says");
}

}  // namespace sim
