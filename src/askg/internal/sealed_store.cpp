// SPDX-License-Identifier: Apache-2.0
#include "askg/internal/sealed_store.h"

#include <algorithm>

#include "base/record.h"
#include "crypto/aead.h"
#include "crypto/argon2id.h"
#include "crypto/hkdf.h"
#include "crypto/key_wrap.h"

namespace askg::internal {

using base::Bytes;
using base::ByteView;
using base::ErrorCode;
using base::Result;
using crypto::Aes256Gcm;
using crypto::Secret32;

namespace {

/// With 1 an entry could be put back that had been replaced, and nobody saw it.
constexpr std::uint8_t lock_version = 2;
constexpr std::string_view wrap_context = "askg data key";
constexpr std::string_view unlock_info = "askg unlock";
constexpr std::string_view value_context = "askg value";
constexpr std::string_view mac_info = "askg sum";

Bytes lock_key() {
    return {'L'};
}

/// How the data key is wrapped; stands in the store as it is.
struct Lock {
    UnlockSecret::Kind kind{};
    crypto::Argon2Salt salt{};
    crypto::Argon2Cost cost;  ///< Of a passphrase.
    Bytes wrapped;
};

Bytes encode(const Lock& lock) {
    base::RecordWriter out;
    out.u8(lock_version).u8(static_cast<std::uint8_t>(lock.kind)).fixed(lock.salt);
    out.u32(lock.cost.memory_kib).u32(lock.cost.passes).bytes(lock.wrapped);
    return out.take();
}

Result<Lock> decode_lock(ByteView bytes) {
    base::RecordReader in(bytes);
    Lock out;
    const auto version = in.u8();
    if (version == 1) {
        return base::fail(ErrorCode::unsupported_version,
                          "this key generator was made by an older version of Salus, which could "
                          "not tell an old entry from the newest; make a new one in an empty "
                          "folder and enrol its members again");
    }
    out.kind = in.enumerator(UnlockSecret::Kind::key, UnlockSecret::Kind::passphrase);
    out.salt = in.fixed<base::FixedBytes<struct SaltTag, sizeof(crypto::Argon2Salt)>>().bytes;
    out.cost.memory_kib = in.u32();
    out.cost.passes = in.u32();
    out.wrapped = in.bytes();
    if (version != lock_version || !in.complete()) {
        return base::fail(ErrorCode::corrupted, "the key generator's lock is damaged");
    }
    return out;
}

Result<Secret32> wrapping_key(const UnlockSecret& unlock, const Lock& lock) {
    Bytes stretched;
    const WipeAtEnd wiped(stretched);
    ByteView material = unlock.bytes();
    if (unlock.kind() == UnlockSecret::Kind::passphrase) {
        auto made = crypto::argon2id(material, lock.salt, lock.cost);
        if (!made) return base::pass(made);
        stretched = *std::move(made);
        material = stretched;
    }
    const auto key = crypto::hkdf_extract(lock.salt, material);
    return crypto::hkdf_expand<32>(key.view(), {base::as_bytes(unlock_info)});
}

Bytes associated_data(ByteView key) {
    const auto text = base::as_bytes(value_context);
    Bytes out(text.begin(), text.end());
    base::append(out, key);
    return out;
}

}  // namespace

SealedStore::SealedStore(storage::KeyValueStore& store, base::Random& random,
                         crypto::Secret32 data_key)
    : store_(&store),
      random_(&random),
      data_key_(std::move(data_key)),
      mac_key_(crypto::hkdf_expand<32>(data_key_.view(), {base::as_bytes(mac_info)})) {}

Result<bool> is_sealed(const storage::KeyValueStore& store) {
    const auto lock = store.get(lock_key());
    if (!lock) return base::pass(lock);
    return lock->has_value();
}

Result<SealedStore> SealedStore::create(storage::KeyValueStore& store, const UnlockSecret& unlock,
                                        base::Random& random, storage::WriteBatch& batch) {
    Lock lock{.kind = unlock.kind(), .salt = {}, .cost = {}, .wrapped = {}};
    random.fill(lock.salt);
    const auto key = wrapping_key(unlock, lock);
    if (!key) return base::pass(key);
    auto data_key = Secret32::draw(random);
    lock.wrapped =
        crypto::wrap_key(key->view(), data_key.view(), base::as_bytes(wrap_context), random);
    batch.put(lock_key(), encode(lock));
    return SealedStore(store, random, std::move(data_key));
}

Result<SealedStore> SealedStore::open(storage::KeyValueStore& store, const UnlockSecret& unlock,
                                      base::Random& random) {
    const auto stored = store.get(lock_key());
    if (!stored) return base::pass(stored);
    if (!*stored) return base::fail(ErrorCode::not_found, "there is no key generator here");
    const auto lock = decode_lock(**stored);
    if (!lock) return base::pass(lock);
    if (lock->kind != unlock.kind()) {
        return base::fail(
            ErrorCode::unauthenticated,
            lock->kind == UnlockSecret::Kind::key
                ? "this key generator opens with its key file, not with a passphrase"
                : "this key generator opens with its passphrase, not with a key file");
    }
    const auto key = wrapping_key(unlock, *lock);
    if (!key) return base::pass(key);
    auto data_key = crypto::unwrap_key(key->view(), lock->wrapped, base::as_bytes(wrap_context));
    if (!data_key) {
        return base::fail(ErrorCode::unauthenticated,
                          "the unlock secret does not open the key generator");
    }
    const WipeAtEnd wiped(*data_key);
    return SealedStore(store, random, *Secret32::from(*data_key));
}

void SealedStore::put(storage::WriteBatch& batch, Bytes key, ByteView value) const {
    Aes256Gcm::Nonce nonce;
    random_->fill(nonce);
    Bytes sealed(nonce.begin(), nonce.end());
    base::append(sealed, Aes256Gcm(data_key_.view()).seal(nonce, associated_data(key), value));
    batch.put(std::move(key), std::move(sealed));
}

SealedSum::Bytes SealedStore::mac_of(ByteView key, ByteView sealed) const {
    Bytes length;
    base::append_u64(length, key.size());
    const auto mac = crypto::secret_hmac_sha512(mac_key_.view(), {length, key, sealed});
    SealedSum::Bytes out{};
    std::ranges::copy(mac.view().first(out.size()), out.begin());
    return out;
}

Result<void> SealedStore::put(storage::WriteBatch& batch, Bytes key, ByteView value,
                              SealedSum& sum) const {
    const auto before = store_->get(key);
    if (!before) return base::pass(before);
    if (*before) sum.toggle(mac_of(key, **before));
    put(batch, std::move(key), value);
    const auto& entry = batch.entries().back();
    sum.toggle(mac_of(entry.key, *entry.value));
    return {};
}

Result<void> SealedStore::add_all(ByteView prefix, SealedSum& sum) const {
    return store_->scan(prefix, storage::end_of_prefix(prefix), [&](ByteView key, ByteView sealed) {
        sum.toggle(mac_of(key, sealed));
        return true;
    });
}

Result<SecretBytes> SealedStore::opened(ByteView key, ByteView sealed) const {
    const auto damaged = [&] {
        return base::fail(ErrorCode::corrupted, "the key generator's entry " + base::to_hex(key) +
                                                    " is damaged or of another place; restore the "
                                                    "folder from a backup");
    };
    if (sealed.size() < Aes256Gcm::nonce_bytes) return damaged();
    Aes256Gcm::Nonce nonce;
    std::ranges::copy(sealed.first(nonce.size()), nonce.begin());
    auto plain =
        Aes256Gcm(data_key_.view()).open(nonce, associated_data(key), sealed.subspan(nonce.size()));
    if (!plain) return damaged();
    const WipeAtEnd wiped(*plain);
    return SecretBytes(plain->begin(), plain->end());
}

Result<std::optional<SecretBytes>> SealedStore::get(ByteView key) const {
    const auto sealed = store_->get(key);
    if (!sealed) return base::pass(sealed);
    if (!*sealed) return std::optional<SecretBytes>{};
    auto plain = opened(key, **sealed);
    if (!plain) return base::pass(plain);
    return std::optional{*std::move(plain)};
}

Result<void> SealedStore::scan(ByteView prefix, const Visit& visit) const {
    Result<void> outcome;
    const auto scanned =
        store_->scan(prefix, storage::end_of_prefix(prefix), [&](ByteView key, ByteView sealed) {
            const auto plain = opened(key, sealed);
            outcome = plain ? visit(key, *plain) : base::pass(plain);
            return outcome.has_value();
        });
    if (!scanned) return scanned;
    return outcome;
}

}  // namespace askg::internal
