// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "wire/ids.h"
#include "wire/transaction.h"

namespace ledger {

/// An envelope that decoded, with its names and what is known of its signatures.
struct Decoded {
    wire::Transaction tx;
    wire::Hash256 leaf;  ///< RFC 9162 leaf hash of the whole envelope, signatures included.
    wire::TxId id;
    wire::Hash256 body_ref;
    /// For each signature the key under which it verified; nothing where that is not known.
    std::vector<std::optional<wire::PublicKeyBytes>> good_under;
};

/// Remembers envelopes whose signatures were verified, by the hash of the whole envelope, so that
/// none is verified twice. The oldest leave first. It never decides an outcome: what it says
/// follows from the envelope and the key alone.
class VerifiedCache {
public:
    /// About 2 KiB each; chosen by us: eight full blocks.
    static constexpr std::size_t entries_max = 16'384;

    [[nodiscard]] std::shared_ptr<const Decoded> find(const wire::Hash256& leaf) const {
        const auto at = entries_.find(leaf);
        return at == entries_.end() ? nullptr : at->second;
    }
    void put(std::shared_ptr<const Decoded> decoded) {
        const auto leaf = decoded->leaf;
        const auto [at, added] = entries_.insert_or_assign(leaf, std::move(decoded));
        if (!added) return;
        order_.push_back(leaf);
        if (order_.size() <= entries_max) return;
        entries_.erase(order_.front());
        order_.pop_front();
    }

    /// It is in a block: nobody will ask again.
    void drop(const wire::Hash256& leaf) { entries_.erase(leaf); }

private:
    std::map<wire::Hash256, std::shared_ptr<const Decoded>> entries_;
    std::deque<wire::Hash256> order_;
};

}  // namespace ledger
