// SPDX-License-Identifier: Apache-2.0
#include "consensus/committee_engine.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/check.h"
#include "chain/orphans.h"
#include "consensus/internal/follower.h"
#include "consensus/internal/node_thread.h"
#include "consensus/internal/outcome.h"
#include "consensus/internal/pending_queue.h"
#include "crypto/merkle.h"
#include "wire/transaction.h"

namespace consensus {

using base::ErrorCode;
using base::fail;

namespace {

/// Answers of the miners, on their way to the engine's thread. Thread-safe.
class Mailbox {
public:
    struct Letter {
        wire::LedgerId from;
        Answer answer;
    };
    void put(const wire::LedgerId& from, Answer answer) {
        const std::lock_guard lock(mutex_);
        letters_.push_back({.from = from, .answer = std::move(answer)});
        changed_.notify_one();
    }
    /// Something else is there to look at.
    void poke() {
        const std::lock_guard lock(mutex_);
        poked_ = true;
        changed_.notify_one();
    }
    std::vector<Letter> take(std::chrono::milliseconds wait) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, wait, [this] { return poked_ || !letters_.empty(); });
        poked_ = false;
        return std::exchange(letters_, {});
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Letter> letters_;
    bool poked_ = false;
};

}  // namespace

struct CommitteeEngine::State {
    State(Parts parts_in, Options options_in)
        : parts(std::move(parts_in)),
          options(options_in),
          queue(options_in.pending_max),
          board(parts.application.info().height) {}
    ~State() {
        stopping = true;
        nodes.clear();
    }

    Parts parts;
    Options options;
    PendingQueue queue;
    TipBoard board;
    Mailbox mailbox;
    std::unique_ptr<Coordinator> coordinator;  ///< The engine's thread.
    std::vector<PendingQueue::Entry> open;  ///< Taken from the queue, in order, and not answered.
    base::TimePoint open_since;
    std::atomic<bool> stopping = false;
    std::atomic<bool> closed = false;
    mutable std::mutex mutex;  ///< Guards `status`.
    Coordinator::Status status;
    std::vector<std::unique_ptr<NodeThread>> nodes;
    std::thread thread;

    base::Result<void> start_nodes();
    void run();
    void step();
    [[nodiscard]] std::chrono::milliseconds until_next() const;
    [[nodiscard]] wire::Height height() const { return parts.application.info().height; }
    void begin_height();
    void decided(const wire::Block& block);
    /// What to tell who asked for the entry; nothing: it stays open.
    using Outcome = std::optional<base::Result<chain::Committed>>;
    void answer_open(const std::function<Outcome(const PendingQueue::Entry&)>& outcome_of_entry);
    void answer_all_waiting(const base::Error& error);
    void tell_if_overdue();
    [[nodiscard]] base::Error overdue() const;
    void report(const base::Error& error) const {
        if (parts.on_error) parts.on_error(error);
    }
};

base::Result<void> CommitteeEngine::State::start_nodes() {
    const auto genesis = parts.application.blocks().genesis();
    if (!genesis) return base::pass(genesis);
    CHECK(genesis->has_value());
    std::vector<wire::LedgerId> ids;
    for (auto& miner : parts.miners) {
        auto node = NodeThread::start(
            {.genesis = **genesis,
             .miner = std::move(miner),
             .answer = [this](const wire::LedgerId& from,
                              Answer answer) { mailbox.put(from, std::move(answer)); },
             .is_open =
                 [this](wire::Height height) { return !stopping && board.height() < height; },
             .on_error = [this](const base::Error& error) { report(error); }});
        if (!node) return base::pass(node);
        ids.push_back((*node)->id());
        nodes.push_back(std::move(*node));
    }
    parts.miners.clear();
    auto opened =
        Coordinator::open({.application = parts.application, .verifier = parts.verifier},
                          std::move(ids), {.transactions_max = options.block_transactions_max});
    if (!opened) return base::pass(opened);
    coordinator = std::move(*opened);
    return {};
}

