// SPDX-License-Identifier: Apache-2.0
#include "storage/internal/table_checksum.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "storage/internal/crc32c.h"
#include "storage/internal/descriptor.h"

namespace storage::internal {
namespace {

constexpr std::size_t tail_bytes = 16 * 1024;
constexpr std::size_t checksum_bytes = 8;

class Generator final : public rocksdb::FileChecksumGenerator {
public:
    void Update(const char* data, std::size_t size) override {
        const base::ByteView more(reinterpret_cast<const std::uint8_t*>(data), size);
        whole_ = crc32c(more, whole_);
        base::append(tail_, more.last(std::min(more.size(), tail_bytes)));
        // Trimmed now and then only, so that small updates do not move the tail each time.
        if (tail_.size() > 4 * tail_bytes) trim();
    }
    void Finalize() override {
        trim();
        base::Bytes out;
        base::append_u32(out, whole_);
        base::append_u32(out, crc32c(tail_));
        checksum_ = base::as_text(out);
    }
    std::string GetChecksum() const override { return checksum_; }
    const char* Name() const override { return table_checksum_name.data(); }

private:
    void trim() {
        if (tail_.size() <= tail_bytes) return;
        tail_.erase(tail_.begin(), tail_.end() - static_cast<std::ptrdiff_t>(tail_bytes));
    }

    std::uint32_t whole_ = 0;
    base::Bytes tail_;
    std::string checksum_;
};

class Factory final : public rocksdb::FileChecksumGenFactory {
public:
    std::unique_ptr<rocksdb::FileChecksumGenerator> CreateFileChecksumGenerator(
        const rocksdb::FileChecksumGenContext& context) override {
        // Asked for another kind's name (an older file), there is none to give.
        if (!context.requested_checksum_func_name.empty() &&
            context.requested_checksum_func_name != table_checksum_name) {
            return nullptr;
        }
        return std::make_unique<Generator>();
    }
    const char* Name() const override { return "SalusTableChecksumFactory"; }
};

std::unexpected<base::Error> damaged(const std::filesystem::path& table, const std::string& what) {
    return base::fail(base::ErrorCode::corrupted,
                      table.string() + " " + what + "; restore it from a backup");
}

base::Result<std::uint32_t> checksum_from(const Descriptor& file, const std::string& path,
                                          std::uint64_t offset) {
    base::Bytes buffer(256 * 1024);
    std::uint32_t checksum = 0;
    for (;; offset += buffer.size()) {
        const auto got = read_at(file.number(), buffer, offset);
        if (!got) return system_error(errno, "read", path);
        checksum = crc32c(base::ByteView(buffer).first(*got), checksum);
        if (*got < buffer.size()) return checksum;
    }
}

// `from`: where to begin; `part`: which half of the entry's checksum speaks of the bytes from
// there.
base::Result<void> check_from(const std::filesystem::path& table, const TableEntry& entry,
                              std::uint64_t from, std::size_t part) {
    if (entry.checksum.size() != checksum_bytes) return damaged(table, "has no checksum");
    const auto file = open_file(table.string(), O_RDONLY);
    if (!file.valid()) return system_error(errno, "read", table.string());
    const ::off_t end = ::lseek(file.number(), 0, SEEK_END);
    if (end < 0) return system_error(errno, "read", table.string());
    if (static_cast<std::uint64_t>(end) != entry.size_bytes) {
        return damaged(table, "does not have the size that the MANIFEST says");
    }
    const auto checksum = checksum_from(file, table.string(), from);
    if (!checksum) return pass(checksum);
    if (*checksum != base::read_u32(base::ByteView(entry.checksum).subspan(part))) {
        return damaged(table, "fails its checksum");
    }
    return {};
}

}  // namespace

std::shared_ptr<rocksdb::FileChecksumGenFactory> table_checksum_factory() {
    return std::make_shared<Factory>();
}

base::Result<void> check_table_tail(const std::filesystem::path& table, const TableEntry& entry) {
    const auto from = entry.size_bytes - std::min<std::uint64_t>(entry.size_bytes, tail_bytes);
    return check_from(table, entry, from, 4);
}

base::Result<void> check_whole_table(const std::filesystem::path& table, const TableEntry& entry) {
    return check_from(table, entry, 0, 0);
}

}  // namespace storage::internal
