// SPDX-License-Identifier: Apache-2.0
// Opening, what is held in memory, and the one way to change it.
#include "askg/key_generator.h"

#include <algorithm>
#include <string>

#include "askg/internal/generator_state.h"
#include "askg/internal/log_entries.h"
#include "base/check.h"
#include "crypto/hkdf.h"
#include "keyagreement/credentials.h"
#include "storage/rocks_store.h"

namespace askg {

using base::Bytes;
using base::ByteView;
using base::ErrorCode;
using base::Result;
using internal::StoredMember;
namespace entry = internal::entry;

namespace {

constexpr std::size_t id_bytes_max = 64;
constexpr std::chrono::days validity_max{100 * 365};

Bytes key_with(std::uint8_t kind, ByteView rest) {
    Bytes key{kind};
    base::append(key, rest);
    return key;
}

Bytes member_key(const Member& member) {
    Bytes key{entry::member, static_cast<std::uint8_t>(member.role)};
    base::append(key, member.name.view());
    return key;
}

Result<void> check_options(const KeyGenerator::Options& options) {
    if (options.id.empty() || options.id.size() > id_bytes_max) {
        return base::fail(ErrorCode::malformed, "a key generator's id has 1 to 64 bytes");
    }
    if (options.record_validity < std::chrono::days(1) || options.record_validity > validity_max) {
        return base::fail(ErrorCode::malformed, "records hold for 1 day to 100 years");
    }
    return {};
}

/// PID_ASKG = HMAC-SHA-512(L, "askg" ID_ASKG)[0:16].
keyagreement::DomainName authority_name(const Secret32& root, ByteView id) {
    const auto mac = crypto::secret_hmac_sha512(root.view(), {base::as_bytes("askg"), id});
    return *keyagreement::DomainName::from(mac.view().first(keyagreement::DomainName::size_bytes));
}

LogHead signed_head(const crypto::Ed25519PrivateKey& key, const keyagreement::DomainName& authority,
                    LogHead head) {
    head.signature = key.sign(signed_bytes(authority, head));
    return head;
}

}  // namespace

std::string_view protocol_word(ErrorCode code) {
    switch (code) {
        case ErrorCode::too_large:
            return "E_DOMAIN_FULL";
        case ErrorCode::conflict:
            return "E_DUP_ID";
        case ErrorCode::bad_key:
            return "E_BAD_KEY";
        case ErrorCode::key_not_valid:
            return "E_REVOKED";
        case ErrorCode::not_authorised:
            return "E_ROLE";
        default:
            return {};
    }
}

std::unexpected<base::Error> internal::refuse(ErrorCode code, std::string_view detail) {
    return base::fail(code, std::string(protocol_word(code)) + ": " + std::string(detail));
}

// ---- creating and opening ----

KeyGenerator::State::State(std::unique_ptr<storage::KeyValueStore> owned_store,
                           internal::SealedStore sealed_store, const base::Clock& borrowed_clock,
                           base::Random& borrowed_random, internal::Roots root_secrets)
    : owned(std::move(owned_store)),
      sealed(std::move(sealed_store)),
      clock(borrowed_clock),
      random(borrowed_random),
      roots(std::move(root_secrets)),
      signing(crypto::Ed25519PrivateKey::from_seed(roots.seed)),
      public_key(signing.public_key()) {}

KeyGenerator::KeyGenerator(std::unique_ptr<State> state) : state_(std::move(state)) {}
KeyGenerator::~KeyGenerator() = default;

namespace {

Result<void> write_first(storage::KeyValueStore& store, const UnlockSecret& unlock,
                         const KeyGenerator::Options& options, const base::Clock& clock,
                         base::Random& random) {
    if (const auto sound = check_options(options); !sound) return sound;
    const auto there = internal::is_sealed(store);
    if (!there) return base::pass(there);
    if (*there) {
        return base::fail(ErrorCode::conflict, "there is a key generator in this folder already");
    }
    storage::WriteBatch batch;
    const auto sealed = internal::SealedStore::create(store, unlock, random, batch);
    if (!sealed) return base::pass(sealed);
    internal::Roots roots;
    roots.root = Secret32::draw(random);
    random.fill(roots.seed);
    roots.authority = authority_name(roots.root, options.id);
    roots.epoch = keyagreement::month_of(clock.now());
    roots.record_validity_days = static_cast<std::uint32_t>(options.record_validity.count());
    sealed->put(batch, Bytes{entry::roots}, internal::encode(roots));
    const auto signing = crypto::Ed25519PrivateKey::from_seed(roots.seed);
    batch.put(Bytes{entry::identity},
              internal::encode(internal::Identity{roots.authority, signing.public_key()}));
    batch.put(Bytes{entry::head}, internal::encode(signed_head(signing, roots.authority, {})));
    return store.write(batch);
}

}  // namespace

Result<std::unique_ptr<KeyGenerator>> KeyGenerator::open_store(
    std::unique_ptr<storage::KeyValueStore> owned, storage::KeyValueStore& store,
    const UnlockSecret& unlock, const base::Clock& clock, base::Random& random) {
    auto sealed = internal::SealedStore::open(store, unlock, random);
    if (!sealed) return base::pass(sealed);
    const auto stored = sealed->get(Bytes{entry::roots});
    if (!stored) return base::pass(stored);
    if (!*stored) return base::fail(ErrorCode::corrupted, "the key generator's root is missing");
    auto roots = internal::decode_roots(**stored);
    if (!roots) return base::pass(roots);
    auto state = std::make_unique<State>(std::move(owned), *std::move(sealed), clock, random,
                                         *std::move(roots));
    if (const auto loaded = state->load(); !loaded) return base::pass(loaded);
    return std::unique_ptr<KeyGenerator>(new KeyGenerator(std::move(state)));
}

Result<std::unique_ptr<KeyGenerator>> KeyGenerator::create(storage::KeyValueStore& store,
                                                           const UnlockSecret& unlock,
                                                           const Options& options,
                                                           const base::Clock& clock,
                                                           base::Random& random) {
    const auto written = write_first(store, unlock, options, clock, random);
    if (!written) return base::pass(written);
    return open_store(nullptr, store, unlock, clock, random);
}

Result<std::unique_ptr<KeyGenerator>> KeyGenerator::open(storage::KeyValueStore& store,
                                                         const UnlockSecret& unlock,
                                                         const base::Clock& clock,
                                                         base::Random& random) {
    return open_store(nullptr, store, unlock, clock, random);
}

Result<std::unique_ptr<KeyGenerator>> KeyGenerator::create(const std::filesystem::path& folder,
                                                           const UnlockSecret& unlock,
                                                           const Options& options,
                                                           const base::Clock& clock,
                                                           base::Random& random) {
    auto store = storage::RocksStore::open(folder);
    if (!store) return base::pass(store);
    const auto written = write_first(**store, unlock, options, clock, random);
    if (!written) return base::pass(written);
    auto& borrowed = **store;
    return open_store(*std::move(store), borrowed, unlock, clock, random);
}

Result<std::unique_ptr<KeyGenerator>> KeyGenerator::open(const std::filesystem::path& folder,
                                                         const UnlockSecret& unlock,
                                                         const base::Clock& clock,
                                                         base::Random& random) {
    if (!std::filesystem::exists(folder)) {
        return base::fail(ErrorCode::not_found, "there is no key generator in " + folder.string() +
                                                    "; make one with: salus askg init");
    }
    auto store = storage::RocksStore::open(folder);
    if (!store) return base::pass(store);
    auto& borrowed = **store;
    return open_store(*std::move(store), borrowed, unlock, clock, random);
}

Result<void> KeyGenerator::State::load() {
    const auto read_member = [&](ByteView, ByteView value) -> Result<void> {
        auto member = internal::decode_member(value);
        if (!member) return base::pass(member);
        const MemberKey key{member->shown.role, member->shown.name};
        members.emplace(key, *std::move(member));
        return {};
    };
    const auto read_domain = [&](ByteView, ByteView value) -> Result<void> {
        const auto domain = internal::decode_domain(value);
        if (!domain) return base::pass(domain);
        domains.emplace(domain->patient, *domain);
        return {};
    };
    if (auto read = sealed.scan(Bytes{entry::member}, read_member); !read) return read;
    if (auto read = sealed.scan(Bytes{entry::domain}, read_domain); !read) return read;
    const auto stored_head = internal::read_head(sealed.store());
    if (!stored_head) return base::pass(stored_head);
    head = *stored_head;
    const auto identity = internal::read_identity(sealed.store());
    if (!identity) return base::pass(identity);
    const auto key = crypto::Ed25519PublicKey::decode(public_key);
    if (!key) return base::pass(key);
    if (identity->authority != roots.authority || identity->key != public_key) {
        return base::fail(ErrorCode::corrupted,
                          "the key generator's name and key are not those of its secrets; restore "
                          "the folder from a backup");
    }
    if (members.size() != roots.members || domains.size() != roots.domains ||
        head.size != roots.log_size ||
        !key->verify(signed_bytes(roots.authority, head), head.signature)) {
        return base::fail(ErrorCode::corrupted,
                          "the key generator's folder lacks entries that were written; restore it "
                          "from a backup");
    }
    internal::SealedSum sum;
    for (const auto kind : {entry::member, entry::domain, entry::polynomial}) {
        if (auto added = sealed.add_all(Bytes{kind}, sum); !added) return added;
    }
    if (sum != roots.sum) {
        return base::fail(ErrorCode::corrupted,
                          "an entry of the key generator's folder is older than the rest; restore "
                          "the whole folder from a backup");
    }
    const auto entries = internal::read_entries(sealed.store(), 0);
    if (!entries) return base::pass(entries);
    wire::Hash256 hash;
    for (const auto& logged : *entries) {
        static_keys.insert(logged.record.static_public);
        hash = chain_hash(hash, logged);
    }
    if (entries->size() != head.size || hash != head.hash) {
        return base::fail(ErrorCode::corrupted, "the key generator's log was changed");
    }
    return {};
}

// ---- the one way to change anything ----

Result<void> KeyGenerator::State::put_domain(storage::WriteBatch& batch, const Change& change,
                                             internal::SealedSum& sum) const {
    const auto patient = change.domain->patient.view();
    auto put =
        sealed.put(batch, key_with(entry::domain, patient), internal::encode(*change.domain), sum);
    if (!put || !change.polynomial) return put;
    return sealed.put(batch, key_with(entry::polynomial, patient),
                      internal::encode(*change.polynomial), sum);
}

Result<void> KeyGenerator::State::commit(Change change) {
    storage::WriteBatch batch;
    auto next = internal::Roots();
    next.root = roots.root.clone();
    next.seed = roots.seed;
    next.authority = roots.authority;
    next.epoch = change.epoch.value_or(roots.epoch);
    next.record_validity_days = roots.record_validity_days;
    next.next_order = roots.next_order;
    next.sum = roots.sum;
    std::set<MemberKey> fresh;
    for (auto& member : change.members) {
        const MemberKey key{member.shown.role, member.shown.name};
        if (!members.contains(key) && fresh.insert(key).second) member.order = next.next_order++;
        auto put = sealed.put(batch, member_key(member.shown), internal::encode(member), next.sum);
        if (!put) return put;
    }
    next.members = static_cast<std::uint32_t>(members.size() + fresh.size());
    next.domains = static_cast<std::uint32_t>(domains.size());
    if (change.domain) {
        if (!domains.contains(change.domain->patient)) ++next.domains;
        if (auto put = put_domain(batch, change, next.sum); !put) return put;
    }
    LogHead next_head = head;
    for (const auto& logged : change.entries) {
        batch.put(internal::log_key(next_head.size), encode(logged));
        next_head.hash = chain_hash(next_head.hash, logged);
        ++next_head.size;
    }
    next_head = signed_head(signing, roots.authority, next_head);
    next.log_size = next_head.size;
    batch.put(Bytes{entry::head}, internal::encode(next_head));
    sealed.put(batch, Bytes{entry::roots}, internal::encode(next));
    if (const auto written = sealed.store().write(batch); !written) return written;

    roots = std::move(next);
    head = next_head;
    if (change.domain) domains.insert_or_assign(change.domain->patient, *change.domain);
    for (auto& member : change.members) {
        const MemberKey key{member.shown.role, member.shown.name};
        members.insert_or_assign(key, std::move(member));
    }
    for (const auto& logged : change.entries) static_keys.insert(logged.record.static_public);
    return {};
}

// ---- looking things up ----

Result<StoredMember> KeyGenerator::State::find(PartyRole role,
                                               const keyagreement::PeerName& name) const {
    const auto found = members.find({role, name});
    if (found == members.end()) {
        return base::fail(ErrorCode::not_found, "no " + std::string(name_of(role)) + " " +
                                                    base::to_hex(name.view()) + " is enrolled");
    }
    return found->second.clone();
}

Result<StoredMember> KeyGenerator::State::active(PartyRole role,
                                                 const keyagreement::PeerName& name) const {
    auto member = find(role, name);
    if (!member) return member;
    if (member->shown.revoked) {
        return internal::refuse(ErrorCode::key_not_valid,
                                "the " + std::string(name_of(role)) + " is revoked");
    }
    if (!member->shown.record.valid_at(clock.now())) {
        return internal::refuse(
            ErrorCode::key_not_valid,
            "the record of the " + std::string(name_of(role)) + " has expired, or begins later");
    }
    return member;
}

Result<Domain> KeyGenerator::State::domain_of(const wire::LedgerId& patient) const {
    const auto found = domains.find(patient);
    if (found == domains.end()) {
        return base::fail(ErrorCode::not_found, "the patient " + base::to_hex(patient.view()) +
                                                    " has no domain; make one first");
    }
    return found->second;
}

std::int64_t KeyGenerator::State::epoch_now() const {
    return std::max(roots.epoch, keyagreement::month_of(clock.now()));
}

const keyagreement::DomainName& KeyGenerator::authority() const {
    return state_->roots.authority;
}
const crypto::Ed25519PublicKeyBytes& KeyGenerator::authority_key() const {
    return state_->public_key;
}
Result<Domain> KeyGenerator::domain(const wire::LedgerId& patient) const {
    return state_->domain_of(patient);
}
std::vector<Domain> KeyGenerator::domains() const {
    std::vector<Domain> out;
    for (const auto& [patient, domain] : state_->domains) out.push_back(domain);
    return out;
}
std::int64_t KeyGenerator::epoch() const {
    return state_->roots.epoch;
}

std::vector<Member> KeyGenerator::members() const {
    std::vector<const StoredMember*> sorted;
    for (const auto& [key, member] : state_->members) sorted.push_back(&member);
    std::ranges::sort(sorted, {}, [](const StoredMember* member) { return member->order; });
    std::vector<Member> out;
    out.reserve(sorted.size());
    for (const auto* member : sorted) out.push_back(member->shown);
    return out;
}

std::optional<Member> KeyGenerator::member(PartyRole role,
                                           const keyagreement::PeerName& name) const {
    const auto found = state_->members.find({role, name});
    if (found == state_->members.end()) return std::nullopt;
    return found->second.shown;
}

Result<std::vector<LogEntry>> KeyGenerator::log(std::uint64_t first) const {
    return internal::read_entries(state_->sealed.store(), first);
}
LogHead KeyGenerator::log_head() const {
    return state_->head;
}

}  // namespace askg
