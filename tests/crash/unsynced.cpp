// SPDX-License-Identifier: Apache-2.0
#include "unsynced.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <vector>

namespace unsynced {
namespace {

namespace fs = std::filesystem;

std::string identity(int descriptor, const char* path, int flags) {
    struct statx info{};
    if (statx(descriptor, path, flags, STATX_INO | STATX_BTIME, &info) != 0) return {};
    return std::to_string(info.stx_ino) + "-" + std::to_string(info.stx_btime.tv_sec) + "." +
           std::to_string(info.stx_btime.tv_nsec);
}

/// Small files may be overwritten in place, so they are copied whole; large ones only grow.
constexpr off_t copied_whole_max = 1 << 16;

bool write_all(int descriptor, const char* bytes, ssize_t size, off_t at) {
    while (size > 0) {
        const ssize_t written = pwrite(descriptor, bytes, static_cast<size_t>(size), at);
        if (written <= 0) return false;
        bytes += written;
        at += written;
        size -= written;
    }
    return true;
}

}  // namespace

std::string identity_of(const fs::path& path) {
    return identity(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW);
}
std::string identity_of(int descriptor) {
    return identity(descriptor, "", AT_EMPTY_PATH);
}

bool copy_file(int descriptor, const fs::path& shadow) {
    // The descriptor may be write-only; the same file is opened once more for reading.
    const auto again = "/proc/self/fd/" + std::to_string(descriptor);
    const int in = open(again.c_str(), O_RDONLY | O_CLOEXEC);
    const auto name = (shadow / "files" / identity_of(descriptor)).string();
    const int out = open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    struct stat now{}, before{};
    bool ok = in >= 0 && out >= 0 && fstat(in, &now) == 0 && fstat(out, &before) == 0;
    if (ok) {
        const bool grew = now.st_size > copied_whole_max && before.st_size <= now.st_size;
        off_t at = grew ? before.st_size : 0;
        std::vector<char> buffer(1 << 16);
        ssize_t got = 0;
        while (ok && (got = pread(in, buffer.data(), buffer.size(), at)) > 0) {
            ok = write_all(out, buffer.data(), got, at);
            at += got;
        }
        ok = ok && got == 0 && ftruncate(out, at) == 0;
    }
    if (in >= 0) close(in);
    if (out >= 0) close(out);
    return ok;
}

bool copy_folder(const fs::path& folder, const fs::path& shadow) {
    const auto name = shadow / "folders" / identity_of(folder);
    const auto fresh = name.string() + "." + std::to_string(gettid());
    {
        std::ofstream out(fresh, std::ios::trunc);
        std::error_code error;
        for (fs::directory_iterator at(folder, error), end; !error && at != end;
             at.increment(error)) {
            const auto who = identity_of(at->path());
            if (who.empty()) continue;  // removed while we looked
            out << (at->is_directory(error) ? "d " : "f ") << who << ' '
                << at->path().filename().string() << '\n';
        }
        if (!out) return false;
    }
    return std::rename(fresh.c_str(), name.c_str()) == 0;
}

}  // namespace unsynced
