// SPDX-License-Identifier: Apache-2.0
// unsynced seed ROOT SHADOW   all of ROOT, at rest, counts as synced
// unsynced make SHADOW ROOT   ROOT becomes what was synced
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "unsynced.h"

namespace {

namespace fs = std::filesystem;

bool seed(const fs::path& folder, const fs::path& shadow) {
    bool ok = unsynced::copy_folder(folder, shadow);
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.is_directory()) {
            ok = seed(entry.path(), shadow) && ok;
        } else if (entry.is_regular_file()) {
            const int descriptor = open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
            ok = descriptor >= 0 && unsynced::copy_file(descriptor, shadow) && ok;
            if (descriptor >= 0) close(descriptor);
        }
    }
    return ok;
}

void make(const fs::path& shadow, const std::string& identity, const fs::path& folder) {
    fs::create_directories(folder);
    fs::permissions(folder, fs::perms::owner_all);
    std::ifstream names(shadow / "folders" / identity);
    std::string kind, who, name;
    while (names >> kind >> who && std::getline(names >> std::ws, name)) {
        if (kind == "d") {
            make(shadow, who, folder / name);
        } else if (fs::exists(shadow / "files" / who)) {
            fs::copy_file(shadow / "files" / who, folder / name);
            fs::permissions(folder / name, fs::perms::owner_read | fs::perms::owner_write);
        } else {
            std::ofstream(folder / name).flush();  // the name was synced, its bytes never were
        }
    }
}

}  // namespace

int main(int count, char** words) {
    const std::string verb = count == 4 ? words[1] : "";
    if (verb == "seed") {
        const fs::path root = words[2], shadow = words[3];
        fs::remove_all(shadow);
        fs::create_directories(shadow / "files");
        fs::create_directories(shadow / "folders");
        fs::create_directories(root);
        std::ofstream(shadow / "root") << unsynced::identity_of(root);
        return seed(root, shadow) ? 0 : 1;
    }
    if (verb == "make") {
        const fs::path shadow = words[2], root = words[3];
        std::string identity;
        std::ifstream(shadow / "root") >> identity;
        fs::remove_all(root);
        make(shadow, identity, root);
        return 0;
    }
    std::fprintf(stderr, "usage: unsynced seed ROOT SHADOW | unsynced make SHADOW ROOT\n");
    return 2;
}
