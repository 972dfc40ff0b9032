// SPDX-License-Identifier: Apache-2.0
#include "storage/internal/head_file.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "storage/files.h"
#include "storage/internal/crc32c.h"

namespace storage::internal {
namespace {

constexpr std::string_view magic = "SALUSHD1";
constexpr std::size_t checked_bytes = HeadFile::slot_bytes - 4;

base::Bytes encode_slot(std::uint64_t number) {
    base::Bytes slot(magic.begin(), magic.end());
    base::append_u64(slot, number);
    slot.resize(checked_bytes);
    base::append_u32(slot, crc32c(slot));
    return slot;
}

std::optional<std::uint64_t> decode_slot(base::ByteView slot) {
    const std::uint64_t number = base::read_u64(slot.subspan(magic.size()));
    if (!std::ranges::equal(encode_slot(number), slot)) return std::nullopt;
    return number;
}

}  // namespace

std::optional<std::uint64_t> HeadFile::Slots::newest() const {
    return std::max(numbers[0], numbers[1]);  // nothing is below any number
}

base::Result<HeadFile::Slots> HeadFile::read(const std::filesystem::path& path) {
    // Read anew where a slot looks broken: another process may be in the middle of writing it.
    constexpr int tries_max = 5;
    Slots slots;
    for (int attempt = 0; attempt < tries_max && !slots.whole(); ++attempt) {
        const auto bytes = read_file(path, 2 * slot_bytes);
        const bool wrong_size = bytes ? bytes->size() != 2 * slot_bytes
                                      : bytes.error().code == base::ErrorCode::too_large;
        if (wrong_size) {
            return base::fail(base::ErrorCode::corrupted,
                              path.string() +
                                  " does not have 128 bytes: restore the data folder "
                                  "from a backup");
        }
        if (!bytes) return pass(bytes);
        const base::ByteView view = *bytes;
        slots.numbers = {decode_slot(view.first(slot_bytes)), decode_slot(view.last(slot_bytes))};
    }
    return slots;
}

base::Result<void> HeadFile::create(const std::filesystem::path& path) {
    base::Bytes bytes = encode_slot(0);
    base::append(bytes, encode_slot(0));
    return write_file_synced(path, bytes);
}

base::Result<HeadFile> HeadFile::open(const std::filesystem::path& path) {
    const auto slots = read(path);
    if (!slots) return pass(slots);
    if (!slots->newest()) {
        return base::fail(base::ErrorCode::corrupted,
                          path.string() +
                              ": both slots fail their checksums: restore the data "
                              "folder from a backup");
    }
    Descriptor file = open_file(path.string(), O_RDWR);
    if (!file.valid()) return system_error(errno, "open", path.string());
    return HeadFile(path.string(), std::move(file), *slots);
}

HeadFile::HeadFile(std::string path, Descriptor file, const Slots& slots)
    : path_(std::move(path)),
      file_(std::move(file)),
      number_(*slots.newest()),
      next_slot_(slots.numbers[0] == number_ ? 1 : 0) {}

base::Result<void> HeadFile::write(std::uint64_t number) {
    if (!write_all(file_.number(), encode_slot(number), next_slot_ * slot_bytes) ||
        !sync_data(file_.number())) {
        return system_error(errno, "write", path_);
    }
    number_ = number;
    next_slot_ = 1 - next_slot_;
    return {};
}

}  // namespace storage::internal
