// SPDX-License-Identifier: Apache-2.0
#include "vault/vault.h"

#include <algorithm>
#include <mutex>
#include <system_error>

#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/key_wrap.h"
#include "storage/files.h"
#include "vault/internal/object.h"

namespace vault {

using base::ErrorCode;

namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t id_head_bytes = 4;  // 01 55 12 20, the same in all

// 256 folders, so that none grows without bound.
std::filesystem::path folder_of(const std::filesystem::path& root, const wire::ContentId& id) {
    return root / base::to_hex(id.view().subspan(id_head_bytes, 1));
}
std::filesystem::path path_of(const std::filesystem::path& root, const wire::ContentId& id) {
    return folder_of(root, id) / base::to_hex(id.view());
}

base::Bytes wrapped_key(const wire::ContentId& id, const wire::LedgerId& reader) {
    base::Bytes key{'k', '/'};
    base::append(key, id.view());
    base::append(key, reader.view());
    return key;
}

std::string name_of(const wire::ContentId& id) {
    return "vault object " + to_text(id);
}

std::unexpected<base::Error> corrupted(const wire::ContentId& id, const std::string& what) {
    return base::fail(ErrorCode::corrupted,
                      name_of(id) + ": " + what + "; restore it from a backup");
}

// The object's bytes, if they hash to its name.
base::Result<base::Bytes> read_object(const std::filesystem::path& root,
                                      const wire::ContentId& id) {
    auto object = storage::read_file(path_of(root, id), internal::object_bytes_max());
    if (!object && object.error().code == ErrorCode::not_found) {
        return base::fail(ErrorCode::not_found, name_of(id) + " is not in " + root.string());
    }
    if (!object && object.error().code == ErrorCode::too_large) {
        return corrupted(id, "it is larger than any object can be");
    }
    if (!object) return object;
    if (internal::id_of_object(*object) != id) return corrupted(id, "it does not hash to its name");
    return object;
}

RecordKey with_salts(base::Bytes key) {
    const auto salt = [&](std::string_view purpose) {
        const auto bytes = crypto::hkdf_sha512({}, key, base::as_bytes(purpose), 32);
        std::array<std::uint8_t, 32> out;
        std::ranges::copy(bytes, out.begin());
        return out;
    };
    const auto content_salt = salt("salus vault 1 content salt");
    const auto leaf_salt = salt("salus vault 1 leaf salt");
    return {.key = std::move(key), .content_salt = content_salt, .leaf_salt = leaf_salt};
}

}  // namespace

struct Vault::State {
    std::filesystem::path folder;
    storage::KeyValueStore& keys;
    base::Bytes master_key;
    std::mutex random_mutex;
    base::Random& random;

    ~State() { crypto::wipe(master_key); }

    // The key under which record keys are wrapped for one person.
    [[nodiscard]] base::Bytes wrapping_key(const wire::LedgerId& reader) const {
        base::Bytes info;
        base::append(info, base::as_bytes("salus vault 1 wrapping"));
        base::append(info, reader.view());
        return crypto::hkdf_sha512({}, master_key, info, key_bytes);
    }
    void wrap(const wire::ContentId& id, const wire::LedgerId& reader, base::ByteView record_key,
              storage::WriteBatch& batch) {
        auto wrapping = wrapping_key(reader);
        const std::lock_guard lock(random_mutex);
        batch.put(wrapped_key(id, reader),
                  crypto::wrap_key(wrapping, record_key, id.view(), random));
        crypto::wipe(wrapping);
    }
    [[nodiscard]] base::Result<base::Bytes> unwrap(const wire::ContentId& id,
                                                   const wire::LedgerId& reader) const;
    [[nodiscard]] base::Result<void> write_object(const wire::ContentId& id,
                                                  base::ByteView object) const;
};

base::Result<base::Bytes> Vault::State::unwrap(const wire::ContentId& id,
                                               const wire::LedgerId& reader) const {
    const auto wrapped = keys.get(wrapped_key(id, reader));
    if (!wrapped) return pass(wrapped);
    if (!*wrapped) {
        // Who may not read learns no more than that; but an unknown name is worth saying.
        std::error_code error;
        if (!std::filesystem::exists(path_of(folder, id), error) && !error) {
            return base::fail(ErrorCode::not_found, name_of(id) + " is not in " + folder.string());
        }
        return base::fail(ErrorCode::not_authorised,
                          name_of(id) + ": no key is wrapped for this reader");
    }
    auto wrapping = wrapping_key(reader);
    auto key = crypto::unwrap_key(wrapping, **wrapped, id.view());
    crypto::wipe(wrapping);
    if (!key) {
        return corrupted(id,
                         "the reader's wrapped key does not open: it is damaged, or wrapped "
                         "under another master key");
    }
    return key;
}

base::Result<void> Vault::State::write_object(const wire::ContentId& id,
                                              base::ByteView object) const {
    // An object that stands there whole is left alone; one that is damaged is written anew.
    if (verify_object(folder, id)) return {};
    if (auto made = storage::make_folder(folder_of(folder, id)); !made) return made;
    return storage::write_file_synced(path_of(folder, id), object);
}

