// SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>

#include "api/internal/views.h"

namespace api {
namespace json = boost::json;
namespace {

/// Collects the fields of one transaction, each with what it means to a reader.
class Fields {
public:
    void add(std::string_view name, std::string value, std::string_view meaning) {
        items_.emplace_back(
            json::object{{"name", name}, {"value", std::move(value)}, {"meaning", meaning}});
    }
    [[nodiscard]] json::array take() { return std::move(items_); }

    void operator()(const wire::Enrol& enrol) {
        add("subject", hex(enrol.subject), "The new number on the ledger");
        add("role", std::string(wire::name_of(enrol.role)), "What its holder may do");
        add("public_key", hex(enrol.public_key), "Checks the holder's signatures (P-256)");
        add("custody", std::string(wire::name_of(enrol.custody)),
            "Who holds the private key: the node, or the person's own device");
    }
    void operator()(const wire::RotateKey& rotate) {
        add("public_key", hex(rotate.public_key), "The key from the next block on (P-256)");
        add("custody", std::string(wire::name_of(rotate.custody)), "Who holds the private key");
    }
    void operator()(const wire::RevokeKey& revoke) {
        add("subject", hex(revoke.subject), "Whose key ends with this block");
    }
    void operator()(const wire::GrantConsent& grant) {
        add("grantee", hex(grant.grantee), "Who may read");
        add("category", std::string(wire::name_of(grant.category)), "What kind of record");
        add("purpose", std::string(wire::name_of(grant.purpose)), "For what");
        add("from", iso_time(grant.from), "From, included");
        add("until", iso_time(grant.until), "Until, not included");
        add("token_key_hash", hex(grant.token_key_hash),
            "Fingerprint of the key behind each report's patient_token");
    }
    void operator()(const wire::RevokeConsent& revoke) {
        add("consent", hex(revoke.consent), "The consent that ends with this block");
    }
    void operator()(const wire::ChangeMining& change) {
        add("subject", hex(change.subject), "The miner");
        add("standing", std::string(wire::name_of(change.standing)), "Whether it has turns");
    }
    void operator()(const wire::Evidence& evidence) {
        add("header_a", base::to_hex(evidence.header_a), "One block that the miner sealed");
        add("header_b", base::to_hex(evidence.header_b), "Another one at the same height");
    }
    void operator()(const wire::DestroyKey& destroy) {
        add("patient", hex(destroy.patient), "Whose record it was");
        add("content_id", base::to_hex(destroy.content_id.view()),
            "The record that nobody can open any more: CIDv1");
    }
    void operator()(const wire::ScheduleUpgrade& upgrade) {
        add("version", std::to_string(upgrade.version), "The rules that will be followed");
        add("height", std::to_string(upgrade.height), "From this block on");
    }
    void operator()(const wire::Certify& certify) {
        add("record_hash", hex(certify.record_hash),
            "Fingerprint of the record of a static key: whose, stands nowhere on the chain");
        add("event", std::string(wire::name_of(certify.event)),
            "Whether the record holds from this block on, or no longer");
    }
    void operator()(const wire::Report& report) {
        add("receiver", hex(report.receiver), "The doctor who approved it");
        add("patient", hex(report.patient), "The patient, by a random number");
        add("category", std::string(wire::name_of(report.category)), "What kind of record");
        add("personal_data", report.personal_data ? "yes" : "no",
            "Whether it carries personal data; the ledger refuses yes");
        add("header_hash", hex(report.header_hash), "The newest block when it was signed");
        add("consent", hex(report.consent), "The patient's consent that it rests on");
        add("patient_token", hex(report.patient_token),
            "Lets patient and cloud server recognise it; no signature");
        add("content_id", base::to_hex(report.content_id.view()),
            "Where the encrypted readings are kept: CIDv1");
        add("content_hash", hex(report.content_hash), "Salted fingerprint of the readings");
        add("readings_root", hex(report.readings_root), "Merkle root over every single reading");
        add("reading_count", std::to_string(report.reading_count), "How many readings");
        add("period_start", iso_time(report.period_start), "From, included");
        add("period_end", iso_time(report.period_end), "Until, not included");
    }

private:
    json::array items_;
};

base::Result<wire::Transaction> decode_at(const wire::Block& block, std::size_t index) {
    if (index >= block.transactions.size()) {
        return base::fail(base::ErrorCode::corrupted,
                          "block " + std::to_string(block.header.height) +
                              " does not hold the transaction that it should");
    }
    return wire::decode_transaction(block.transactions[index]);
}

}  // namespace

json::value Views::miner_index(const wire::LedgerId& id) const {
    const std::scoped_lock lock(mutex_);
    if (!miner_indices_.contains(id)) {
        const auto mining = chain::mining(parts_.blocks);
        if (!mining) return nullptr;  // shown as unknown; the block itself is not in doubt
        for (std::uint64_t i = 0; i < mining->miners.size(); ++i) {
            miner_indices_.insert_or_assign(mining->miners[i].id, i);
        }
    }
    const auto found = miner_indices_.find(id);
    return found == miner_indices_.end() ? json::value(nullptr) : json::value(found->second);
}

json::object Views::block_summary(const readmodel::BlockRow& row) const {
    return {{"height", row.height},
            {"hash", hex(row.hash)},
            {"time_ms", ms(row.time)},
            {"miner", hex(row.miner)},
            {"miner_index", miner_index(row.miner)},
            {"round", row.round},
            {"transactions", row.transactions}};
}

base::Result<json::object> Views::block(const readmodel::BlockRow& row) const {
    const auto block = parts_.blocks.block(row.height);
    if (!block) return base::pass(block);
    auto out = block_summary(row);
    const auto& header = block->header;
    out["previous_hash"] = hex(header.previous_hash);
    out["transactions_root"] = hex(header.transactions_root);
    out["state_root"] = hex(header.state_root);
    out["history_root"] = hex(header.history_root);
    out["history_size"] = header.history_size;
    out["signature"] = hex(block->seal.signature);
    json::array items;
    for (std::size_t i = 0; i < block->transactions.size(); ++i) {
        const auto tx = decode_at(*block, i);
        if (!tx) return base::pass(tx);
        items.emplace_back(json::object{{"id", hex(wire::id_of(*tx))},
                                        {"kind", wire::name_of(tx->body.action)},
                                        {"sender", hex(tx->body.sender)}});
    }
    out["items"] = std::move(items);
    return out;
}

base::Result<json::object> Views::transaction(const readmodel::TransactionRow& row) const {
    const auto block = parts_.blocks.block(row.height);
    if (!block) return base::pass(block);
    const auto tx = decode_at(*block, row.index);
    if (!tx) return base::pass(tx);
    Fields fields;
    fields.add("hash", hex(row.id), "SHA-512 of the signed bytes: its id");
    fields.add("chain_id", tx->body.chain_id, "The chain it is meant for");
    fields.add("sender", hex(tx->body.sender), "Who sent it");
    fields.add("sequence", std::to_string(tx->body.sequence),
               "The sender's own count: each is accepted once");
    fields.add("timestamp", iso_time(tx->body.timestamp), "When it was signed, by the sender");
    std::visit(fields, tx->body.action);
    bool program = false;
    json::array signatures;
    for (const auto& signature : tx->signatures) {
        const auto key = chain::key_of(parts_.blocks, signature.signer);
        json::object item{{"signer", hex(signature.signer)},
                          {"role", nullptr},
                          {"custody", nullptr},
                          {"value", hex(signature.value)}};
        if (key) {
            item["role"] = wire::name_of(key->role);
            item["custody"] = wire::name_of(key->custody);
            program = program || key->role == wire::Role::demo_program;
        }
        signatures.emplace_back(std::move(item));
    }
    return json::object{{"id", hex(row.id)},
                        {"kind", wire::name_of(tx->body.action)},
                        {"height", row.height},
                        {"index", row.index},
                        {"time_ms", ms(block->header.time)},
                        {"size_bytes", block->transactions[row.index].size()},
                        {"fields", fields.take()},
                        {"signatures", std::move(signatures)},
                        {"program", program}};
}

json::object Views::mining(const chain::MiningView& mining,
                           const std::optional<chain::FairnessView>& last_round) const {
    constexpr std::size_t upcoming_max = 5;
    json::array upcoming;
    for (const auto index : mining.coming) {
        if (upcoming.size() == upcoming_max) break;
        upcoming.emplace_back(index);
    }
    json::value fairness = nullptr;
    if (last_round) {
        std::uint64_t mined = 0;
        std::uint64_t forfeited = 0;
        for (const auto& miner : last_round->miners) {
            mined += miner.turns;
            forfeited += miner.forfeits;
        }
        fairness = json::object{{"round", last_round->round},
                                {"first_height", last_round->first_height},
                                {"last_height", last_round->last_height},
                                {"mined", mined},
                                {"forfeited", forfeited}};
    }
    return {{"engine", wire::name_of(mining.engine)},
            {"quorum", wire::name_of(mining.quorum)},
            {"round", mining.round},
            {"next", mining.coming.empty() ? json::value(nullptr) : json::value(mining.next)},
            {"upcoming", std::move(upcoming)},
            {"last_round", std::move(fairness)},
            {"miners", miners(mining)}};
}

json::object Views::orphan(const chain::Orphan& orphan) const {
    return {{"height", orphan.height},
            {"header", hex(orphan.header)},
            {"parent", hex(orphan.parent)},
            {"miner", hex(orphan.miner)},
            {"miner_index", miner_index(orphan.miner)},
            {"reason", chain::name_of(orphan.reason)},
            {"approvals", orphan.approvals},
            {"needed", orphan.needed}};
}

json::array Views::miners(const chain::MiningView& mining) const {
    json::array out;
    for (std::uint64_t i = 0; i < mining.miners.size(); ++i) {
        const auto& miner = mining.miners[i];
        out.emplace_back(json::object{{"id", hex(miner.id)},
                                      {"index", i},
                                      {"blocks", miner.turns},
                                      {"mined_this_round", miner.last_round == mining.round},
                                      {"standing", wire::name_of(miner.standing)},
                                      {"joined_height", miner.joined_height},
                                      {"forfeits", miner.forfeits},
                                      {"kept", miner.passes > 0}});
    }
    return out;
}

}  // namespace api
