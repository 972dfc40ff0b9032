// SPDX-License-Identifier: Apache-2.0
#include "state/keys.h"

#include "base/check.h"
#include "crypto/hash.h"

namespace state {
namespace {

constexpr std::uint8_t key_kind = 'k';
constexpr std::uint8_t previous_key_kind = 'o';
constexpr std::uint8_t sequence_kind = 's';
constexpr std::uint8_t mining_kind = 'm';
constexpr std::uint8_t miner_kind = 'n';
constexpr std::uint8_t miner_index_kind = 'i';
constexpr std::uint8_t patient_kind = 'p';
constexpr std::uint8_t consent_kind = 'c';
constexpr std::uint8_t replaced_consent_kind = 'd';
constexpr std::uint8_t key_owner_kind = 'u';
constexpr std::uint8_t difficulty_kind = 'w';
constexpr std::uint8_t evidence_kind = 'q';
constexpr std::uint8_t tombstone_kind = 'e';
constexpr std::uint8_t certification_kind = 't';
constexpr std::uint8_t schema_kind = 'v';
constexpr std::uint8_t genesis_hash_kind = 'g';
constexpr std::uint8_t header_slot_kind = 'h';
constexpr std::uint8_t header_height_kind = 'f';
constexpr std::uint8_t consent_reference_kind = 'r';

constexpr std::size_t id_bytes = wire::LedgerId::size_bytes;
constexpr std::size_t consent_key_bytes = 1 + id_bytes + id_bytes + 1 + 1;

base::Bytes key_with(std::uint8_t kind, base::ByteView rest) {
    base::Bytes key{kind};
    base::append(key, rest);
    return key;
}
base::Bytes key_with(std::uint8_t kind, const wire::LedgerId& id) {
    return key_with(kind, id.view());
}
base::Bytes key_with(std::uint8_t kind, std::uint64_t number) {
    base::Bytes key{kind};
    base::append_u64(key, number);
    return key;
}

base::Bytes consent_key_with(std::uint8_t kind, const ConsentKey& consent) {
    base::Bytes key = key_with(kind, consent.patient);
    base::append(key, consent.grantee.view());
    key.push_back(static_cast<std::uint8_t>(consent.category));
    key.push_back(static_cast<std::uint8_t>(consent.purpose));
    return key;
}

}  // namespace

base::Bytes key_of(const wire::LedgerId& id) {
    return key_with(key_kind, id);
}
base::Bytes previous_key_of(const wire::LedgerId& id) {
    return key_with(previous_key_kind, id);
}
base::Bytes sequence_of(const wire::LedgerId& id) {
    return key_with(sequence_kind, id);
}
base::Bytes mining() {
    return {mining_kind};
}
base::Bytes miner_index_of(const wire::LedgerId& id) {
    return key_with(miner_index_kind, id);
}
base::Bytes patient_of(const wire::LedgerId& patient) {
    return key_with(patient_kind, patient);
}

base::Bytes miner_at(std::uint64_t index) {
    return key_with(miner_kind, index);
}

base::Bytes owner_of_key(const wire::PublicKeyBytes& public_key) {
    return key_with(key_owner_kind, crypto::sha256(public_key.view()));
}
base::Bytes difficulty() {
    return {difficulty_kind};
}
base::Bytes evidence_of(const wire::LedgerId& miner, wire::Height height) {
    base::Bytes key = key_with(evidence_kind, miner);
    base::append_u64(key, height);
    return key;
}
base::Bytes tombstone_of(const wire::ContentId& content_id) {
    return key_with(tombstone_kind, crypto::sha256(content_id.view()));
}
base::Bytes certification_of(const wire::Hash256& record_hash) {
    return key_with(certification_kind, record_hash.view());
}
base::Bytes schema() {
    return {schema_kind};
}
base::Bytes genesis_hash() {
    return {genesis_hash_kind};
}
base::Bytes header_slot_of(wire::Height height) {
    return key_with(header_slot_kind, height % headers_kept);
}
base::Bytes header_height_of(const wire::Hash256& header_ref) {
    return key_with(header_height_kind, header_ref.view());
}
base::Bytes consent_reference_of(const wire::Hash256& body_ref) {
    return key_with(consent_reference_kind, body_ref.view());
}

base::Bytes consent_of(const ConsentKey& consent) {
    return consent_key_with(consent_kind, consent);
}
base::Bytes replaced_consent_of(const ConsentKey& consent) {
    return consent_key_with(replaced_consent_kind, consent);
}

std::optional<ConsentKey> parse_consent_key(base::ByteView key) {
    if (key.size() != consent_key_bytes) return std::nullopt;
    if (key[0] != consent_kind && key[0] != replaced_consent_kind) return std::nullopt;
    const std::uint8_t category = key[consent_key_bytes - 2];
    const std::uint8_t purpose = key[consent_key_bytes - 1];
    if (!wire::is_category(category) || !wire::is_purpose(purpose)) return std::nullopt;
    ConsentKey out;
    out.patient = *wire::LedgerId::from(key.subspan(1, id_bytes));
    out.grantee = *wire::LedgerId::from(key.subspan(1 + id_bytes, id_bytes));
    out.category = static_cast<wire::Category>(category);
    out.purpose = static_cast<wire::Purpose>(purpose);
    return out;
}

base::Bytes sentinel_key() {
    return {0};
}
base::Bytes sentinel_value() {
    const auto text = base::as_bytes("salus");
    return {text.begin(), text.end()};
}

std::optional<wire::LedgerId> patient_tree_of(base::ByteView key) {
    if (key.empty()) return std::nullopt;
    if (key[0] != consent_kind && key[0] != replaced_consent_kind) return std::nullopt;
    // A key of these kinds with another length would be lost in the main tree: only our own code
    // makes keys, so it is wrong there.
    CHECK(key.size() == consent_key_bytes);
    return wire::LedgerId::from(key.subspan(1, id_bytes));
}

}  // namespace state
