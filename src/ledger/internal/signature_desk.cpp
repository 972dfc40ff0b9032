// SPDX-License-Identifier: Apache-2.0
#include "ledger/internal/signature_desk.h"

#include "base/check.h"
#include "contracts/authenticity.h"
#include "crypto/merkle.h"

namespace ledger {

SignatureBatch::SignatureBatch() = default;
SignatureBatch::~SignatureBatch() = default;

base::Result<std::shared_ptr<const Decoded>> SignatureDesk::decode(
    const base::Bytes& envelope) const {
    const auto leaf = wire::Hash256{crypto::merkle_leaf(envelope)};
    if (auto known = cache_.find(leaf)) return known;
    auto tx = wire::decode_transaction(envelope);
    if (!tx) return base::pass(tx);
    auto decoded = std::make_shared<Decoded>();
    decoded->leaf = leaf;
    decoded->id = wire::id_of_body(tx->body_bytes);
    decoded->body_ref = wire::body_ref(tx->body_bytes);
    decoded->good_under.resize(tx->signatures.size());
    decoded->tx = std::move(*tx);
    return decoded;
}

base::Result<const std::optional<state::KeyRecord>*> SignatureDesk::key_of(
    const wire::LedgerId& id, const state::StateView& view, Keys& keys) {
    const auto found = keys.find(id);
    if (found != keys.end()) return &found->second;
    auto record = contracts::key_record_of(view, id);
    if (!record) return base::pass(record);
    return &keys.emplace(id, std::move(*record)).first->second;
}

base::Result<std::unique_ptr<SignatureBatch>> SignatureDesk::gather(
    std::span<const base::Bytes> envelopes, const state::StateView& view) {
    auto batch = std::make_unique<SignatureBatch>();
    Keys keys;
    for (const auto& envelope : envelopes) {
        const auto decoded = decode(envelope);
        if (!decoded) continue;  // finalize_block says why
        const auto& signatures = (*decoded)->tx.signatures;
        std::shared_ptr<Decoded> copy;
        for (std::size_t i = 0; i < signatures.size(); ++i) {
            const auto key = key_of(signatures[i].signer, view, keys);
            if (!key) return base::pass(key);
            if (!**key || (*decoded)->good_under[i] == (**key)->public_key) continue;
            if (!copy) {
                copy = std::make_shared<Decoded>(**decoded);
                batch->transactions_.push_back(copy);
            }
            batch->asked_.push_back({.transaction = batch->transactions_.size() - 1,
                                     .signature = i,
                                     .key = (**key)->public_key});
        }
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
    std::span<const base::Bytes> envelopes, const state::StateView& view,
    crypto::SignatureVerifier& verifier) {
    std::vector<Ready> ready;
    ready.reserve(envelopes.size());
    struct Open {
        std::size_t transaction;
        std::size_t signer;
    };
    std::vector<Open> open;
    std::vector<crypto::SignatureCheck> checks;
    Keys keys;
    for (const auto& envelope : envelopes) {
        ready.push_back({.decoded = decode(envelope), .signers = {}});
        auto& one = ready.back();
        if (!one.decoded) continue;
        const auto& signatures = (*one.decoded)->tx.signatures;
        for (std::size_t i = 0; i < signatures.size(); ++i) {
            const auto key = key_of(signatures[i].signer, view, keys);
            if (!key) return base::pass(key);
            const bool good = **key && (*one.decoded)->good_under[i] == (**key)->public_key;
            one.signers.push_back({.id = signatures[i].signer, .key = **key, .verified = good});
            if (**key && !good) open.push_back({.transaction = ready.size() - 1, .signer = i});
        }
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
