// SPDX-License-Identifier: Apache-2.0
#include "consensus/internal/bench_cast.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <thread>
#include <utility>

#include "consensus/internal/bench_load.h"

namespace consensus {

using base::Result;

namespace {

/// Calls `work` for each of [0, count) on all cores.
void on_all_cores(std::size_t count, const std::function<void(std::size_t)>& work) {
    std::atomic<std::size_t> next{0};
    const auto run = [&] {
        for (std::size_t n = next++; n < count; n = next++) work(n);
    };
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
        threads.emplace_back(run);
    }
    run();
    for (auto& thread : threads) thread.join();
}

}  // namespace

Result<std::vector<base::Bytes>> sign_reports(const Cast& cast, std::size_t count,
                                              const std::vector<wire::Hash256>& consents,
                                              std::size_t first) {
    std::vector<Result<base::Bytes>> signed_ones(count, base::Bytes{});
    on_all_cores(count, [&](std::size_t i) {
        const auto signers = cast.signers((first + i) % cast.doctors.size());
        signed_ones[i] = wire::sign_transaction(cast.report_body(first + i, consents), signers);
    });
    std::vector<base::Bytes> out;
    out.reserve(count);
    for (auto& one : signed_ones) {
        if (!one) return base::pass(one);
        out.push_back(std::move(*one));
    }
    return out;
}

Result<std::vector<base::Bytes>> sign_batches(const Cast& cast, const BatchPlan& plan,
                                              const std::vector<wire::Hash256>& consents) {
    const std::size_t pairs = cast.doctors.size();
    const std::size_t batches = (plan.count + plan.batch - 1) / plan.batch;
    const std::size_t first_round = (plan.first + pairs - 1) / pairs;
    std::vector<Result<std::vector<base::Bytes>>> signed_ones(batches, std::vector<base::Bytes>{});
    on_all_cores(batches, [&](std::size_t n) {
        const std::size_t pair = n % pairs;
        const std::size_t round = first_round + n / pairs * plan.batch;
        std::vector<wire::TransactionBody> bodies;
        for (std::size_t i = 0; i < std::min(plan.batch, plan.count - n * plan.batch); ++i) {
            bodies.push_back(cast.report_body((round + i) * pairs + pair, consents));
        }
        signed_ones[n] = wire::sign_batch(bodies, cast.signers(pair));
    });
    std::vector<base::Bytes> out;
    out.reserve(plan.count);
    for (auto& one : signed_ones) {
        if (!one) return base::pass(one);
        for (auto& envelope : *one) out.push_back(std::move(envelope));
    }
    return out;
}

Result<void> submit_all(chain::TransactionSubmitter& submitter,
                        std::vector<base::Bytes> envelopes) {
    const auto seconds = commit_all(submitter, std::move(envelopes));
    if (!seconds) return base::pass(seconds);
    return {};
}

Result<std::vector<wire::Hash256>> grant_all(const Cast& cast,
                                             chain::TransactionSubmitter& submitter) {
    std::vector<base::Bytes> grants;
    std::vector<wire::Hash256> consents;
    for (std::size_t pair = 0; pair < cast.patients.size(); ++pair) {
        const auto body = cast.grant(pair);
        const std::array<const wire::Signer*, 1> signer{&cast.patients[pair]};
        auto envelope = wire::sign_transaction(body, signer);
        if (!envelope) return base::pass(envelope);
        grants.push_back(std::move(*envelope));
        consents.push_back(wire::body_ref(encode(body)));
    }
    if (auto granted = submit_all(submitter, std::move(grants)); !granted) {
        return base::pass(granted);
    }
    return consents;
}

}  // namespace consensus
