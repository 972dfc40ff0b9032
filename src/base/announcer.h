// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace base {

/// Tells listeners what happened, in order and never twice at once, outside of the owner's locks: a
/// listener may ask the owner back. Thread-safe.
template <class Event>
class Announcer {
public:
    using Listener = std::function<void(const Event&)>;

    /// For the life of this object.
    void add(Listener listener) {
        const std::lock_guard lock(mutex_);
        listeners_.push_back(std::move(listener));
    }
    /// Puts the event in line. May be called under the owner's lock: no listener is called here.
    void push(Event event) {
        const std::lock_guard lock(mutex_);
        if (!listeners_.empty()) waiting_.push_back(std::move(event));
    }
    /// Tells what waits, or leaves it to the thread that is telling already. Call it without locks.
    void tell() {
        std::unique_lock lock(mutex_);
        if (telling_) return;
        telling_ = true;
        while (!waiting_.empty()) {
            const auto event = std::move(waiting_.front());
            waiting_.pop_front();
            const auto listeners = listeners_;
            lock.unlock();
            for (const auto& listener : listeners) listener(event);
            lock.lock();
        }
        telling_ = false;
        told_.notify_all();
    }
    /// Waits until all is told. Not to be called by a listener.
    void wait() {
        std::unique_lock lock(mutex_);
        told_.wait(lock, [this] { return !telling_ && waiting_.empty(); });
    }

private:
    std::mutex mutex_;
    std::condition_variable told_;
    std::vector<Listener> listeners_;
    std::deque<Event> waiting_;
    bool telling_ = false;
};

}  // namespace base
