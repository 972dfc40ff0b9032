// SPDX-License-Identifier: Apache-2.0
#include "crypto/signature_verifier.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "crypto/internal/key_cache.h"

namespace crypto {
namespace {

/// More than the people and services of a large hospital; about 100 MB if it is ever full.
constexpr std::size_t cached_keys_max = 65'536;
/// Fewer checks than this take less time than waking a thread is worth (two verifications, 90 us).
constexpr std::size_t parallel_checks_min = 4;
/// Chunks are small enough that the last one keeps nobody waiting, and large enough that taking
/// one costs nothing beside it.
constexpr std::size_t chunk_checks_max = 16;

bool passes(internal::KeyCache& keys, const SignatureCheck& check) {
    const auto key = keys.get(check.public_key);
    return key && key->verify(check.message, check.signature);
}

class SerialVerifier final : public SignatureVerifier {
public:
    std::vector<bool> verify(std::span<const SignatureCheck> checks) override {
        std::vector<bool> verdicts;
        verdicts.reserve(checks.size());
        for (const auto& check : checks) verdicts.push_back(passes(keys_, check));
        return verdicts;
    }

private:
    internal::KeyCache keys_{cached_keys_max};
};

/// One call of verify(). Threads take chunks until none is left; whoever finishes the last check
/// wakes the caller. `checks` is touched only for chunks taken, hence never after the caller left.
struct Job {
    explicit Job(std::span<const SignatureCheck> all, std::size_t chunk)
        : checks(all), chunk_checks(chunk), verdicts(all.size()), unfinished(all.size()) {}

    std::span<const SignatureCheck> checks;
    std::size_t chunk_checks;
    std::vector<std::uint8_t> verdicts;  ///< Bytes: threads write neighbours at the same time.
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> unfinished;

    void work(internal::KeyCache& keys) {
        while (true) {
            const std::size_t begin = next.fetch_add(chunk_checks);
            if (begin >= verdicts.size()) return;
            const std::size_t end = std::min(begin + chunk_checks, verdicts.size());
            for (std::size_t i = begin; i < end; ++i) {
                verdicts[i] = passes(keys, checks[i]) ? 1 : 0;
            }
            if (unfinished.fetch_sub(end - begin) == end - begin) unfinished.notify_all();
        }
    }
    void wait() const {
        for (auto left = unfinished.load(); left != 0; left = unfinished.load()) {
            unfinished.wait(left);
        }
    }
};

class ParallelVerifier final : public SignatureVerifier {
public:
    explicit ParallelVerifier(unsigned threads) {
        for (unsigned i = 0; i < threads; ++i) {
            threads_.emplace_back([this] { run(); });
        }
    }
    ~ParallelVerifier() override {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_all();
        for (auto& thread : threads_) thread.join();
    }

    std::vector<bool> verify(std::span<const SignatureCheck> checks) override {
        const std::size_t share = checks.size() / (threads_.size() + 1);
        const auto job =
            std::make_shared<Job>(checks, std::clamp<std::size_t>(share / 4, 1, chunk_checks_max));
        const bool shares = checks.size() >= parallel_checks_min;
        if (shares) {
            {
                const std::lock_guard lock(mutex_);
                jobs_.push_back(job);
            }
            wake_.notify_all();
        }
        job->work(keys_);
        if (shares) {
            const std::lock_guard lock(mutex_);
            std::erase(jobs_, job);
        }
        job->wait();
        return {job->verdicts.begin(), job->verdicts.end()};
    }

private:
    void run() {
        std::unique_lock lock(mutex_);
        while (true) {
            wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
            if (stopping_) return;
            const auto job = jobs_.front();
            lock.unlock();
            job->work(keys_);
            lock.lock();
            std::erase(jobs_, job);  // nothing is left to take from it
        }
    }

    internal::KeyCache keys_{cached_keys_max};
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::shared_ptr<Job>> jobs_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<SignatureVerifier> make_serial_verifier() {
    return std::make_unique<SerialVerifier>();
}

std::unique_ptr<SignatureVerifier> make_parallel_verifier(unsigned threads) {
    if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
    return std::make_unique<ParallelVerifier>(threads);
}

}  // namespace crypto
