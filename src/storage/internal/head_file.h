// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "storage/internal/descriptor.h"

namespace storage::internal {

/// The number of the last acknowledged batch, synced apart from the database it vouches for.
/// Two slots of 64 bytes, written in turn: "SALUSHD2" | number 8 | mark 8, both big-endian | 36
/// zero bytes | CRC-32C of the 60 bytes before. A slot that a power cut tore leaves the other. The
/// digit is the format of the whole store: 1 had no checksum on each value and no mark.
class HeadFile {
public:
    static constexpr std::size_t slot_bytes = 64;

    struct Entry {
        std::uint64_t number = 0;
        std::uint64_t mark = 0;  ///< WriteBatch::set_mark; 0 before the first.
        friend auto operator<=>(const Entry&, const Entry&) = default;
    };
    /// Both slots as they stand in the file; nothing in one that fails its checksum.
    struct Slots {
        std::array<std::optional<Entry>, 2> entries;
        /// Nothing if both are broken.
        [[nodiscard]] std::optional<Entry> newest() const;
        [[nodiscard]] bool whole() const { return entries[0] && entries[1]; }
    };
    /// Errors: `not_found`, `corrupted` for a wrong size, `unsupported_version` for a store of
    /// another format, `unavailable`.
    [[nodiscard]] static base::Result<Slots> read(const std::filesystem::path& path);

    /// Writes a file whose slots both say `entry`.
    [[nodiscard]] static base::Result<void> create(const std::filesystem::path& path, Entry entry);
    /// Errors: those of `read`, and `corrupted` if both slots are broken.
    [[nodiscard]] static base::Result<HeadFile> open(const std::filesystem::path& path);

    /// Durable when it returns. Errors: `storage_full`, `unavailable`; then nothing is known of the
    /// slot it was to write, and the file must be opened anew.
    [[nodiscard]] base::Result<void> write(Entry entry);
    [[nodiscard]] std::uint64_t number() const { return newest_.number; }
    [[nodiscard]] std::uint64_t mark() const { return newest_.mark; }

private:
    HeadFile(std::string path, Descriptor file, const Slots& slots);
    std::string path_;
    Descriptor file_;
    Entry newest_;
    std::size_t next_slot_;
};

}  // namespace storage::internal
