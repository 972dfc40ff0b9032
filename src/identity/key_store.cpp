// SPDX-License-Identifier: Apache-2.0
#include "identity/key_store.h"

#include <array>
#include <map>
#include <mutex>

#include "crypto/ecdsa.h"
#include "crypto/hash.h"
#include "crypto/key_wrap.h"
#include "storage/files.h"

namespace identity {
namespace {

constexpr std::size_t node_key_bytes = 32;
constexpr std::size_t key_file_bytes_max = 16'384;
constexpr std::size_t password_bytes_max = 256;
/// scrypt's N: see crypto/ecdsa.h. The password of a service's key is 256 random bits.
constexpr std::uint64_t service_cost = 16;
constexpr std::uint64_t person_cost = 32'768;

base::Bytes derive(base::ByteView node_key, std::string_view purpose) {
    return crypto::hkdf_sha512({}, node_key, base::as_bytes("salus " + std::string(purpose)),
                               node_key_bytes);
}

}  // namespace

/// A private key in memory. Shared with the calls that sign right now, so that `lock` need not wait
/// for them.
struct OpenKey {
    explicit OpenKey(crypto::EcdsaPrivateKey opened) : key(std::move(opened)) {}
    std::mutex mutex;  // one signature at a time under one key
    crypto::EcdsaPrivateKey key;