base::Result<std::unique_ptr<Vault>> Vault::open(std::filesystem::path folder,
                                                 storage::KeyValueStore& keys,
                                                 base::ByteView master_key, base::Random& random) {
    CHECK(master_key.size() == key_bytes);
    if (auto made = storage::make_folder(folder); !made) return pass(made);
    std::unique_ptr<State> state(new State{.folder = std::move(folder),
                                           .keys = keys,
                                           .master_key = {master_key.begin(), master_key.end()},
                                           .random_mutex = {},
                                           .random = random});
    return std::unique_ptr<Vault>(new Vault(std::move(state)));
}

Vault::Vault(std::unique_ptr<State> state) : state_(std::move(state)) {}
Vault::~Vault() = default;

RecordKey Vault::new_record_key() {
    base::Bytes key(key_bytes);
    const std::lock_guard lock(state_->random_mutex);
    state_->random.fill(key);
    return with_salts(std::move(key));
}

base::Result<Sealed> Vault::put(const RecordKey& record, base::ByteView content,
                                std::span<const wire::LedgerId> entitled) {
    if (content.size() > content_bytes_max) {
        return base::fail(ErrorCode::too_large, "a record has at most 16 MiB, not " +
                                                    std::to_string(content.size()) + " bytes");
    }
    if (entitled.empty()) {
        return base::fail(ErrorCode::malformed, "a record that nobody may open is not stored");
    }
    const auto object = internal::seal_object(record.key, content);
    Sealed sealed{.content_id = internal::id_of_object(object), .content_hash = {}};
    sealed.content_hash.bytes = crypto::sha512_256({record.content_salt, content});
    // The object first: keys without it would be a record that cannot be opened.
    if (auto written = state_->write_object(sealed.content_id, object); !written) {
        return pass(written);
    }
    storage::WriteBatch batch;
    for (const auto& reader : entitled) {
        const auto known = state_->keys.get(wrapped_key(sealed.content_id, reader));
        if (!known) return pass(known);
        if (!*known) state_->wrap(sealed.content_id, reader, record.key, batch);
    }
    if (batch.empty()) return sealed;
    if (auto written = state_->keys.write(batch); !written) return pass(written);
    return sealed;
}

base::Result<base::Bytes> Vault::open_record(const wire::ContentId& id,
                                             const wire::LedgerId& reader) const {
    auto key = state_->unwrap(id, reader);
    if (!key) return key;
    const auto object = read_object(state_->folder, id);
    if (!object) return object;
    auto content = internal::open_object(*key, *object);
    crypto::wipe(*key);
    if (!content) return corrupted(id, content.error().detail);
    return content;
}

base::Result<RecordKey> Vault::record_key(const wire::ContentId& id,
                                          const wire::LedgerId& reader) const {
    auto key = state_->unwrap(id, reader);
    if (!key) return pass(key);
    return with_salts(std::move(*key));
}

base::Result<void> Vault::entitle(const wire::ContentId& id, const wire::LedgerId& holder,
                                  const wire::LedgerId& reader) {
    auto key = state_->unwrap(id, holder);
    if (!key) return pass(key);
    storage::WriteBatch batch;
    state_->wrap(id, reader, *key, batch);
    crypto::wipe(*key);
    return state_->keys.write(batch);
}

base::Result<std::vector<wire::ContentId>> Vault::list() const {
    std::vector<wire::ContentId> out;
    std::error_code error;
    std::filesystem::recursive_directory_iterator at(state_->folder, error);
    for (; !error && at != std::filesystem::recursive_directory_iterator(); at.increment(error)) {
        // Other files are what a write that was cut short leaves beside its target.
        const auto id = base::fixed_from_hex<wire::ContentId>(at->path().filename().string());
        if (id && at->path() == path_of(state_->folder, *id)) out.push_back(*id);
    }
    if (error) {
        return base::fail(ErrorCode::unavailable,
                          "cannot list " + state_->folder.string() + ": " + error.message());
    }
    std::ranges::sort(out);
    return out;
}

base::Result<void> verify_object(const std::filesystem::path& folder, const wire::ContentId& id) {
    const auto object = read_object(folder, id);
    if (!object) return pass(object);
    return {};
}

base::Result<void> fetch_object(const std::filesystem::path& folder,
                                const std::filesystem::path& from,
                                const std::filesystem::path& quarantine,
                                const wire::ContentId& id) {
    const auto object = read_object(from, id);
    if (!object) return pass(object);
    const auto path = path_of(folder, id);
    std::error_code error;
    if (std::filesystem::exists(path, error)) {
        if (auto made = storage::make_folder(quarantine); !made) return made;
        std::filesystem::copy_file(path, quarantine / path.filename(), error);
        if (error) {
            return base::fail(ErrorCode::unavailable,
                              name_of(id) + " cannot be kept: " + error.message());
        }
    }
    if (auto made = storage::make_folder(folder_of(folder, id)); !made) return made;
    return storage::write_file_synced(path, *object);
}

std::string to_text(const wire::ContentId& id) {
    // RFC 4648 section 6, lower case, unpadded; "b" is its multibase prefix.
    constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    std::string text = "b";
    std::uint32_t bits = 0;
    int count = 0;
    for (const std::uint8_t byte : id.bytes) {
        bits = (bits << 8 | byte) & 0xfff;
        for (count += 8; count >= 5; count -= 5) text += alphabet[bits >> (count - 5) & 31];
    }
    if (count > 0) text += alphabet[bits << (5 - count) & 31];
    return text;
}

}  // namespace vault
