// SPDX-License-Identifier: Apache-2.0
#include "storage/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/check.h"
#include "storage/internal/crc32c.h"
#include "storage/internal/descriptor.h"

namespace storage {

using base::ErrorCode;
using internal::Descriptor;
using internal::system_error;

namespace {

std::string parent_of(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path().string() : ".";
}

base::Result<void> sync_parent(const std::filesystem::path& path) {
    const std::string name = parent_of(path);
    const Descriptor opened = internal::open_file(name, O_RDONLY | O_DIRECTORY);
    if (!opened.valid() || !internal::sync_all(opened.number())) {
        return system_error(errno, "sync the folder", name);
    }
    return {};
}

// A new name beside `path` that no other writer holds: two that write one path at once then never
// share a half-written file.
base::Result<std::pair<Descriptor, std::string>> open_beside(const std::filesystem::path& path) {
    std::string name = path.string() + ".XXXXXX.new";
    const int number = ::mkostemps(name.data(), 4, O_CLOEXEC);  // mode 0600
    if (number < 0) {
        const int reason = errno;
        auto error = system_error(reason, "create a file beside", path.string());
        if (error.error().code == ErrorCode::not_found) error.error().code = ErrorCode::unavailable;
        return error;
    }
    return std::pair(Descriptor(number), std::move(name));
}

enum class Readers : std::uint8_t { anyone, owner_alone };

base::Result<base::Bytes> read(const std::filesystem::path& path, std::size_t bytes_max,
                               Readers readers) {
    const Descriptor file = internal::open_file(path.string(), O_RDONLY);
    struct stat about{};
    if (!file.valid() || ::fstat(file.number(), &about) != 0) {
        return system_error(errno, "read", path.string());
    }
    if (S_ISDIR(about.st_mode)) return system_error(EISDIR, "read", path.string());
    constexpr ::mode_t others = S_IRWXG | S_IRWXO;
    if (readers == Readers::owner_alone && (about.st_mode & others) != 0) {
        return base::fail(
            ErrorCode::not_authorised,
            path.string() + " can be read by others; run: chmod 600 " + path.string());
    }
    // The size is a hint: what is read decides, since a file can grow and /proc says 0.
    const std::size_t hint = about.st_size > 0 ? static_cast<std::size_t>(about.st_size) : 0;
    base::Bytes bytes(std::min(hint, bytes_max) + 1);
    std::size_t used = 0;
    while (true) {
        const auto got = internal::read_at(file.number(), std::span(bytes).subspan(used), used);
        if (!got) return system_error(errno, "read", path.string());
        used += *got;
        if (used > bytes_max) {
            return base::fail(ErrorCode::too_large, path.string() + " is larger than " +
                                                        std::to_string(bytes_max) + " bytes");
        }
        if (used < bytes.size()) break;
        bytes.resize(std::min(bytes.size() * 2, bytes_max + 1));
    }
    bytes.resize(used);
    return bytes;
}

}  // namespace

base::Result<void> write_file_synced(const std::filesystem::path& path, base::ByteView bytes) {
    auto beside = open_beside(path);
    if (!beside) return pass(beside);
    auto& [file, name] = *beside;
    if (!internal::write_all(file.number(), bytes, 0) || !internal::sync_all(file.number()) ||
        ::rename(name.c_str(), path.c_str()) != 0) {
        const int reason = errno;
        ::unlink(name.c_str());
        return system_error(reason, "write", path.string());
    }
    return sync_parent(path);
}

base::Result<base::Bytes> read_file(const std::filesystem::path& path, std::size_t bytes_max) {
    return read(path, bytes_max, Readers::anyone);
}

base::Result<base::Bytes> read_private_file(const std::filesystem::path& path,
                                            std::size_t bytes_max) {
    return read(path, bytes_max, Readers::owner_alone);
}

base::Result<void> make_folder(const std::filesystem::path& folder) {
    if (::mkdir(folder.c_str(), 0700) == 0) return sync_parent(folder);
    const int reason = errno;
    if (reason == EEXIST) {
        struct stat about{};
        if (::stat(folder.c_str(), &about) != 0) return system_error(errno, "use", folder.string());
        if (!S_ISDIR(about.st_mode)) return system_error(ENOTDIR, "use", folder.string());
        // Whoever made it may have been killed before the sync. A parent that we may not read was
        // not ours to make, and cannot be synced from here.
        if (::access(parent_of(folder).c_str(), R_OK) != 0) return {};
        return sync_parent(folder);
    }
    const auto parent = folder.parent_path();
    if (reason != ENOENT || parent.empty() || parent == folder) {
        return system_error(reason, "create the folder", folder.string());
    }
    if (auto made = make_folder(parent); !made) return made;
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
        return system_error(errno, "create the folder", folder.string());
    }
    return sync_parent(folder);
}

