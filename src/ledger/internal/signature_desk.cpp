// SPDX-License-Identifier: Apache-2.0
#include "ledger/internal/signature_desk.h"

#include "base/check.h"
#include "contracts/authenticity.h"
#include "crypto/merkle.h"

namespace ledger {

SignatureBatch::SignatureBatch() = default;
SignatureBatch::~SignatureBatch() = default;

base::Result<SignatureDesk::Found> SignatureDesk::decode(const base::Bytes& envelope) const {
    const wire::Hash256 leaf{crypto::merkle_leaf(envelope)};
    if (auto known = cache_.find(leaf)) return Found{.known = std::move(known), .fresh = {}};
    auto tx = wire::decode_transaction(envelope);
    if (!tx) return base::pass(tx);
    auto decoded = std::make_shared<Decoded>();
    decoded->leaf = leaf;
    decoded->id = wire::id_of_body(tx->body_bytes);
    decoded->body_ref = wire::body_ref(tx->body_bytes);
    decoded->good_under.resize(tx->signatures.size());
    decoded->tx = std::move(*tx);
    return Found{.known = {}, .fresh = std::move(decoded)};
}

base::Result<const std::optional<state::KeyRecord>*> SignatureDesk::key_of(
    const wire::LedgerId& id) {
    const auto found = keys_.find(id);
    if (found != keys_.end()) return &found->second;
    auto record = contracts::key_record_of(view_, id);
    if (!record) return base::pass(record);
    return &keys_.emplace(id, std::move(*record)).first->second;
}

void SignatureDesk::make_room() {
    if (keys_.size() > keys_max) keys_.clear();
}

void SignatureDesk::committed(const state::Changes& changes,
                              std::span<const crypto::Digest32> leaves) {
    // Keys of key records stand together in the order of keys.
    const base::Bytes first = state::key_of({});
    for (auto at = changes.lower_bound(first); at != changes.end(); ++at) {
        if (at->first.front() != first.front()) break;
        const auto id = wire::LedgerId::from(base::ByteView(at->first).subspan(1));
        CHECK(id.has_value());
        keys_.erase(*id);
    }
    for (const auto& leaf : leaves) cache_.drop(wire::Hash256{leaf});
}

base::Result<std::unique_ptr<SignatureBatch>> SignatureDesk::gather(
    std::span<const base::Bytes> envelopes) {
    make_room();
    auto batch = std::make_unique<SignatureBatch>();
    for (const auto& envelope : envelopes) {
        auto found = decode(envelope);
        if (!found) continue;  // finalize_block says why
        const auto& decoded = found->get();
        for (std::size_t i = 0; i < decoded.tx.signatures.size(); ++i) {
            const auto key = key_of(decoded.tx.signatures[i].signer);
            if (!key) return base::pass(key);
            if (!**key || decoded.good_under[i] == (**key)->public_key) continue;
            batch->asked_.push_back({.transaction = batch->transactions_.size(),
                                     .signature = i,
                                     .key = (**key)->public_key});
        }
        const bool any = !batch->asked_.empty() &&
                         batch->asked_.back().transaction == batch->transactions_.size();
        if (!any) continue;
        batch->transactions_.push_back(found->fresh ? std::move(found->fresh)
                                                    : std::make_shared<Decoded>(decoded));
    }
    batch->checks_.reserve(batch->asked_.size());
    for (const auto& asked : batch->asked_) {
        const auto& tx = batch->transactions_[asked.transaction]->tx;
        batch->checks_.push_back({.public_key = asked.key.view(),
                                  .message = tx.body_bytes,
                                  .signature = tx.signatures[asked.signature].value.view()});
    }
    return batch;
}

void SignatureDesk::remember(const SignatureBatch& batch, const std::vector<bool>& verdicts) {
    CHECK(verdicts.size() == batch.asked_.size());
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        const auto& asked = batch.asked_[i];
        if (!verdicts[i]) continue;
        batch.transactions_[asked.transaction]->good_under[asked.signature] = asked.key;
    }
    for (const auto& decoded : batch.transactions_) cache_.put(decoded);
}

base::Result<std::vector<SignatureDesk::Ready>> SignatureDesk::prepare(
    std::span<const base::Bytes> envelopes, crypto::SignatureVerifier& verifier) {
    make_room();
    std::vector<Ready> ready;
    ready.reserve(envelopes.size());
    struct Open {
        std::size_t transaction;
        std::size_t signer;
    };
    std::vector<Open> open;
    std::vector<crypto::SignatureCheck> checks;
    for (const auto& envelope : envelopes) {
        auto found = decode(envelope);
        if (!found) {
            ready.push_back({.decoded = base::pass(found), .signers = {}});
            continue;
        }
        std::shared_ptr<const Decoded> decoded =
            found->fresh ? std::move(found->fresh) : std::move(found->known);
        const auto& signatures = decoded->tx.signatures;
        std::vector<contracts::SignerState> signers;
        signers.reserve(signatures.size());
        for (std::size_t i = 0; i < signatures.size(); ++i) {
            const auto key = key_of(signatures[i].signer);
            if (!key) return base::pass(key);
            const bool good = **key && decoded->good_under[i] == (**key)->public_key;
            signers.push_back({.id = signatures[i].signer, .key = **key, .verified = good});
            if (**key && !good) open.push_back({.transaction = ready.size(), .signer = i});
        }
        ready.push_back({.decoded = std::move(decoded), .signers = std::move(signers)});
    }
    checks.reserve(open.size());
    for (const auto& [transaction, signer] : open) {
        const auto& one = ready[transaction];
        const auto& tx = (*one.decoded)->tx;
        checks.push_back({.public_key = one.signers[signer].key->public_key.view(),
                          .message = tx.body_bytes,
                          .signature = tx.signatures[signer].value.view()});
    }
    if (checks.empty()) return ready;
    const auto verdicts = verifier.verify(checks);
    CHECK(verdicts.size() == open.size());
    for (std::size_t i = 0; i < open.size(); ++i) {
        ready[open[i].transaction].signers[open[i].signer].verified = verdicts[i];
    }
    return ready;
}

}  // namespace ledger
