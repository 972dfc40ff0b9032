// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/lookup_table.h"
#include "wire/ids.h"
#include "wire/transaction.h"

namespace ledger {

/// An envelope that decoded, with its names and what is known of its signatures.
struct Decoded {
    wire::Transaction tx;
    wire::Hash256 leaf;  ///< RFC 9162 leaf hash of the whole envelope, signatures included.
    wire::TxId id;
    wire::Hash256 body_ref;
    base::Bytes batch_message;  ///< What signatures over a batch cover; empty without a batch.
    struct Verdict {
        wire::PublicKeyBytes key;
        bool good = false;  ///< Under that key.
    };
    /// One a signature; nothing where none is known yet.
    std::vector<std::optional<Verdict>> verdicts;

    /// What is known of signature `index` under `key`.
    [[nodiscard]] std::optional<bool> verdict(std::size_t index,
                                              const wire::PublicKeyBytes& key) const {
        const auto& known = verdicts[index];
        if (!known || known->key != key) return std::nullopt;
        return known->good;
    }
    /// The bytes that signature `index` covers.
    [[nodiscard]] base::ByteView message(std::size_t index) const {
        return tx.signatures[index].over_batch ? batch_message : tx.body_bytes;
    }
};

/// `leaf`: that of the envelope. Errors: those of `wire::decode_transaction`. Any thread.
[[nodiscard]] base::Result<std::shared_ptr<Decoded>> decode_envelope(base::ByteView envelope,
                                                                     const wire::Hash256& leaf);

/// Keeps the newest `entries_max` of what is put, the oldest leave first.
template <class Key, class Value>
class Newest {
public:
    explicit Newest(std::size_t entries_max) : entries_max_(entries_max) {}

    [[nodiscard]] const Value* find(const Key& key) const { return entries_.find(key); }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    void put(const Key& key, Value value) {
        if (!entries_.put(key, std::move(value))) return;
        order_.push_back(key);
        while (entries_.size() > entries_max_) {
            entries_.erase(order_.front());
            order_.pop_front();
        }
        if (order_.size() > 2 * entries_max_) {
            std::erase_if(order_, [&](const Key& one) { return entries_.find(one) == nullptr; });
        }
    }
    void erase(const Key& key) { entries_.erase(key); }

private:
    std::size_t entries_max_;
    base::LookupTable<Key, Value> entries_;
    std::deque<Key> order_;  ///< With some that are erased already.
};

/// Remembers envelopes whose signatures were looked at, by the hash of the whole envelope, so that
/// none is verified twice. It never decides an outcome: what it says follows from the envelope and
/// the key alone.
class VerifiedCache {
public:
    /// About 2 KiB each; chosen by us: eight full blocks.
    static constexpr std::size_t entries_max = 16'384;

    [[nodiscard]] std::shared_ptr<Decoded> find(const wire::Hash256& leaf) const {
        const auto* known = entries_.find(leaf);
        return known == nullptr ? nullptr : *known;
    }
    void put(std::shared_ptr<Decoded> decoded) {
        const auto leaf = decoded->leaf;
        entries_.put(leaf, std::move(decoded));
    }
    /// It is in a block: nobody will ask again. Null if it is not known.
    [[nodiscard]] std::shared_ptr<Decoded> take(const wire::Hash256& leaf) {
        auto known = find(leaf);
        entries_.erase(leaf);
        return known;
    }

private:
    Newest<wire::Hash256, std::shared_ptr<Decoded>> entries_{entries_max};
};

/// Remembers signatures over batches that verified, so that one verification serves all
/// transactions of a batch, in whatever blocks they come. It never decides an outcome either.
class VerifiedBatches {
public:
    /// About 300 bytes each; chosen by us: as many transactions as a signer of batches of 64 has
    /// in 130 full blocks.
    static constexpr std::size_t entries_max = 4'096;

    [[nodiscard]] bool knows(const wire::SignatureBytes& signature, const wire::PublicKeyBytes& key,
                             base::ByteView message) const {
        const auto* known = entries_.find(signature);
        return known != nullptr && known->key == key && base::BytesEqual{}(known->message, message);
    }
    void put(const wire::SignatureBytes& signature, const wire::PublicKeyBytes& key,
             base::ByteView message) {
        entries_.put(signature, {.key = key, .message = {message.begin(), message.end()}});
    }

private:
    struct Covered {
        wire::PublicKeyBytes key;
        base::Bytes message;
    };
    Newest<wire::SignatureBytes, Covered> entries_{entries_max};
};

}  // namespace ledger
