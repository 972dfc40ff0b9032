// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "chain/block_source.h"
#include "storage/key_value_store.h"
#include "wire/block.h"
#include "wire/ids.h"
#include "wire/transaction.h"

namespace readmodel {

struct BlockRow {
    wire::Height height = 0;
    wire::HeaderHash hash;
    base::TimePoint time;
    wire::LedgerId miner;
    std::uint64_t round = 0;
    std::uint32_t transactions = 0;
    friend bool operator==(const BlockRow&, const BlockRow&) = default;
};
struct TransactionRow {
    wire::TxId id;
    wire::Height height = 0;
    std::uint32_t index = 0;
    friend bool operator==(const TransactionRow&, const TransactionRow&) = default;
};
/// A grant, and what became of it.
struct ConsentRow {
    wire::Hash256 ref;  ///< body_ref of the granting transaction.
    wire::TxId transaction;
    wire::LedgerId patient;
    wire::LedgerId grantee;
    wire::Category category{};
    wire::Purpose purpose{};
    base::TimePoint from;
    base::TimePoint until;
    wire::Height granted_height = 0;
    /// The block that withdrew it, or that held a newer grant of the same grantee, category and
    /// purpose, which takes its place.
    std::optional<wire::Height> ended_height;
    friend bool operator==(const ConsentRow&, const ConsentRow&) = default;
};
struct Found {
    enum class Kind { block, transaction } kind{};
    base::Bytes id;  ///< Header hash or transaction id.
    wire::Height height = 0;
};

/// What people search for and look at, made from committed blocks alone: delete its store and it is
/// built anew. Follows the chain from the height it has, so that start-up does not grow with the
/// chain. Thread-safe.
class ReadModel {
public:
    /// Borrows both. Returns once the blocks committed so far are in.
    /// Errors: `corrupted` if its store belongs to another chain (delete it), those of the store.
    [[nodiscard]] static base::Result<std::unique_ptr<ReadModel>> open(
        storage::KeyValueStore& store, chain::BlockSource& blocks);
    ~ReadModel();

    [[nodiscard]] wire::Height height() const;
    /// Waits until the block at `height` is in the model. False: it was not within `limit`.
    [[nodiscard]] bool wait_for(wire::Height height, std::chrono::milliseconds limit) const;
    /// Transactions in all blocks up to `height()`.
    [[nodiscard]] std::uint64_t transaction_count() const;
    /// Why the model stopped following, e.g. a full disk; nothing while all is well.
    [[nodiscard]] std::optional<base::Error> failure() const;

    /// Newest first, from `from` (inclusive; nothing: the tip) down.
    [[nodiscard]] base::Result<std::vector<BlockRow>> blocks(std::optional<wire::Height> from,
                                                             std::size_t count_max) const;
    /// Errors: `not_found`.
    [[nodiscard]] base::Result<BlockRow> block(wire::Height height) const;
    [[nodiscard]] base::Result<TransactionRow> transaction(const wire::TxId& id) const;

    /// All grants of a patient, oldest first.
    [[nodiscard]] base::Result<std::vector<ConsentRow>> consents_of(
        const wire::LedgerId& patient) const;
    /// Errors: `not_found`.
    [[nodiscard]] base::Result<ConsentRow> consent(const wire::Hash256& ref) const;
    /// Committed reports about a patient, newest first.
    [[nodiscard]] base::Result<std::vector<TransactionRow>> reports_of(
        const wire::LedgerId& patient, std::size_t count_max) const;
    /// Is `person` named in the transaction (sender, signer, subject, patient, doctor, grantee)?
    [[nodiscard]] base::Result<bool> names(const wire::TxId& id,
                                           const wire::LedgerId& person) const;

    /// Blocks and transactions by height, by transaction id or header hash, or by at least 8
    /// leading digits of either. `query` is untrusted; what has none of these forms finds nothing.
    [[nodiscard]] base::Result<std::vector<Found>> search(std::string_view query,
                                                          std::size_t count_max) const;

    /// Called after each new block is in the model, from the source's thread, in order, not for
    /// blocks that were in before. Registered for the life of this object.
    using OnBlock = std::function<void(const wire::Block& block, const BlockRow& row)>;
    void on_block(OnBlock listener);

private:
    struct State;
    explicit ReadModel(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace readmodel
