// SPDX-License-Identifier: Apache-2.0
#include "readmodel/read_model.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "readmodel/internal/indexer.h"
#include "readmodel/internal/rows.h"

namespace readmodel {
namespace {

/// Blocks written together while catching up: few synced writes, and little memory. Chosen by us.
constexpr wire::Height blocks_per_write = 1'000;
constexpr std::size_t search_digits_min = 8;
constexpr std::size_t search_digits_max = 128;
constexpr std::size_t height_digits_max = 19;

std::vector<wire::LedgerId> named_in(const wire::Transaction& tx) {
    std::vector<wire::LedgerId> out{tx.body.sender};
    for (const auto& signature : tx.signatures) out.push_back(signature.signer);
    const auto& action = tx.body.action;
    if (const auto* enrol = std::get_if<wire::Enrol>(&action)) out.push_back(enrol->subject);
    if (const auto* revoke = std::get_if<wire::RevokeKey>(&action)) out.push_back(revoke->subject);
    if (const auto* grant = std::get_if<wire::GrantConsent>(&action)) out.push_back(grant->grantee);
    if (const auto* report = std::get_if<wire::Report>(&action)) {
        out.push_back(report->receiver);
        out.push_back(report->patient);
    }
    return out;
}

}  // namespace

struct ReadModel::State {
    State(storage::KeyValueStore& borrowed_store, chain::BlockSource& borrowed_blocks)
        : store(borrowed_store), blocks(borrowed_blocks) {}

    storage::KeyValueStore& store;
    chain::BlockSource& blocks;
    mutable std::mutex mutex;  // guards head, failure and listeners
    mutable std::condition_variable head_moved;
    Head head;
    std::optional<base::Error> failure;
    std::vector<OnBlock> listeners;
    std::unique_ptr<chain::Subscription> subscription;

    [[nodiscard]] Head current() const {
        const std::scoped_lock lock(mutex);
        return head;
    }
    void set_head(const Head& to) {
        const std::scoped_lock lock(mutex);
        head = to;
        failure.reset();
        head_moved.notify_all();
    }

    base::Result<void> load() {
        const auto stored = store.get(keys::head());
        if (!stored) return base::pass(stored);
        if (!stored->has_value()) return {};
        const auto read = decode_head(**stored);
        if (!read) return base::pass(read);
        const auto block = blocks.block(read->height);
        if (!block || wire::hash_of_header(block->header_bytes) != read->hash) {
            return base::fail(base::ErrorCode::corrupted,
                              "the read model stands at a block " + std::to_string(read->height) +
                                  " that this chain does not have; delete the read model's folder, "
                                  "it is built anew");
        }
        head = *read;
        return {};
    }

