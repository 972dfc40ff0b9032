// SPDX-License-Identifier: Apache-2.0
#include "ledger/internal/signature_desk.h"

#include "base/check.h"
#include "contracts/authenticity.h"
#include "crypto/merkle.h"
#include "wire/batch.h"

namespace ledger {

base::Result<std::shared_ptr<Decoded>> decode_envelope(base::ByteView envelope,
                                                       const wire::Hash256& leaf) {
    auto tx = wire::decode_transaction(envelope);
    if (!tx) return base::pass(tx);
    auto decoded = std::make_shared<Decoded>();
    decoded->leaf = leaf;
    decoded->id = wire::id_of_body(tx->body_bytes);
    decoded->body_ref = wire::body_ref(tx->body_bytes);
    if (tx->batch) {
        decoded->batch_message = wire::batch_message(wire::batch_root(*tx), tx->batch->size);
    }
    decoded->verdicts.resize(tx->signatures.size());
    decoded->tx = std::move(*tx);
    return decoded;
}

Envelopes::Envelopes(std::span<const base::Bytes> bytes, std::span<const wire::Hash256> leaves)
    : bytes_(bytes), leaves_(leaves) {
    CHECK(leaves.empty() || leaves.size() == bytes.size());
}

wire::Hash256 Envelopes::leaf(std::size_t index) const {
    return leaves_.empty() ? wire::Hash256{crypto::merkle_leaf(bytes_[index])} : leaves_[index];
}

SignatureBatch::SignatureBatch() = default;
SignatureBatch::~SignatureBatch() = default;

std::unique_ptr<SignatureBatch> SignatureBatch::decode(const Envelopes& envelopes) {
    auto batch = std::make_unique<SignatureBatch>();
    batch->transactions_.reserve(envelopes.size());
    for (std::size_t i = 0; i < envelopes.size(); ++i) {
        auto decoded = decode_envelope(envelopes[i], envelopes.leaf(i));
        if (decoded) batch->transactions_.push_back(std::move(*decoded));
    }
    return batch;
}

void SignatureBatch::collect_checks() {
    // What was asked of a batch signature first, by the signature.
    base::LookupTable<wire::SignatureBytes, std::size_t> of_batches;
    for (auto& asked : asked_) {
        const auto& decoded = *transactions_[asked.transaction];
        const auto& signature = decoded.tx.signatures[asked.signature];
        const auto message = decoded.message(asked.signature);
        asked.check = checks_.size();
        if (signature.over_batch) {
            const auto* const first = of_batches.find(signature.value);
            if (first == nullptr) {
                of_batches.put(signature.value, checks_.size());
            } else if (const auto& same = checks_[*first];
                       base::BytesEqual{}(same.public_key, asked.key.view()) &&
                       base::BytesEqual{}(same.message, message)) {
                asked.check = *first;
                continue;
            }
        }
        checks_.push_back({.public_key = asked.key.view(),
                           .message = message,
                           .signature = signature.value.view()});
    }
}

base::Result<std::shared_ptr<Decoded>> SignatureDesk::find_or_decode(
    const base::Bytes& envelope, const wire::Hash256& leaf) const {
    if (auto known = cache_.find(leaf)) return known;
    return decode_envelope(envelope, leaf);
}

base::Result<std::optional<state::KeyRecord>> SignatureDesk::key_of(const wire::LedgerId& id) {
    if (const auto* known = keys_.find(id)) return *known;
    auto record = contracts::key_record_of(view_, id);
    if (!record || !*record) return record;
    if (keys_.size() >= keys_max) keys_.clear();
    keys_.put(id, **record);
    return record;
}

base::Result<void> SignatureDesk::ask(const std::shared_ptr<Decoded>& decoded,
                                      SignatureBatch& batch) {
    bool any_key = false;
    bool open = false;
    for (std::size_t i = 0; i < decoded->tx.signatures.size(); ++i) {
        const auto& signature = decoded->tx.signatures[i];
        const auto record = key_of(signature.signer);
        if (!record) return base::pass(record);
        if (!*record) continue;
        any_key = true;
        const auto& key = (*record)->public_key;
        if (decoded->verdict(i, key)) continue;
        if (signature.over_batch && batches_.knows(signature.value, key, decoded->message(i))) {
            decoded->verdicts[i] = {.key = key, .good = true};
            continue;
        }
        open = true;
        batch.asked_.push_back(
            {.transaction = batch.transactions_.size(), .signature = i, .check = 0, .key = key});
    }
    if (open) {
        batch.transactions_.push_back(decoded);
    } else if (any_key) {
        cache_.put(decoded);
    }
    return {};
}

base::Result<void> SignatureDesk::gather(SignatureBatch& batch) {
    CHECK(batch.checks_.empty());
    const auto decoded = std::exchange(batch.transactions_, {});
    batch.transactions_.reserve(decoded.size());
    for (const auto& one : decoded) {
        const auto known = cache_.find(one->leaf);
        if (auto asked = ask(known ? known : one, batch); !asked) return asked;
    }
    batch.collect_checks();
    return {};
}

void SignatureDesk::remember(const SignatureBatch& batch, const std::vector<bool>& verdicts) {
    CHECK(verdicts.size() == batch.checks_.size());
    for (const auto& asked : batch.asked_) {
        auto& decoded = *batch.transactions_[asked.transaction];
        const bool good = verdicts[asked.check];
        decoded.verdicts[asked.signature] = {.key = asked.key, .good = good};
        const auto& signature = decoded.tx.signatures[asked.signature];
        if (!good || !signature.over_batch) continue;
        const auto message = decoded.message(asked.signature);
        if (batches_.knows(signature.value, asked.key, message)) continue;
        batches_.put(signature.value, asked.key, message);
    }
    for (const auto& decoded : batch.transactions_) cache_.put(decoded);
}

base::Result<std::vector<contracts::SignerState>> SignatureDesk::signers_of(
    const Decoded& decoded) {
    std::vector<contracts::SignerState> signers;
    signers.reserve(decoded.tx.signatures.size());
    for (std::size_t i = 0; i < decoded.tx.signatures.size(); ++i) {
        const auto& id = decoded.tx.signatures[i].signer;
        auto key = key_of(id);
        if (!key) return base::pass(key);
        const bool good = *key && decoded.verdict(i, (*key)->public_key) == true;
        signers.push_back({.id = id, .key = std::move(*key), .verified = good});
    }
    return signers;
}

base::Result<std::vector<SignatureDesk::Ready>> SignatureDesk::prepare(
    const Envelopes& envelopes, crypto::SignatureVerifier& verifier) {
    std::vector<Ready> ready;
    ready.reserve(envelopes.size());
    SignatureBatch open;
    for (std::size_t i = 0; i < envelopes.size(); ++i) {
        auto decoded = find_or_decode(envelopes[i], envelopes.leaf(i));
        if (decoded) {
            if (auto asked = ask(*decoded, open); !asked) return base::pass(asked);
        }
        ready.push_back({.decoded = std::move(decoded), .signers = {}});
    }
    open.collect_checks();
    if (!open.checks_.empty()) remember(open, verifier.verify(open.checks_));
    for (auto& one : ready) {
        if (!one.decoded) continue;
        auto signers = signers_of(**one.decoded);
        if (!signers) return base::pass(signers);
        one.signers = std::move(*signers);
    }
    return ready;
}

base::Result<std::vector<SignatureDesk::Ready>> SignatureDesk::recheck(const Envelopes& envelopes) {
    std::vector<Ready> ready;
    ready.reserve(envelopes.size());
    for (std::size_t at = 0; at < envelopes.size(); ++at) {
        auto decoded = find_or_decode(envelopes[at], envelopes.leaf(at));
        if (!decoded) {
            ready.push_back({.decoded = std::move(decoded), .signers = {}});
            continue;
        }
        auto signers = signers_of(**decoded);
        if (!signers) return base::pass(signers);
        for (std::size_t i = 0; i < signers->size(); ++i) {
            auto& signer = (*signers)[i];
            if (signer.key && !(*decoded)->verdicts[i]) signer.verified = true;
        }
        ready.push_back({.decoded = std::move(decoded), .signers = std::move(*signers)});
    }
    return ready;
}

SignatureDesk::Spent SignatureDesk::committed(const state::Changes& changes,
                                              std::span<const crypto::Digest32> leaves) {
    // Keys of key records stand together in the order of keys.
    const base::Bytes first = state::key_of({});
    for (auto at = changes.lower_bound(first); at != changes.end(); ++at) {
        if (at->first.front() != first.front()) break;
        const auto id = wire::LedgerId::from(base::ByteView(at->first).subspan(1));
        CHECK(id.has_value());
        keys_.erase(*id);
    }
    Spent spent;
    spent.reserve(leaves.size());
    for (const auto& leaf : leaves) {
        if (auto known = cache_.take(wire::Hash256{leaf})) spent.push_back(std::move(known));
    }
    return spent;
}

}  // namespace ledger