    wire::SignatureBytes sign(base::ByteView message) {
        const std::scoped_lock lock(mutex);
        return wire::SignatureBytes{key.sign(message)};
    }
};

struct KeyStore::State {
    State(std::filesystem::path keys_folder, const base::Clock& borrowed)
        : folder(std::move(keys_folder)), clock(borrowed) {}
    ~State() { crypto::wipe(node_key); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    struct PersonKey {
        std::shared_ptr<OpenKey> key;
        base::TimePoint last_use;
    };

    std::filesystem::path folder;
    const base::Clock& clock;
    base::Bytes node_key;
    std::mutex mutex;  // guards all below, and the creation of files
    std::map<wire::LedgerId, std::shared_ptr<OpenKey>> services;
    std::map<wire::LedgerId, PersonKey> people;

    [[nodiscard]] std::filesystem::path service_file(const wire::LedgerId& id) const {
        return folder / (base::to_hex(id.view()) + ".service.pem");
    }
    [[nodiscard]] std::filesystem::path person_file(const wire::LedgerId& id) const {
        return folder / (base::to_hex(id.view()) + ".person.pem");
    }
    [[nodiscard]] std::string service_password(const wire::LedgerId& id) const {
        return base::to_hex(derive(node_key, "service key " + base::to_hex(id.view())));
    }
    /// The caller holds `mutex`.
    void drop_idle() {
        std::erase_if(people, [now = clock.now()](const auto& entry) {
            return now - entry.second.last_use >= idle_limit;
        });
    }
    [[nodiscard]] base::Result<crypto::EcdsaPrivateKey> read_key(const std::filesystem::path& file,
                                                                 std::string_view password) const;
    [[nodiscard]] base::Result<wire::PublicKeyBytes> create(const wire::LedgerId& id,
                                                            const std::filesystem::path& file,
                                                            std::string_view password,
                                                            std::uint64_t cost);
    [[nodiscard]] base::Result<wire::SignatureBytes> sign_as_person(const wire::LedgerId& id,
                                                                    base::ByteView message);
};

base::Result<crypto::EcdsaPrivateKey> KeyStore::State::read_key(const std::filesystem::path& file,
                                                                std::string_view password) const {
    auto pem = storage::read_private_file(file, key_file_bytes_max);
    if (!pem) {
        if (pem.error().code != base::ErrorCode::not_found) return base::pass(pem);
        return base::fail(base::ErrorCode::not_found,
                          "there is no key file " + file.filename().string());
    }
    return crypto::EcdsaPrivateKey::from_encrypted_pkcs8(base::as_text(*pem), password);
}

base::Result<wire::PublicKeyBytes> KeyStore::State::create(const wire::LedgerId& id,
                                                           const std::filesystem::path& file,
                                                           std::string_view password,
                                                           std::uint64_t cost) {
    const std::scoped_lock lock(mutex);
    std::error_code failed;
    for (const auto& taken : {service_file(id), person_file(id)}) {
        if (std::filesystem::exists(taken, failed) || failed) {
            return base::fail(base::ErrorCode::conflict,
                              "there is a key already: " + taken.filename().string());
        }
    }
    const auto key = crypto::EcdsaPrivateKey::generate();
    const auto pem = key.to_encrypted_pkcs8(password, cost);
    if (const auto written = storage::write_file_synced(file, base::as_bytes(pem)); !written) {
        return base::pass(written);
    }
    return wire::PublicKeyBytes{key.public_key()};
}

base::Result<wire::SignatureBytes> KeyStore::State::sign_as_person(const wire::LedgerId& id,
                                                                   base::ByteView message) {
    std::shared_ptr<OpenKey> key;
    {
        const std::scoped_lock lock(mutex);
        drop_idle();
        const auto found = people.find(id);
        if (found == people.end()) {
            return base::fail(base::ErrorCode::unauthenticated,
                              "your signing key is locked; log in again");
        }
        found->second.last_use = clock.now();
        key = found->second.key;
    }
    return key->sign(message);
}

namespace {

/// Borrows nothing: a service's key stays open as long as anyone may sign with it.
class ServiceSigner final : public wire::Signer {
public:
    ServiceSigner(const wire::LedgerId& id, std::shared_ptr<OpenKey> key)
        : id_(id), key_(std::move(key)) {}
    [[nodiscard]] wire::LedgerId id() const override { return id_; }
    [[nodiscard]] base::Result<wire::SignatureBytes> sign(base::ByteView message) const override {
        return key_->sign(message);
    }

private:
    wire::LedgerId id_;
    std::shared_ptr<OpenKey> key_;
};

/// Asks the store at each use, so that a key that was dropped signs no more.
class PersonSigner final : public wire::Signer {
public:
    using Sign = std::function<base::Result<wire::SignatureBytes>(base::ByteView)>;
    PersonSigner(const wire::LedgerId& id, Sign sign) : id_(id), sign_(std::move(sign)) {}
    [[nodiscard]] wire::LedgerId id() const override { return id_; }
    [[nodiscard]] base::Result<wire::SignatureBytes> sign(base::ByteView message) const override {
        return sign_(message);
    }

private:
    wire::LedgerId id_;
    Sign sign_;
};

}  // namespace

KeyStore::KeyStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
KeyStore::~KeyStore() = default;

base::Result<std::unique_ptr<KeyStore>> KeyStore::open(std::filesystem::path folder,
                                                       const base::Clock& clock,
                                                       base::Random& random) {
    if (const auto made = storage::make_folder(folder); !made) return base::pass(made);
    const auto file = folder / "node.key";
    auto node_key = storage::read_private_file(file, node_key_bytes);
    if (!node_key && node_key.error().code == base::ErrorCode::not_found) {
        base::Bytes fresh(node_key_bytes);
        random.fill(fresh);
        if (const auto written = storage::write_file_synced(file, fresh); !written) {
            return base::pass(written);
        }
        node_key = std::move(fresh);
    }
    if (!node_key) return base::pass(node_key);
    if (node_key->size() != node_key_bytes) {
        return base::fail(base::ErrorCode::corrupted,
                          file.string() + " must have 32 bytes; restore it from a backup");
    }
    auto state = std::make_unique<State>(std::move(folder), clock);
    state->node_key = *std::move(node_key);
    return std::unique_ptr<KeyStore>(new KeyStore(std::move(state)));
}

base::Result<wire::PublicKeyBytes> KeyStore::create_for_service(const wire::LedgerId& id) {
    return state_->create(id, state_->service_file(id), state_->service_password(id), service_cost);
}

base::Result<wire::PublicKeyBytes> KeyStore::create_for_person(const wire::LedgerId& id,
                                                               std::string_view password) {
    if (password.empty() || password.size() > password_bytes_max) {
        return base::fail(base::ErrorCode::malformed, "a password must be 1 to 256 bytes");
    }
    return state_->create(id, state_->person_file(id), password, person_cost);
}

base::Result<void> KeyStore::unlock(const wire::LedgerId& id, std::string_view password) {
    // Outside the mutex: scrypt takes long on purpose, and others must be able to sign meanwhile.
    auto key = state_->read_key(state_->person_file(id), password);
    if (!key) {
        if (key.error().code != base::ErrorCode::bad_signature) return base::pass(key);
        return base::fail(base::ErrorCode::unauthenticated,
                          "the password does not open the signing key");
    }
    auto opened = std::make_shared<OpenKey>(*std::move(key));
    const std::scoped_lock lock(state_->mutex);
    state_->drop_idle();
    state_->people.insert_or_assign(id, State::PersonKey{std::move(opened), state_->clock.now()});
    return {};
}

void KeyStore::lock(const wire::LedgerId& id) {
    const std::scoped_lock lock(state_->mutex);
    state_->people.erase(id);
}

bool KeyStore::is_unlocked(const wire::LedgerId& id) const {
    const std::scoped_lock lock(state_->mutex);
    state_->drop_idle();
    return state_->people.contains(id);
}

void KeyStore::drop_idle() {
    const std::scoped_lock lock(state_->mutex);
    state_->drop_idle();
}

base::Result<std::unique_ptr<wire::Signer>> KeyStore::service_signer(const wire::LedgerId& id) {
    const std::scoped_lock lock(state_->mutex);
    auto& open = state_->services[id];
    if (!open) {
        auto key = state_->read_key(state_->service_file(id), state_->service_password(id));
        if (!key) {
            state_->services.erase(id);
            if (key.error().code != base::ErrorCode::bad_signature) return base::pass(key);
            return base::fail(base::ErrorCode::corrupted,
                              "node.key does not open the service's key; restore the node.key that "
                              "belongs to this folder");
        }
        open = std::make_shared<OpenKey>(*std::move(key));
    }
    return std::make_unique<ServiceSigner>(id, open);
}

std::unique_ptr<wire::Signer> KeyStore::person_signer(const wire::LedgerId& id) {
    return std::make_unique<PersonSigner>(id, [state = state_.get(), id](base::ByteView message) {
        return state->sign_as_person(id, message);
    });
}

base::Bytes KeyStore::derived_key(std::string_view purpose) const {
    return derive(state_->node_key, purpose);
}

}  // namespace identity
