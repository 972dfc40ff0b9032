// SPDX-License-Identifier: Apache-2.0
#include "storage/internal/log_check.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "storage/internal/crc32c.h"
#include "storage/internal/descriptor.h"

namespace storage::internal {
namespace {

constexpr std::size_t block_bytes = 32 * 1024;
constexpr std::size_t fragment_header_bytes = 7;
// The recyclable kinds (5 to 8) and compressed logs (9) are not in use: see rocks_options.cpp.
enum FragmentType : std::uint8_t { full = 1, first = 2, middle = 3, last = 4 };

std::uint32_t read_u32_little(base::ByteView at) {
    return static_cast<std::uint32_t>(at[0]) | static_cast<std::uint32_t>(at[1]) << 8 |
           static_cast<std::uint32_t>(at[2]) << 16 | static_cast<std::uint32_t>(at[3]) << 24;
}

// RocksDB stores a rotated checksum plus a constant, so that a checksum of bytes that hold
// checksums stays meaningful (util/crc32c.h).
std::uint32_t masked(std::uint32_t crc) {
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

// Goes through the blocks of one file and joins fragments to records.
class LogReader {
public:
    LogReader(std::string path, const std::function<void(base::ByteView)>& visit, LogDamage damage)
        : path_(std::move(path)), visit_(visit), damage_(damage) {}

    // Takes one block, or less of it at the end of the file; false once the log ends.
    base::Result<bool> take_block(base::ByteView block) {
        auto taken = take_fragments(block);
        if (taken || damage_ == LogDamage::refuse) return taken;
        end_.damaged = true;
        open_ = false;
        if (damage_ == LogDamage::stop) {
            end_.damage = taken.error().detail;
            return false;
        }
        offset_ += block.size();
        return block.size() == block_bytes;
    }

    [[nodiscard]] LogEnd end() const {
        LogEnd end = end_;
        end.torn |= open_;
        return end;
    }

private:
    base::Result<bool> take_fragments(base::ByteView block) {
        std::size_t at = 0;
        while (block.size() - at >= fragment_header_bytes) {
            const auto length = static_cast<std::size_t>(block[at + 4] | block[at + 5] << 8);
            const std::size_t end = at + fragment_header_bytes + length;
            if (end > block_bytes) return corrupted(at, "a record reaches past its block");
            if (end > block.size()) break;
            const auto checked = block.subspan(at + 6, 1 + length);
            if (masked(crc32c(checked)) != read_u32_little(block.subspan(at))) {
                return corrupted(at, "a record fails its checksum");
            }
            if (!join(block[at + 6], checked.subspan(1))) {
                return corrupted(at, "a record stands where it cannot");
            }
            at = end;
            if (!open_ && !end_.damaged) end_.bytes = offset_ + at;
        }
        const bool whole = block.size() == block_bytes;
        const auto rest = block.subspan(at);
        if (whole && std::ranges::any_of(rest, [](std::uint8_t byte) { return byte != 0; })) {
            return corrupted(at, "the padding of a block is not zero");
        }
        if (!whole && !rest.empty()) end_.torn = true;
        offset_ += block.size();
        return whole;
    }

    bool join(std::uint8_t type, base::ByteView data) {
        const bool begins = type == full || type == first;
        const bool continues = type == middle || type == last;
        // The rest of a record whose beginning was passed over.
        if (continues && !open_ && end_.damaged) return true;
        if ((!begins && !continues) || begins == open_) return false;
        if (begins) record_.clear();
        base::append(record_, data);
        open_ = type == first || type == middle;
        if (!open_) visit_(record_);
        return true;
    }
    [[nodiscard]] std::unexpected<base::Error> corrupted(std::size_t at,
                                                         const std::string& what) const {
        return base::fail(base::ErrorCode::corrupted, path_ + ": " + what + " at byte " +
                                                          std::to_string(offset_ + at) +
                                                          "; restore it from a backup");
    }

    std::string path_;
    const std::function<void(base::ByteView)>& visit_;
    LogDamage damage_;
    base::Bytes record_;
    bool open_ = false;  ///< A record has begun and not ended.
    std::uint64_t offset_ = 0;
    LogEnd end_;
};

}  // namespace

base::Result<LogEnd> check_log(const std::filesystem::path& path, std::uint64_t bytes_max,
                               const std::function<void(base::ByteView)>& visit, LogDamage damage) {
    const Descriptor file = open_file(path.string(), O_RDONLY);
    if (!file.valid()) return system_error(errno, "read", path.string());
    LogReader reader(path.string(), visit, damage);
    base::Bytes block(block_bytes);
    for (std::uint64_t offset = 0;; offset += block_bytes) {
        const auto wanted = std::min<std::uint64_t>(block_bytes, bytes_max - offset);
        const auto got = read_at(file.number(), std::span(block).first(wanted), offset);
        if (!got) return system_error(errno, "read", path.string());
        const auto more = reader.take_block(base::ByteView(block).first(*got));
        if (!more) return pass(more);
        if (!*more) return reader.end();
    }
}

}  // namespace storage::internal
