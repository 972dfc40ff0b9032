// SPDX-License-Identifier: Apache-2.0
#include "consensus/internal/node_thread.h"

#include <limits>
#include <utility>

namespace consensus {

using base::ErrorCode;
using base::fail;

namespace {
constexpr std::size_t waiting_max = 256;  // requests; chosen by us
}  // namespace

base::Result<std::unique_ptr<NodeThread>> NodeThread::start(Parts parts) {
    const auto& genesis = parts.genesis;
    auto thread = std::unique_ptr<NodeThread>(new NodeThread(std::move(parts)));
    if (auto opened = thread->open(genesis); !opened) return base::pass(opened);
    thread->thread_ = std::thread([raw = thread.get()] { raw->run(); });
    return thread;
}

base::Result<void> NodeThread::open(const wire::Genesis& genesis) {
    verifier_ = crypto::make_serial_verifier();
    auto application = ledger::Application::open(*parts_.miner.ledger, *verifier_);
    if (!application) return base::pass(application);
    application_ = std::move(*application);
    if (!application_->initialised()) {
        if (auto made = application_->init_chain(genesis); !made) return made;
    }
    const auto stored = application_->blocks().genesis();
    if (!stored) return base::pass(stored);
    if (*stored != genesis) {
        return fail(ErrorCode::conflict,
                    "miner " + base::to_hex(id().view()) + " holds another chain than the node");
    }
    auto node =
        MinerNode::open({.application = *application_,
                         .notes = *parts_.miner.notes,
                         .verifier = *verifier_,
                         .signer = *parts_.miner.signer,
                         .next_sequence = parts_.miner.next_sequence,
                         .grind = [this](const Work& work) {
                             return grind(work, std::numeric_limits<std::uint64_t>::max(), [&] {
                                 return offered_ < work.height && parts_.is_open(work.height);
                             });
                         }});
    if (!node) return base::pass(node);
    node_ = std::move(*node);
    return {};
}

NodeThread::~NodeThread() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
        changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

void NodeThread::post(Request request) {
    if (const auto* offer = std::get_if<Offer>(&request)) offered_ = offer->block->header.height;
    if (std::holds_alternative<AskProposal>(request)) offered_ = 0;
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= waiting_max) return;
    waiting_.push_back(std::move(request));
    changed_.notify_one();
}

void NodeThread::run() {
    while (true) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
        if (waiting_.empty()) return;  // what was delivered is committed before the end
        const auto request = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        auto answers = node_->handle(request);
        if (!answers) {
            parts_.on_error(answers.error());
            continue;
        }
        for (auto& answer : *answers) parts_.answer(id(), std::move(answer));
    }
}

}  // namespace consensus
