// SPDX-License-Identifier: Apache-2.0
#include "storage/internal/manifest.h"

#include <algorithm>

#include "storage/internal/log_check.h"

namespace storage::internal {
namespace {

enum Tag : std::uint64_t {
    comparator = 1,
    log_number = 2,
    next_file_number = 3,
    last_sequence = 4,
    compact_cursor = 5,
    deleted_file = 6,
    previous_log_number = 9,
    min_log_number_to_keep = 10,
    new_file_4 = 103,
    column_family = 200,
    max_column_family = 203,
    in_atomic_group = 300,
    // Tags with this bit are followed by their length, so that older readers can pass over them.
    may_be_ignored = 1 << 13,
};
enum FieldTag : std::uint64_t { terminate = 1, file_checksum = 7 };

// Takes varints and length-prefixed bytes off the front; once something does not fit, all that
// follows is empty or 0 and `ok` is false.
class Fields {
public:
    explicit Fields(base::ByteView rest) : rest_(rest) {}

    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (rest_.empty()) break;
            const std::uint8_t byte = rest_.front();
            rest_ = rest_.subspan(1);
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return value;
        }
        fail();
        return 0;
    }
    base::ByteView prefixed() {
        const std::uint64_t length = varint();
        if (length > rest_.size()) {
            fail();
            return {};
        }
        const auto out = rest_.first(length);
        rest_ = rest_.subspan(length);
        return out;
    }
    void fail() {
        ok_ = false;
        rest_ = {};
    }
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool empty() const { return rest_.empty(); }

private:
    base::ByteView rest_;
    bool ok_ = true;
};

void take_new_file(Fields& fields, Manifest& manifest) {
    fields.varint();  // level
    const std::uint64_t number = fields.varint();
    TableEntry entry;
    entry.size_bytes = fields.varint();
    fields.prefixed();  // smallest key
    fields.prefixed();  // largest key
    fields.varint();    // smallest sequence
    const std::uint64_t largest = fields.varint();
    manifest.last_sequence = std::max(manifest.last_sequence, largest);
    while (fields.ok()) {
        const std::uint64_t tag = fields.varint();
        if (tag == terminate) break;
        const auto value = fields.prefixed();
        if (tag == file_checksum) entry.checksum.assign(value.begin(), value.end());
    }
    manifest.tables.insert_or_assign(number, std::move(entry));
}

// Applies one version edit; false if it is not understood.
bool apply(base::ByteView record, Manifest& manifest) {
    Fields fields(record);
    while (fields.ok() && !fields.empty()) {
        const std::uint64_t tag = fields.varint();
        switch (tag) {
            case last_sequence:
                manifest.last_sequence = std::max(manifest.last_sequence, fields.varint());
                break;
            case log_number:
            case next_file_number:
            case previous_log_number:
            case min_log_number_to_keep:
            case column_family:
            case max_column_family:
            case in_atomic_group:
                fields.varint();
                break;
            case comparator:
                fields.prefixed();
                break;
            case compact_cursor:
                fields.varint();
                fields.prefixed();
                break;
            case deleted_file:
                fields.varint();
                manifest.tables.erase(fields.varint());
                break;
            case new_file_4:
                take_new_file(fields, manifest);
                break;
            default:
                if ((tag & may_be_ignored) == 0) return false;
                fields.prefixed();
        }
    }
    return fields.ok();
}

}  // namespace

base::Result<Manifest> read_manifest(const std::filesystem::path& path) {
    Manifest manifest;
    bool understood = true;
    const auto end = check_log(
        path, UINT64_MAX,
        [&](base::ByteView record) { understood = understood && apply(record, manifest); },
        LogDamage::stop);
    if (!end) return pass(end);
    if (!understood) {
        return base::fail(base::ErrorCode::corrupted,
                          path.string() + " holds an entry that RocksDB 7.8 does not write");
    }
    return manifest;
}

}  // namespace storage::internal
