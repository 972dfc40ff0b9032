// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "crypto/hash.h"
#include "storage/memory_store.h"

namespace sim {

/// A replica's disk, which can lose its power at any write.
///
/// Fault model, that of the RocksDB store: a batch is atomic and an acknowledged one is on disk. So
/// a write that the power interrupts is there wholly or not at all, and is not acknowledged in
/// either case. From that moment on every call fails, until the disk is started again.
class Disk final : public storage::KeyValueStore {
public:
    enum class Loss {
        batch_lost,  ///< The power fails before the batch is on disk.
        batch_kept   ///< After it is, before anybody hears of it.
    };

    base::Result<std::optional<base::Bytes>> get(base::ByteView key) const override;
    base::Result<std::vector<std::optional<base::Bytes>>> multi_get(
        const std::vector<base::Bytes>& keys) const override;
    base::Result<void> scan(
        base::ByteView begin, base::ByteView end,
        const std::function<bool(base::ByteView, base::ByteView)>& visit) const override;
    base::Result<void> scan_reverse(
        base::ByteView begin, base::ByteView end,
        const std::function<bool(base::ByteView, base::ByteView)>& visit) const override;
    base::Result<void> write(const storage::WriteBatch& batch) override;

    /// The power fails at the write after `writes` more.
    void fail_power_at(std::uint64_t writes, Loss loss);
    /// The power fails now.
    void fail_power();
    /// Power again. What was not on disk is gone.
    void start();
    [[nodiscard]] bool powered() const { return powered_; }
    /// No power failure waits any more, and there is room.
    void repair() {
        trap_.reset();
        full_ = false;
    }
    /// Every write answers `storage_full` until it is set to false.
    void set_full(bool full) { full_ = full; }
    /// A planted fault: writes are acknowledged, and only every third one is synced, with those
    /// before it.
    void skip_syncs() { skips_syncs_ = true; }

    [[nodiscard]] std::uint64_t writes() const { return writes_; }
    /// SHA-256 over what the last batch that was written did, in the order of keys.
    [[nodiscard]] const crypto::Digest32& last_batch() const { return last_batch_; }
    /// SHA-256 over all that is stored, in the order of keys.
    [[nodiscard]] crypto::Digest32 content() const;

private:
    struct Trap {
        std::uint64_t writes = 0;
        Loss loss{};
    };
    [[nodiscard]] std::unexpected<base::Error> no_power() const;
    base::Result<void> store(const storage::WriteBatch& batch);

    storage::MemoryStore visible_;
    std::vector<storage::WriteBatch> undo_;  ///< Of what is not synced; empty without the fault.
    std::optional<Trap> trap_;
    bool powered_ = true;
    bool full_ = false;
    bool skips_syncs_ = false;
    std::uint64_t writes_ = 0;
    crypto::Digest32 last_batch_{};
};

}  // namespace sim
