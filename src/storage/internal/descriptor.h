// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"

namespace storage::internal {

/// Owns one open file.
class Descriptor {
public:
    explicit Descriptor(int number = -1) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }

    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] bool valid() const { return number_ >= 0; }
    [[nodiscard]] int release() { return std::exchange(number_, -1); }

private:
    int number_;
};

/// open(2) again while a signal interrupts it; always close-on-exec.
[[nodiscard]] Descriptor open_file(const std::string& path, int flags, unsigned mode = 0);
/// The error of a failed call on `path`: `storage_full` for ENOSPC and EDQUOT, `not_found` for
/// ENOENT, `unavailable` for the rest.
[[nodiscard]] std::unexpected<base::Error> system_error(int number, const std::string& action,
                                                        const std::string& path);
/// Writes all of `bytes` at `offset`, or says with errno why not.
[[nodiscard]] bool write_all(int descriptor, base::ByteView bytes, std::uint64_t offset);
/// Reads what is there at `offset`, up to the size of `out`; nothing (errno says why) on failure.
[[nodiscard]] std::optional<std::size_t> read_at(int descriptor, std::span<std::uint8_t> out,
                                                 std::uint64_t offset);
/// fdatasync and fsync, again while a signal interrupts them.
[[nodiscard]] bool sync_data(int descriptor);
[[nodiscard]] bool sync_all(int descriptor);

}  // namespace storage::internal
