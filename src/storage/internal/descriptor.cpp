// SPDX-License-Identifier: Apache-2.0
#include "storage/internal/descriptor.h"

#include <fcntl.h>

#include <cerrno>
#include <system_error>

namespace storage::internal {

Descriptor open_file(const std::string& path, int flags, unsigned mode) {
    int number = -1;
    do {
        number = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    } while (number < 0 && errno == EINTR);
    return Descriptor(number);
}

std::unexpected<base::Error> system_error(int number, const std::string& action,
                                          const std::string& path) {
    const std::string detail =
        "cannot " + action + " " + path + ": " + std::generic_category().message(number);
    if (number == ENOSPC || number == EDQUOT) {
        return base::fail(base::ErrorCode::storage_full, detail + "; make room, then retry");
    }
    if (number == ENOENT) return base::fail(base::ErrorCode::not_found, detail);
    return base::fail(base::ErrorCode::unavailable, detail);
}

bool write_all(int descriptor, base::ByteView bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const ssize_t written =
            ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0) {
            if (errno == EINTR) continue;
            return false;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
    return true;
}

std::optional<std::size_t> read_at(int descriptor, std::span<std::uint8_t> out,
                                   std::uint64_t offset) {
    std::size_t got = 0;
    while (got < out.size()) {
        const ssize_t more = ::pread(descriptor, out.data() + got, out.size() - got,
                                     static_cast<off_t>(offset + got));
        if (more < 0) {
            if (errno == EINTR) continue;
            return std::nullopt;
        }
        if (more == 0) break;
        got += static_cast<std::size_t>(more);
    }
    return got;
}

bool sync_data(int descriptor) {
    int result = 0;
    do {
        result = ::fdatasync(descriptor);
    } while (result < 0 && errno == EINTR);
    return result == 0;
}

bool sync_all(int descriptor) {
    int result = 0;
    do {
        result = ::fsync(descriptor);
    } while (result < 0 && errno == EINTR);
    return result == 0;
}

}  // namespace storage::internal
