// SPDX-License-Identifier: Apache-2.0
#include "storage/internal/head_file.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "storage/files.h"
#include "storage/internal/crc32c.h"

namespace storage::internal {
namespace {

constexpr std::string_view magic = "SALUSHD2";
constexpr std::size_t family_bytes = 7;  // of the magic, before the digit
constexpr std::size_t checked_bytes = HeadFile::slot_bytes - 4;

base::Bytes encode_slot(const HeadFile::Entry& entry) {
    base::Bytes slot(magic.begin(), magic.end());
    base::append_u64(slot, entry.number);
    base::append_u64(slot, entry.mark);
    slot.resize(checked_bytes);
    base::append_u32(slot, crc32c(slot));
    return slot;
}

std::optional<HeadFile::Entry> decode_slot(base::ByteView slot) {
    const HeadFile::Entry entry{
        .number = base::read_u64(slot.subspan(magic.size())),
        .mark = base::read_u64(slot.subspan(magic.size() + sizeof(std::uint64_t)))};
    if (!std::ranges::equal(encode_slot(entry), slot)) return std::nullopt;
    return entry;
}

// The digit of a whole slot that another version of this program wrote.
std::optional<char> other_format(base::ByteView slot) {
    const auto text = base::as_text(slot);
    if (text.substr(0, family_bytes) != magic.substr(0, family_bytes)) return std::nullopt;
    if (text[family_bytes] == magic[family_bytes]) return std::nullopt;
    const auto checksum = base::read_u32(slot.subspan(checked_bytes));
    if (crc32c(slot.first(checked_bytes)) != checksum) return std::nullopt;
    return text[family_bytes];
}

std::unexpected<base::Error> wrong_format(const std::filesystem::path& path, char format) {
    return base::fail(base::ErrorCode::unsupported_version,
                      path.parent_path().string() + " is a store of format " + format +
                          ", and this program reads format " + magic[family_bytes] +
                          ": use the program that wrote it, or set up a new data folder");
}

}  // namespace

std::optional<HeadFile::Entry> HeadFile::Slots::newest() const {
    return std::max(entries[0], entries[1]);  // nothing is below any entry
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
        for (const auto slot : {view.first(slot_bytes), view.last(slot_bytes)}) {
            if (const auto format = other_format(slot)) return wrong_format(path, *format);
        }
        slots.entries = {decode_slot(view.first(slot_bytes)), decode_slot(view.last(slot_bytes))};
    }
    return slots;
}

base::Result<void> HeadFile::create(const std::filesystem::path& path, Entry entry) {
    base::Bytes bytes = encode_slot(entry);
    base::append(bytes, encode_slot(entry));
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
      newest_(*slots.newest()),
      next_slot_(slots.entries[0] == newest_ ? 1 : 0) {}

base::Result<void> HeadFile::write(Entry entry) {
    if (!write_all(file_.number(), encode_slot(entry), next_slot_ * slot_bytes) ||
        !sync_data(file_.number())) {
        return system_error(errno, "write", path_);
    }
    newest_ = entry;
    next_slot_ = 1 - next_slot_;
    return {};
}

}  // namespace storage::internal