std::chrono::milliseconds CommitteeEngine::State::until_next() const {
    constexpr std::chrono::milliseconds shortest{1};
    const auto now = parts.clock.now();
    auto wait =
        std::chrono::duration_cast<std::chrono::milliseconds>(coordinator->next_tick() - now);
    if (coordinator->idle() && queue.waiting() > 0) wait = std::min(wait, options.block_wait);
    return std::max(wait, shortest);
}

void CommitteeEngine::State::run() {
    base::TimePoint close_at{};
    while (true) {
        step();
        if (!closed) continue;
        const auto now = parts.clock.now();
        if (close_at == base::TimePoint{}) close_at = now + options.stop_patience;
        const bool done = coordinator->idle() && open.empty() && queue.waiting() == 0;
        if (done || now >= close_at) break;
    }
    answer_all_waiting({ErrorCode::unavailable, "the node stopped; submit again after its start"});
}

void CommitteeEngine::State::step() {
    const auto tried = [this](const base::Result<void>& done) {
        if (!done) report(done.error());
    };
    for (auto& letter : mailbox.take(until_next())) {
        tried(coordinator->handle(letter.from, letter.answer, parts.clock.now()));
    }
    if (const auto now = parts.clock.now(); now >= coordinator->next_tick()) {
        tried(coordinator->tick(now));
    }
    for (const auto& block : coordinator->take_committed()) {
        decided(*block);
        board.announce(block);
    }
    for (auto& envelope : coordinator->take_submitted()) {
        // What is lost on its way from here its node sends again.
        Done nobody = [](const base::Result<chain::Committed>&) {};
        (void)queue.add(std::move(envelope), nobody);
    }
    if (coordinator->idle()) begin_height();
    tell_if_overdue();
    for (auto& [to, request] : coordinator->take_outgoing()) {
        for (const auto& node : nodes) {
            if (node->id() == to) node->post(std::move(request));
        }
    }
    const std::lock_guard lock(mutex);
    status = coordinator->status();
}

/// What an earlier block left out comes first.
void CommitteeEngine::State::begin_height() {
    const auto room =
        options.block_transactions_max - std::min(options.block_transactions_max, open.size());
    for (auto& entry : queue.take_ready(room, options.block_wait)) open.push_back(std::move(entry));
    if (open.empty()) return;
    std::vector<base::Bytes> envelopes;
    for (const auto& entry : open) envelopes.push_back(entry->envelope);
    open_since = parts.clock.now();
    const auto results = coordinator->begin(std::move(envelopes), open_since);
    if (!results) {
        report(results.error());
        answer_open([&](const PendingQueue::Entry&) {
            return Outcome(base::Result<chain::Committed>(base::pass(results)));
        });
        return;
    }
    std::size_t next = 0;
    answer_open([&](const PendingQueue::Entry&) -> Outcome {
        const auto& result = (*results)[next++];
        // In the block that is only now being closed: it is answered with that block.
        const bool not_yet = result.place && result.place->height > height();
        if (result.code == 0 || not_yet) return std::nullopt;
        return outcome_of(result, nullptr, parts.application.blocks());
    });
}

void CommitteeEngine::State::decided(const wire::Block& block) {
    std::map<wire::Hash256, std::uint32_t> places;
    for (std::uint32_t i = 0; i < block.transactions.size(); ++i) {
        places.emplace(wire::Hash256{crypto::merkle_leaf(block.transactions[i])}, i);
    }
    answer_open([&](const PendingQueue::Entry& entry) -> Outcome {
        const auto place = places.find(entry->leaf);
        if (place == places.end()) return std::nullopt;
        const auto tx = wire::decode_transaction(entry->envelope);
        CHECK(tx.has_value());
        return chain::Committed{.id = wire::id_of(*tx),
                                .height = block.header.height,
                                .index = place->second,
                                .block_time = block.header.time};
    });
}

