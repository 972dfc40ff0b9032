// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "chain/block_source.h"
#include "wire/block.h"
#include "wire/ids.h"

namespace consensus {

/// The height of the tip and its block, for those who wait for the next one. Thread-safe.
class TipBoard {
public:
    explicit TipBoard(wire::Height height) : height_(height) {}

    [[nodiscard]] wire::Height height() const;
    void announce(std::shared_ptr<const wire::Block> block);
    /// Waits until there is a block `height`, or `stop`. Nothing when stopped. The block too, if it
    /// is the newest, so that those who keep up need not read it back from the disk.
    struct Seen {
        std::shared_ptr<const wire::Block> block;
    };
    [[nodiscard]] std::optional<Seen> wait_for(wire::Height height, const bool& stop) const;
    /// Waits this long, or until `stop`.
    void pause(std::chrono::milliseconds how_long, const bool& stop) const;
    /// Sets `stop`, which those who wait look at.
    void set_stop(bool& stop);

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    wire::Height height_;
    std::shared_ptr<const wire::Block> newest_;
};

/// One follower on a thread of its own: reads what is committed and then waits for more, so nothing
/// is lost or doubled between catching up and following.
class Follower final : public chain::Subscription {
public:
    struct Parts {
        TipBoard& board;
        std::function<base::Result<wire::Block>(wire::Height)> read;
        std::function<void(const wire::Block&)> on_block;
        std::function<void(const base::Error&)> on_error;
    };
    Follower(Parts parts, wire::Height from);
    ~Follower() override;

private:
    void run(wire::Height next);

    Parts parts_;
    bool stop_ = false;  ///< Guarded by the board.
    std::thread thread_;
};

}  // namespace consensus