base::Result<void> exchange_folders(const std::filesystem::path& a,
                                    const std::filesystem::path& b) {
    if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) != 0) {
        return system_error(errno, "exchange with " + b.string(), a.string());
    }
    if (auto synced = sync_parent(a); !synced) return synced;
    return sync_parent(b);
}

base::Result<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
    const std::string path = (folder / "salus.lock").string();
    Descriptor file = internal::open_file(path, O_RDWR | O_CREAT, 0600);
    if (!file.valid()) return system_error(errno, "open the lock", path);
    int result = 0;
    do {
        result = ::flock(file.number(), LOCK_EX | LOCK_NB);
    } while (result < 0 && errno == EINTR);
    if (result == 0) return FolderLock(file.release());
    if (errno != EWOULDBLOCK) return system_error(errno, "lock", path);
    return base::fail(ErrorCode::busy, "another process uses " + folder.string() +
                                           "; stop it first, or choose another folder");
}

FolderLock::FolderLock(FolderLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock::~FolderLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

namespace {

// "SALUSSEQ" | first number not reserved, 8 bytes | CRC-32C of the 16 bytes before, 4 bytes.
constexpr std::string_view sequence_magic = "SALUSSEQ";
constexpr std::size_t sequence_bytes = 20;

base::Bytes encode_sequence(std::uint64_t number) {
    base::Bytes out(sequence_magic.begin(), sequence_magic.end());
    base::append_u64(out, number);
    base::append_u32(out, internal::crc32c(out));
    return out;
}

base::Result<std::uint64_t> decode_sequence(base::ByteView bytes, const std::string& name) {
    if (bytes.size() == sequence_bytes) {
        const std::uint64_t number = base::read_u64(bytes.subspan(8));
        if (std::ranges::equal(encode_sequence(number), bytes)) return number;
    }
    return base::fail(ErrorCode::corrupted,
                      name +
                          " is damaged: numbers might repeat; restore it from a backup or "
                          "replace the key that these numbers serve");
}

}  // namespace

base::Result<SequenceRange> SequenceRange::open(std::filesystem::path file, std::uint64_t first,
                                                std::uint64_t range) {
    CHECK(range > 0);
    const auto bytes = read_file(file, sequence_bytes);
    if (bytes) {
        const auto number = decode_sequence(*bytes, file.string());
        if (!number) return pass(number);
        return SequenceRange(std::move(file), *number, range);
    }
    if (bytes.error().code == ErrorCode::too_large) {
        return pass(decode_sequence({}, file.string()));
    }
    if (bytes.error().code != ErrorCode::not_found) return pass(bytes);
    return SequenceRange(std::move(file), first, range);
}

base::Result<std::uint64_t> SequenceRange::next() {
    if (next_ == reserved_end_) {
        if (next_ > UINT64_MAX - range_) {
            return base::fail(ErrorCode::unavailable, file_.string() + ": no numbers are left");
        }
        if (auto written = write_file_synced(file_, encode_sequence(next_ + range_)); !written) {
            return pass(written);
        }
        reserved_end_ = next_ + range_;
    }
    return next_++;
}

}  // namespace storage