void CommitteeEngine::State::answer_open(
    const std::function<Outcome(const PendingQueue::Entry&)>& outcome_of_entry) {
    std::vector<PendingQueue::Entry> left;
    for (auto& entry : std::exchange(open, {})) {
        const auto outcome = outcome_of_entry(entry);
        if (!outcome) {
            left.push_back(std::move(entry));
            continue;
        }
        for (const auto& all : queue.finish({entry})) {
            for (const auto& done : all) done(*outcome);
        }
    }
    open = std::move(left);
}

void CommitteeEngine::State::answer_all_waiting(const base::Error& error) {
    for (auto& entry : queue.take_ready(options.pending_max, std::chrono::milliseconds{0})) {
        open.push_back(std::move(entry));
    }
    answer_open([&](const PendingQueue::Entry&) {
        return Outcome(base::Result<chain::Committed>(std::unexpected(error)));
    });
}

base::Error CommitteeEngine::State::overdue() const {
    const auto now = coordinator->status();
    auto detail = "block " + std::to_string(now.height) +
                  " lacks its quorum: " + std::to_string(std::max(now.votes, now.approvals)) +
                  " of the " + std::to_string(now.needed) + " miners that it needs agree";
    if (!now.last_refusal.empty()) detail += " (last refusal: " + now.last_refusal + ")";
    return {ErrorCode::unavailable, detail + "; submit again later"};
}

void CommitteeEngine::State::tell_if_overdue() {
    if (coordinator->idle() || parts.clock.now() < open_since + options.patience) return;
    if (open.empty() && queue.waiting() == 0) return;
    const auto error = overdue();
    report(error);
    answer_all_waiting(error);
}

CommitteeEngine::CommitteeEngine(std::unique_ptr<State> state) : state_(std::move(state)) {}

base::Result<std::unique_ptr<CommitteeEngine>> CommitteeEngine::start(Parts parts,
                                                                      Options options) {
    if (!parts.application.initialised()) {
        return fail(ErrorCode::conflict, "the ledger holds no chain yet; create one first");
    }
    auto state = std::make_unique<State>(std::move(parts), options);
    if (auto started = state->start_nodes(); !started) return base::pass(started);
    state->thread = std::thread([raw = state.get()] { raw->run(); });
    return std::unique_ptr<CommitteeEngine>(new CommitteeEngine(std::move(state)));
}

CommitteeEngine::~CommitteeEngine() {
    state_->queue.close();
    state_->closed = true;
    state_->mailbox.poke();
    state_->thread.join();
}

void CommitteeEngine::submit(base::Bytes envelope, Done done) {
    if (state_->queue.submit(std::move(envelope), std::move(done))) state_->mailbox.poke();
}

wire::Height CommitteeEngine::height() const {
    return state_->parts.application.info().height;
}

base::Result<wire::Block> CommitteeEngine::block(wire::Height height) const {
    return state_->parts.application.blocks().block(height);
}

std::unique_ptr<chain::Subscription> CommitteeEngine::follow(
    wire::Height from, std::function<void(const wire::Block&)> on_block) {
    Follower::Parts parts{.board = state_->board,
                          .read = [this](wire::Height height) { return block(height); },
                          .on_block = std::move(on_block),
                          .on_error = state_->parts.on_error};
    return std::make_unique<Follower>(std::move(parts), from);
}

base::Result<base::Bytes> CommitteeEngine::query(std::string_view path, base::ByteView data) const {
    if (path != chain::path::orphans) return state_->parts.application.query(path, data);
    if (!data.empty()) return fail(ErrorCode::malformed, "this question takes no data");
    std::vector<chain::Orphan> all;
    for (const auto& node : state_->nodes) {
        const auto some = node->orphans();
        if (!some) return base::pass(some);
        for (const auto& orphan : *some) {
            const auto known = std::ranges::find(all, orphan.header, &chain::Orphan::header);
            if (known == all.end()) {
                all.push_back(orphan);
            } else if (known->approvals < orphan.approvals) {
                *known = orphan;
            }
        }
    }
    std::ranges::stable_sort(all, {}, &chain::Orphan::height);
    return chain::encoding::encode(all);
}

Coordinator::Status CommitteeEngine::status() const {
    const std::lock_guard lock(state_->mutex);
    return state_->status;
}

}  // namespace consensus
