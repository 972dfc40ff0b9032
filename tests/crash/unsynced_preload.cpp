// SPDX-License-Identifier: Apache-2.0
// LD_PRELOAD library: see unsynced.h. Environment:
//   UNSYNCED_ROOT    the folder that is watched
//   UNSYNCED_SHADOW  where the synced bytes go
//   UNSYNCED_DELAY   microseconds that a sync takes, so that a kill often falls between a write and
//                    its sync; without it 0
//   UNSYNCED_IGNORE  "file:GLOB" or "folder:GLOB": paths whose syncs are taken out; then the tests
//                    must fail
#include <dlfcn.h>
#include <fnmatch.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "unsynced.h"

namespace {

std::string path_of(int descriptor) {
    char path[PATH_MAX];
    const auto link = "/proc/self/fd/" + std::to_string(descriptor);
    const ssize_t size = readlink(link.c_str(), path, sizeof path);
    return size > 0 ? std::string(path, static_cast<size_t>(size)) : std::string();
}

int synced(int descriptor, int (*real)(int)) {
    static const char* const root = std::getenv("UNSYNCED_ROOT");
    static const char* const shadow = std::getenv("UNSYNCED_SHADOW");
    static const char* const ignore = std::getenv("UNSYNCED_IGNORE");
    static std::mutex one_at_a_time;
    const auto path = path_of(descriptor);
    if (root == nullptr || shadow == nullptr || !path.starts_with(root)) return real(descriptor);

    struct stat info{};
    const bool folder = fstat(descriptor, &info) == 0 && S_ISDIR(info.st_mode);
    if (ignore != nullptr &&
        fnmatch(ignore, ((folder ? "folder:" : "file:") + path).c_str(), 0) == 0) {
        return 0;
    }
    static const char* const delay = std::getenv("UNSYNCED_DELAY");
    if (delay != nullptr) usleep(static_cast<useconds_t>(std::atoi(delay)));
    const std::lock_guard guard(one_at_a_time);
    const bool ok =
        folder ? unsynced::copy_folder(path, shadow) : unsynced::copy_file(descriptor, shadow);
    if (!ok) {
        std::fprintf(stderr, "unsynced: cannot copy %s to the shadow\n", path.c_str());
        std::abort();
    }
    return 0;
}

template <class Function>
Function next_symbol(const char* name) {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" int fsync(int descriptor) {
    static const auto real = next_symbol<int (*)(int)>("fsync");
    return synced(descriptor, real);
}
extern "C" int fdatasync(int descriptor) {
    static const auto real = next_symbol<int (*)(int)>("fdatasync");
    return synced(descriptor, real);
}
