// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/random.h"
#include "storage/key_value_store.h"
#include "wire/ids.h"

namespace vault {

/// Chosen by us: a report of 10,000 readings has well under 1 MiB. Also what an object may unpack
/// to.
inline constexpr std::size_t content_bytes_max = 16 * 1024 * 1024;

/// A fresh key for one record and the salts that HKDF derives from it: when the key is destroyed,
/// the hashes on the chain are left without anything that could be guessed.
struct RecordKey {
    base::Bytes key;  ///< 32 bytes.
    std::array<std::uint8_t, 32> content_salt;
    std::array<std::uint8_t, 32> leaf_salt;
};
struct Sealed {
    wire::ContentId content_id;  ///< Of the encrypted bytes.
    wire::Hash256 content_hash;  ///< SHA-512/256 of content_salt | content.
};

/// Records, off chain: zstd, then AES-256-GCM under a key of their own, named by CIDv1 (raw,
/// sha2-256) of the encrypted bytes. The record key stands wrapped for each person entitled.
/// Objects are files under `folder`; wrapped keys stand in `keys`. Thread-safe.
class Vault {
public:
    /// Borrows `keys` and `random`. `master_key`: 32 bytes, from the node's key store.
    [[nodiscard]] static base::Result<std::unique_ptr<Vault>> open(std::filesystem::path folder,
                                                                   storage::KeyValueStore& keys,
                                                                   base::ByteView master_key,
                                                                   base::Random& random);
    ~Vault();

    [[nodiscard]] RecordKey new_record_key();
    /// Durable when it returns. The same record key and content again is not an error and gives the
    /// same id. Errors: `too_large` above `content_bytes_max`, `malformed` if nobody is entitled,
    /// `storage_full`, `unavailable`; then what was written already opens for nobody.
    [[nodiscard]] base::Result<Sealed> put(const RecordKey& record, base::ByteView content,
                                           std::span<const wire::LedgerId> entitled);
    /// Checks the object against its name before it opens it. Errors: `not_authorised` if no key is
    /// wrapped for `reader`, `not_found`, `corrupted` naming the object.
    [[nodiscard]] base::Result<base::Bytes> open_record(const wire::ContentId& id,
                                                        const wire::LedgerId& reader) const;
    /// The salts of a record, for whoever may open it.
    [[nodiscard]] base::Result<RecordKey> record_key(const wire::ContentId& id,
                                                     const wire::LedgerId& reader) const;
    /// Wraps the key for one more person. Errors: `not_authorised` unless `holder` is entitled.
    [[nodiscard]] base::Result<void> entitle(const wire::ContentId& id,
                                             const wire::LedgerId& holder,
                                             const wire::LedgerId& reader);
    /// Every object in the folder, in the order of their names.
    [[nodiscard]] base::Result<std::vector<wire::ContentId>> list() const;

private:
    struct State;
    explicit Vault(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Is the object there and does it hash to its name? Needs no key. Errors: `not_found`,
/// `corrupted`.
[[nodiscard]] base::Result<void> verify_object(const std::filesystem::path& folder,
                                               const wire::ContentId& id);
/// Puts the object of another vault's folder where it is missing or damaged here, once it hashes to
/// its name. A damaged one is kept in `quarantine`. Errors: those of `verify_object` for the other
/// folder, `storage_full`, `unavailable`.
[[nodiscard]] base::Result<void> fetch_object(const std::filesystem::path& folder,
                                              const std::filesystem::path& from,
                                              const std::filesystem::path& quarantine,
                                              const wire::ContentId& id);
/// "bafkrei...": base32 lower-case multibase text, as IPFS writes it.
[[nodiscard]] std::string to_text(const wire::ContentId& id);

}  // namespace vault