    /// Takes in the blocks after the head up to `last`; `newest`, if it is that block, is not
    /// fetched.
    base::Result<void> catch_up(wire::Height last, const wire::Block* newest);
    void take(const wire::Block& block);
};

base::Result<void> ReadModel::State::catch_up(wire::Height last, const wire::Block* newest) {
    auto reached = current();
    while (reached.height < last) {
        Indexer indexer(store, reached);
        const auto until = std::min(last, reached.height + blocks_per_write);
        for (auto height = reached.height + 1; height <= until; ++height) {
            if (newest != nullptr && newest->header.height == height) {
                if (const auto added = indexer.add(*newest); !added) return base::pass(added);
                continue;
            }
            const auto block = blocks.block(height);
            if (!block) return base::pass(block);
            if (const auto added = indexer.add(*block); !added) return base::pass(added);
        }
        if (const auto written = indexer.write(); !written) return written;
        reached = indexer.head();
        set_head(reached);
    }
    return {};
}

void ReadModel::State::take(const wire::Block& block) {
    // A block that failed before (a full disk) is caught up with here, so that the model heals
    // itself.
    if (const auto taken = catch_up(block.header.height, &block); !taken) {
        const std::scoped_lock lock(mutex);
        failure = taken.error();
        return;
    }
    const BlockRow row{.height = block.header.height,
                       .hash = wire::hash_of_header(block.header_bytes),
                       .time = block.header.time,
                       .miner = block.header.miner,
                       .round = block.seal.round,
                       .transactions = static_cast<std::uint32_t>(block.transactions.size())};
    std::vector<OnBlock> to_call;
    {
        const std::scoped_lock lock(mutex);
        to_call = listeners;
    }
    for (const auto& listener : to_call) listener(block, row);
}

ReadModel::ReadModel(std::unique_ptr<State> state) : state_(std::move(state)) {}
ReadModel::~ReadModel() {
    state_->subscription.reset();
}

base::Result<std::unique_ptr<ReadModel>> ReadModel::open(storage::KeyValueStore& store,
                                                         chain::BlockSource& blocks) {
    auto state = std::make_unique<State>(store, blocks);
    if (const auto loaded = state->load(); !loaded) return base::pass(loaded);
    if (const auto caught_up = state->catch_up(blocks.height(), nullptr); !caught_up) {
        return base::pass(caught_up);
    }
    state->subscription =
        blocks.follow(state->head.height + 1,
                      [raw = state.get()](const wire::Block& block) { raw->take(block); });
    return std::unique_ptr<ReadModel>(new ReadModel(std::move(state)));
}

wire::Height ReadModel::height() const {
    return state_->current().height;
}
bool ReadModel::wait_for(wire::Height height, std::chrono::milliseconds limit) const {
    std::unique_lock lock(state_->mutex);
    return state_->head_moved.wait_for(lock, limit, [&] { return state_->head.height >= height; });
}

std::uint64_t ReadModel::transaction_count() const {
    return state_->current().transactions;
}

std::optional<base::Error> ReadModel::failure() const {
    const std::scoped_lock lock(state_->mutex);
    return state_->failure;
}

base::Result<std::vector<BlockRow>> ReadModel::blocks(std::optional<wire::Height> from,
                                                      std::size_t count_max) const {
    std::vector<BlockRow> out;
    if (count_max == 0) return out;
    const auto top = std::min(from.value_or(height()), height());
    base::Result<void> outcome;
    const auto scanned = state_->store.scan_reverse(keys::block(0), keys::block(top + 1),
                                                    [&](base::ByteView, base::ByteView value) {
                                                        const auto row = decode_block_row(value);
                                                        if (!row) {
                                                            outcome = base::pass(row);
                                                            return false;
                                                        }
                                                        out.push_back(*row);
                                                        return out.size() < count_max;
                                                    });
    if (!scanned) return base::pass(scanned);
    if (!outcome) return base::pass(outcome);
    return out;
}

base::Result<BlockRow> ReadModel::block(wire::Height height) const {
    const auto value = state_->store.get(keys::block(height));
    if (!value) return base::pass(value);
    if (!value->has_value()) {
        return base::fail(base::ErrorCode::not_found,
                          "there is no block " + std::to_string(height) + " yet");
    }
    return decode_block_row(**value);
}

base::Result<TransactionRow> ReadModel::transaction(const wire::TxId& id) const {
    const auto value = state_->store.get(keys::transaction(id.view()));
    if (!value) return base::pass(value);
    if (!value->has_value()) {
        return base::fail(base::ErrorCode::not_found, "no block holds a transaction of this id");
    }
    return decode_transaction_row(**value);
}

base::Result<std::vector<ConsentRow>> ReadModel::consents_of(const wire::LedgerId& patient) const {
    std::vector<ConsentRow> out;
    base::Result<void> outcome;
    const auto begin = keys::consents_of(patient);
    const auto scanned = state_->store.scan(begin, storage::end_of_prefix(begin),
                                            [&](base::ByteView, base::ByteView value) {
                                                const auto row = decode_consent_row(value);
                                                if (row) {
                                                    out.push_back(*row);
                                                } else {
                                                    outcome = base::pass(row);
                                                }
                                                return outcome.has_value();
                                            });
    if (!scanned) return base::pass(scanned);
    if (!outcome) return base::pass(outcome);
    return out;
}

base::Result<ConsentRow> ReadModel::consent(const wire::Hash256& ref) const {
    const auto key = state_->store.get(keys::consent_by_ref(ref));
    if (!key) return base::pass(key);
    if (!key->has_value()) {
        return base::fail(base::ErrorCode::not_found, "no block holds this consent");
    }
    const auto value = state_->store.get(**key);
    if (!value) return base::pass(value);
    if (!value->has_value()) {
        return base::fail(base::ErrorCode::corrupted, "the read model lost a consent's row");
    }
    return decode_consent_row(**value);
}

base::Result<std::vector<TransactionRow>> ReadModel::reports_of(const wire::LedgerId& patient,
                                                                std::size_t count_max) const {
    std::vector<TransactionRow> out;
    if (count_max == 0) return out;
    base::Result<void> outcome;
    const auto begin = keys::reports_of(patient);
    const auto scanned = state_->store.scan_reverse(
        begin, storage::end_of_prefix(begin), [&](base::ByteView, base::ByteView value) {
            const auto row = decode_transaction_row(value);
            if (!row) {
                outcome = base::pass(row);
                return false;
            }
            out.push_back(*row);
            return out.size() < count_max;
        });
    if (!scanned) return base::pass(scanned);
    if (!outcome) return base::pass(outcome);
    return out;
}

base::Result<bool> ReadModel::names(const wire::TxId& id, const wire::LedgerId& person) const {
    const auto row = transaction(id);
    if (!row) return base::pass(row);
    const auto block = state_->blocks.block(row->height);
    if (!block) return base::pass(block);
    if (row->index >= block->transactions.size()) {
        return base::fail(base::ErrorCode::corrupted,
                          "the read model and block " + std::to_string(row->height) + " differ");
    }
    const auto tx = wire::decode_transaction(block->transactions[row->index]);
    if (!tx) return base::pass(tx);
    const auto named = named_in(*tx);
    return std::ranges::find(named, person) != named.end();
}

base::Result<std::vector<Found>> ReadModel::search(std::string_view query,
                                                   std::size_t count_max) const {
    std::vector<Found> out;
    const bool digits =
        !query.empty() && std::ranges::all_of(query, [](char c) { return c >= '0' && c <= '9'; });
    if (digits && query.size() <= height_digits_max) {
        const auto row = block(std::stoull(std::string(query)));
        if (row) {
            out.push_back({Found::Kind::block,
                           {row->hash.bytes.begin(), row->hash.bytes.end()},
                           row->height});
        } else if (row.error().code != base::ErrorCode::not_found) {
            return base::pass(row);
        }
    }
    if (query.size() < search_digits_min || query.size() > search_digits_max) return out;
    // An odd number of digits covers a range of last bytes: from digit 0 to digit f.
    const bool odd = query.size() % 2 == 1;
    const auto low = base::from_hex(std::string(query) + (odd ? "0" : ""));
    const auto high = base::from_hex(std::string(query) + (odd ? "f" : ""));
    if (!low || !high) return out;
    base::Result<void> outcome;
    const auto collect = [&](Found::Kind kind, auto key) -> base::Result<void> {
        if (out.size() >= count_max) return {};
        const auto prefix_bytes = key(base::ByteView{}).size();
        return state_->store.scan(
            key(*low), storage::end_of_prefix(key(*high)),
            [&](base::ByteView at, base::ByteView value) {
                const auto name = at.subspan(prefix_bytes);
                // A block's value is its height; a transaction's begins with its id.
                const auto skip = kind == Found::Kind::block ? 0 : wire::TxId::size_bytes;
                if (value.size() < skip + 8) {
                    outcome = base::fail(base::ErrorCode::corrupted,
                                         "an index row of the read model is cut short");
                    return false;
                }
                out.push_back(
                    {kind, {name.begin(), name.end()}, base::read_u64(value.subspan(skip))});
                return out.size() < count_max;
            });
    };
    if (const auto read = collect(Found::Kind::transaction, keys::transaction); !read) {
        return base::pass(read);
    }
    if (const auto read = collect(Found::Kind::block, keys::header_hash); !read) {
        return base::pass(read);
    }
    if (!outcome) return base::pass(outcome);
    return out;
}

void ReadModel::on_block(OnBlock listener) {
    const std::scoped_lock lock(state_->mutex);
    state_->listeners.push_back(std::move(listener));
}

}  // namespace readmodel
