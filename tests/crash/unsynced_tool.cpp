// SPDX-License-Identifier: Apache-2.0
// unsynced seed ROOT SHADOW        all of ROOT, at rest, counts as synced
// unsynced make SHADOW ROOT        ROOT becomes what was synced
// unsynced tear SEED SHADOW ROOT   the same, with random parts of what was written and not synced
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <random>

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

std::string content_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// What a disk keeps of a file of which `synced` is safe and `written` was on its way. Of what grew
// some length, in pages of which each is there or is zeros, and perhaps zeros more: a file's size
// may reach the disk before its bytes do. Of what was overwritten in place each sector is old or
// new.
class Tearing {
public:
    Tearing(unsigned seed, const fs::path& root) : chance_(seed) {
        for (const auto& entry : fs::recursive_directory_iterator(root)) {
            if (entry.is_regular_file()) written_[identity(entry.path())] = entry.path();
        }
    }
    std::string torn(const std::string& who, std::string synced) {
        const auto found = written_.find(who);
        if (found == written_.end()) return synced;
        const std::string written = content_of(found->second);
        constexpr size_t sector = 512;
        constexpr size_t page = 4096;
        const size_t grows_at = std::min(synced.size(), written.size());
        for (size_t at = 0; at < grows_at; at += sector) {
            const size_t size = std::min(sector, grows_at - at);
            if (draw(1) == 0) synced.replace(at, size, written, at, size);
        }
        if (written.size() <= synced.size()) return synced;
        const size_t end = grows_at + draw(written.size() - grows_at);
        for (size_t at = grows_at; at < end;) {
            const size_t size = std::min(page - at % page, end - at);
            synced += draw(3) == 0 ? std::string(size, '\0') : written.substr(at, size);
            at += size;
        }
        if (draw(3) == 0) synced.append(1 + draw(300'000), '\0');
        return synced;
    }

private:
    static std::string identity(const fs::path& path) { return unsynced::identity_of(path); }
    size_t draw(size_t most) { return std::uniform_int_distribution<size_t>(0, most)(chance_); }

    std::mt19937 chance_;
    std::map<std::string, fs::path> written_;
};

void make(const fs::path& shadow, const std::string& identity, const fs::path& folder,
          Tearing* tearing) {
    fs::create_directories(folder);
    fs::permissions(folder, fs::perms::owner_all);
    std::ifstream names(shadow / "folders" / identity);
    std::string kind, who, name;
    while (names >> kind >> who && std::getline(names >> std::ws, name)) {
        if (kind == "d") {
            make(shadow, who, folder / name, tearing);
            continue;
        }
        // Empty if the name was synced and its bytes never were.
        std::string bytes = content_of(shadow / "files" / who);
        if (tearing != nullptr) bytes = tearing->torn(who, std::move(bytes));
        std::ofstream(folder / name, std::ios::binary) << bytes;
        fs::permissions(folder / name, fs::perms::owner_read | fs::perms::owner_write);
    }
}

// ROOT is what was written until everything that is made of it is there.
void replace(const fs::path& shadow, const fs::path& root, Tearing* tearing) {
    std::string identity;
    std::ifstream(shadow / "root") >> identity;
    const fs::path made = root.string() + ".made";
    fs::remove_all(made);
    make(shadow, identity, made, tearing);
    fs::remove_all(root);
    fs::rename(made, root);
}

}  // namespace

int main(int count, char** words) {
    const std::string verb = count >= 4 ? words[1] : "";
    if (verb == "seed" && count == 4) {
        const fs::path root = words[2], shadow = words[3];
        fs::remove_all(shadow);
        fs::create_directories(shadow / "files");
        fs::create_directories(shadow / "folders");
        fs::create_directories(root);
        std::ofstream(shadow / "root") << unsynced::identity_of(root);
        return seed(root, shadow) ? 0 : 1;
    }
    if (verb == "make" && count == 4) {
        replace(words[2], words[3], nullptr);
        return 0;
    }
    if (verb == "tear" && count == 5) {
        Tearing tearing(static_cast<unsigned>(std::stoul(words[2])), words[4]);
        replace(words[3], words[4], &tearing);
        return 0;
    }
    std::fprintf(stderr,
                 "usage: unsynced seed ROOT SHADOW | make SHADOW ROOT | tear SEED SHADOW ROOT\n");
    return 2;
}
