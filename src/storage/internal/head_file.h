// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "storage/internal/descriptor.h"

namespace storage::internal {

/// The number of the last acknowledged batch, synced apart from the database it vouches for.
/// Two slots of 64 bytes, written in turn: "SALUSHD1" | number 8, big-endian | 44 zero bytes |
/// CRC-32C of the 60 bytes before. A slot that a power cut tore leaves the other.
class HeadFile {
public:
    static constexpr std::size_t slot_bytes = 64;

    /// Both slots as they stand in the file; nothing in one that fails its checksum.
    struct Slots {
        std::array<std::optional<std::uint64_t>, 2> numbers;
        /// Nothing if both are broken.
        [[nodiscard]] std::optional<std::uint64_t> newest() const;
        [[nodiscard]] bool whole() const { return numbers[0] && numbers[1]; }
    };
    /// Errors: `not_found`, `corrupted` for a wrong size, `unavailable`.
    [[nodiscard]] static base::Result<Slots> read(const std::filesystem::path& path);

    /// Writes a file whose slots both say 0.
    [[nodiscard]] static base::Result<void> create(const std::filesystem::path& path);
    /// Errors: those of `read`, and `corrupted` if both slots are broken.
    [[nodiscard]] static base::Result<HeadFile> open(const std::filesystem::path& path);

    /// Durable when it returns. Errors: `storage_full`, `unavailable`; then nothing is known of the
    /// slot it was to write, and the file must be opened anew.
    [[nodiscard]] base::Result<void> write(std::uint64_t number);
    [[nodiscard]] std::uint64_t number() const { return number_; }

private:
    HeadFile(std::string path, Descriptor file, const Slots& slots);
    std::string path_;
    Descriptor file_;
    std::uint64_t number_;
    std::size_t next_slot_;
};

}  // namespace storage::internal
