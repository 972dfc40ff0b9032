// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "base/bytes.h"
#include "base/error.h"
#include "storage/key_value_store.h"
#include "wire/ids.h"

namespace pda {

/// Names one batch: (device, counter) is stored once at the gateway as well.
struct BatchKey {
    wire::DeviceId pda;
    wire::DeviceId device;
    std::uint64_t counter = 0;
    friend auto operator<=>(const BatchKey&, const BatchKey&) = default;
};

/// What PDAs keep for the time without the cloud, for all PDAs of one process in one database, so
/// that one synced write serves them all.
/// Key: 'b' | pda 16 | device 16 | counter 8; value: the batch, sealed (kept_seal.h). One thread.
class BatchStore {
public:
    /// Borrows `store`.
    explicit BatchStore(storage::KeyValueStore& store) : store_(store) {}

    /// Both wait for `flush`.
    void put(const BatchKey& key, base::ByteView batch);
    void erase(const BatchKey& key);
    /// Everything that waits, in one synced write. Errors: those of the store; then nothing of it
    /// is on disk, what was put is forgotten (the device still has it), and what was erased goes on
    /// waiting.
    [[nodiscard]] base::Result<void> flush();
    [[nodiscard]] std::size_t puts_waiting() const { return puts_.entries().size(); }
    [[nodiscard]] std::size_t erasures_waiting() const { return erasures_.size(); }

    /// What is on disk. Errors: `not_found`, and those of the store.
    [[nodiscard]] base::Result<base::Bytes> get(const BatchKey& key) const;
    /// Calls `visit` for each batch of the PDA on disk, by device and rising counter.
    /// Errors: those of the store, `corrupted` for a key that is none of ours.
    [[nodiscard]] base::Result<void> scan(
        const wire::DeviceId& pda,
        const std::function<void(const BatchKey&, base::ByteView batch)>& visit) const;

private:
    storage::KeyValueStore& store_;
    storage::WriteBatch puts_;
    std::vector<base::Bytes> erasures_;
};

}  // namespace pda
