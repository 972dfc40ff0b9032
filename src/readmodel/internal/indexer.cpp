// SPDX-License-Identifier: Apache-2.0
#include "readmodel/internal/indexer.h"

#include "readmodel/internal/rows.h"

namespace readmodel {
namespace keys {
namespace {
base::Bytes with_prefix(std::string_view prefix, base::ByteView more = {}) {
    base::Bytes out;
    base::append(out, base::as_bytes(prefix));
    base::append(out, more);
    return out;
}
}  // namespace

base::Bytes head() {
    return with_prefix("readmodel/head");
}
base::Bytes block(wire::Height height) {
    auto out = with_prefix("readmodel/block/");
    base::append_u64(out, height);
    return out;
}
base::Bytes header_hash(base::ByteView prefix) {
    return with_prefix("readmodel/hash/", prefix);
}
base::Bytes transaction(base::ByteView prefix) {
    return with_prefix("readmodel/tx/", prefix);
}
base::Bytes consents_of(const wire::LedgerId& patient) {
    return with_prefix("readmodel/consent/", patient.view());
}
base::Bytes consent_by_ref(const wire::Hash256& ref) {
    return with_prefix("readmodel/ref/", ref.view());
}
base::Bytes reports_of(const wire::LedgerId& patient) {
    return with_prefix("readmodel/report/", patient.view());
}
/// Where the key of the one grant stands that holds for this grantee, category and purpose.
static base::Bytes open_grant(const wire::LedgerId& patient, const wire::GrantConsent& grant) {
    auto out = with_prefix("readmodel/open/", patient.view());
    base::append(out, grant.grantee.view());
    out.push_back(static_cast<std::uint8_t>(grant.category));
    out.push_back(static_cast<std::uint8_t>(grant.purpose));
    return out;
}
static base::Bytes in_order(base::Bytes prefix, const TransactionRow& row) {
    base::append_u64(prefix, row.height);
    base::append_u32(prefix, row.index);
    return prefix;
}
}  // namespace keys

base::Bytes encode(const Head& head) {
    base::Bytes out;
    base::append_u64(out, head.height);
    base::append(out, head.hash.view());
    base::append_u64(out, head.transactions);
    return out;
}

base::Result<Head> decode_head(base::ByteView bytes) {
    RowReader reader(bytes);
    Head head;
    head.height = reader.u64();
    head.hash = reader.fixed<wire::HeaderHash>();
    head.transactions = reader.u64();
    if (!reader.done()) {
        return base::fail(base::ErrorCode::corrupted, "the read model's head does not read");
    }
    return head;
}

void Indexer::put(base::Bytes key, base::Bytes value) {
    pending_.insert_or_assign(std::move(key), std::move(value));
}

base::Result<std::optional<base::Bytes>> Indexer::get(const base::Bytes& key) const {
    if (const auto found = pending_.find(key); found != pending_.end()) return found->second;
    return store_.get(key);
}

base::Result<BlockRow> Indexer::add(const wire::Block& block) {
    const auto height = block.header.height;
    // The first block's predecessor is the genesis, which the model does not know.
    const bool fits = height == head_.height + 1 &&
                      (head_.height == 0 || block.header.previous_hash == head_.hash);
    if (!fits) {
        return base::fail(base::ErrorCode::corrupted,
                          "block " + std::to_string(height) +
                              " does not follow the read model's block " +
                              std::to_string(head_.height) + "; delete the read model's folder");
    }
    BlockRow row{.height = height,
                 .hash = wire::hash_of_header(block.header_bytes),
                 .time = block.header.time,
                 .miner = block.header.miner,
                 .round = block.seal.round,
                 .transactions = static_cast<std::uint32_t>(block.transactions.size())};
    for (std::uint32_t index = 0; index < row.transactions; ++index) {
        const auto tx = wire::decode_transaction(block.transactions[index]);
        if (!tx) {
            return base::fail(base::ErrorCode::corrupted,
                              "transaction " + std::to_string(index) + " of block " +
                                  std::to_string(height) + ": " + tx.error().detail);
        }
        const TransactionRow place{.id = wire::id_of(*tx), .height = height, .index = index};
        if (const auto added = add_transaction(*tx, place); !added) return base::pass(added);
    }
    put(keys::block(height), encode(row));
    base::Bytes height_bytes;
    base::append_u64(height_bytes, height);
    put(keys::header_hash(row.hash.view()), std::move(height_bytes));
    head_ = {height, row.hash, head_.transactions + row.transactions};
    return row;
}

base::Result<void> Indexer::add_transaction(const wire::Transaction& tx,
                                            const TransactionRow& row) {
    put(keys::transaction(row.id.view()), encode(row));
    if (std::holds_alternative<wire::GrantConsent>(tx.body.action)) return add_grant(tx, row);
    if (const auto* revoke = std::get_if<wire::RevokeConsent>(&tx.body.action)) {
        const auto consent_key = get(keys::consent_by_ref(revoke->consent));
        if (!consent_key) return base::pass(consent_key);
        if (consent_key->has_value()) return end_consent(**consent_key, row.height);
        return base::fail(base::ErrorCode::corrupted,
                          "block " + std::to_string(row.height) +
                              " withdraws a consent that no block before it holds");
    }
    if (const auto* report = std::get_if<wire::Report>(&tx.body.action)) {
        put(keys::in_order(keys::reports_of(report->patient), row), encode(row));
    }
    return {};
}

base::Result<void> Indexer::add_grant(const wire::Transaction& tx, const TransactionRow& row) {
    const auto& grant = std::get<wire::GrantConsent>(tx.body.action);
    const auto open_key = keys::open_grant(tx.body.sender, grant);
    const auto replaced = get(open_key);
    if (!replaced) return base::pass(replaced);
    if (replaced->has_value()) {
        if (const auto ended = end_consent(**replaced, row.height); !ended) return ended;
    }
    const ConsentRow consent{.ref = wire::body_ref(tx.body_bytes),
                             .transaction = row.id,
                             .patient = tx.body.sender,
                             .grantee = grant.grantee,
                             .category = grant.category,
                             .purpose = grant.purpose,
                             .from = grant.from,
                             .until = grant.until,
                             .granted_height = row.height,
                             .ended_height = std::nullopt};
    const auto key = keys::in_order(keys::consents_of(tx.body.sender), row);
    put(key, encode(consent));
    put(keys::consent_by_ref(consent.ref), key);
    put(open_key, key);
    return {};
}

base::Result<void> Indexer::end_consent(const base::Bytes& consent_key, wire::Height height) {
    const auto value = get(consent_key);
    if (!value) return base::pass(value);
    if (!value->has_value()) {
        return base::fail(base::ErrorCode::corrupted, "the read model lost a consent's row");
    }
    auto consent = decode_consent_row(**value);
    if (!consent) return base::pass(consent);
    if (consent->ended_height) return {};
    consent->ended_height = height;
    put(consent_key, encode(*consent));
    return {};
}

base::Result<void> Indexer::write() {
    put(keys::head(), encode(head_));
    storage::WriteBatch batch;
    for (auto& [key, value] : pending_) batch.put(key, std::move(value));
    pending_.clear();
    return store_.write(batch);
}

}  // namespace readmodel
