// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "storage/key_value_store.h"

namespace storage {

struct RocksOptions {
    /// What a key is, for people, in errors; nothing: its bytes in hex.
    std::function<std::string(base::ByteView key)> name_of_key;
};

/// RocksDB behind the seam, opened so that it refuses what it cannot vouch for.
/// Every batch carries a rising number; the last one acknowledged also stands in a separately
/// synced file beside the database (HEAD), so that a database that lost synced writes does not
/// open. Every value carries a checksum of itself and its key, made when it is written and checked
/// at each read.
///
/// On a disk that is nearly full writes are refused (`storage_full`) before RocksDB gets them, and
/// go on by themselves once there is room.
class RocksStore final : public KeyValueStore {
public:
    /// Creates the folder where it is missing. Errors: `busy` if another process has it open,
    /// `corrupted` with the file's name, `unsupported_version` for a store of another format,
    /// `storage_full`, `unavailable`.
    [[nodiscard]] static base::Result<std::unique_ptr<RocksStore>> open(
        const std::filesystem::path& folder, RocksOptions options = {});
    /// For verification while another process may write; never changes a file.
    [[nodiscard]] static base::Result<std::unique_ptr<RocksStore>> open_read_only(
        const std::filesystem::path& folder, RocksOptions options = {});
    ~RocksStore() override;

    [[nodiscard]] base::Result<std::optional<base::Bytes>> get(base::ByteView key) const override;
    [[nodiscard]] base::Result<std::vector<std::optional<base::Bytes>>> multi_get(
        const std::vector<base::Bytes>& keys) const override;
    [[nodiscard]] base::Result<void> scan(
        base::ByteView begin, base::ByteView end,
        const std::function<bool(base::ByteView, base::ByteView)>& visit) const override;
    [[nodiscard]] base::Result<void> scan_reverse(
        base::ByteView begin, base::ByteView end,
        const std::function<bool(base::ByteView, base::ByteView)>& visit) const override;
    [[nodiscard]] base::Result<void> write(const WriteBatch& batch) override;

    /// Reads every byte of every file of the database: whole-file checksums of each .sst, every
    /// record of the WAL with its padding. Errors: `corrupted`, naming the file and what is wrong.
    [[nodiscard]] base::Result<void> verify_files() const;
    /// Number of the last batch; 0 before the first.
    [[nodiscard]] std::uint64_t batch_number() const;
    /// Whether it can be written to now. Errors: `storage_full` while the disk has no room,
    /// `unavailable` once only opening it anew can help.
    [[nodiscard]] base::Result<void> check_writable() const;

private:
    struct State;
    explicit RocksStore(std::unique_ptr<State> state);
    [[nodiscard]] static base::Result<std::unique_ptr<RocksStore>> open_view(
        const std::filesystem::path& folder, const RocksOptions& options);
    std::unique_ptr<State> state_;
};

}  // namespace storage
