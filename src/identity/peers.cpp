// SPDX-License-Identifier: Apache-2.0
#include "identity/peers.h"

#include <string_view>
#include <utility>

#include "keyagreement/credentials.h"

namespace identity {
namespace {

using base::ErrorCode;
using keyagreement::Peer;
using keyagreement::PeerName;

constexpr std::string_view sequence_key = "peers/provision_sequence";

wire::DeviceId device_of(const PeerName& name) {
    wire::DeviceId id;
    id.bytes = name.bytes;
    return id;
}

/// Nothing for a peer without a key for this month: it cannot be told from a stranger.
std::optional<Peer> peer_of(const askg::ProvisionedPeer& provided, std::int64_t month) {
    if (provided.revoked) return std::nullopt;
    const crypto::Secret32* const current = provided.key_of(month);
    if (current == nullptr) return std::nullopt;
    Peer peer{.name = provided.name,
              .static_public = provided.static_public(),
              .psk = current->clone(),
              .psk_previous = {}};
    if (const auto* previous = provided.key_of(month - 1)) peer.psk_previous = previous->clone();
    return peer;
}

}  // namespace

base::Result<std::unique_ptr<Peers>> Peers::open(const Directory& directory,
                                                 storage::KeyValueStore& store) {
    const auto stored = store.get(base::as_bytes(sequence_key));
    if (!stored) return base::pass(stored);
    if (*stored && (*stored)->size() != sizeof(std::uint64_t)) {
        return base::fail(ErrorCode::corrupted, "the newest provision's number is none");
    }
    auto peers = std::make_unique<Peers>(directory);
    peers->store_ = &store;
    if (*stored) peers->sequence_ = base::read_u64(**stored);
    return peers;
}

/// On disk before it counts.
base::Result<void> Peers::remember(std::uint64_t sequence) {
    if (store_ == nullptr || sequence == sequence_) return {};
    const auto key = base::as_bytes(sequence_key);
    base::Bytes value;
    base::append_u64(value, sequence);
    storage::WriteBatch batch;
    batch.put(base::Bytes(key.begin(), key.end()), std::move(value));
    return store_->write(batch);
}

base::Result<void> Peers::take(askg::Provision provision) {
    const std::scoped_lock lock(mutex_);
    if (provision.sequence < sequence_) {
        return base::fail(ErrorCode::replayed, "the provision is number " +
                                                   std::to_string(provision.sequence) +
                                                   ", and number " + std::to_string(sequence_) +
                                                   " was here before: an older file was put back; "
                                                   "let the key generator make a new one");
    }
    if (auto remembered = remember(provision.sequence); !remembered) return remembered;
    if (provision.complete) {
        for (auto& [name, peer] : std::exchange(provided_, {})) gone_.insert(name);
    }
    for (askg::ProvisionedPeer& peer : provision.peers) {
        const PeerName name = peer.name;
        gone_.erase(name);
        provided_.insert_or_assign(name, std::move(peer));
    }
    sequence_ = provision.sequence;
    ++taken_;
    month_ = -1;
    return {};
}

std::uint64_t Peers::sequence() const {
    const std::scoped_lock lock(mutex_);
    return sequence_;
}

/// A user has no state in the directory; a PDA or device does.
bool Peers::serving(const PeerName& name) const {
    if (const auto pda = directory_.pda(device_of(name))) return pda->serving();
    if (const auto device = directory_.device(device_of(name))) return device->serving();
    return true;
}

void Peers::index(std::int64_t month) const {
    table_ = {};
    for (const auto& [name, provided] : provided_) {
        auto peer = peer_of(provided, month);
        if (!peer) continue;
        table_.put({provided.profile, *std::move(peer), provided.pid_key.clone()});
    }
    month_ = month;
}

std::optional<Peer> Peers::find(keyagreement::Profile profile, const keyagreement::Pid& pid,
                                base::TimePoint now) const {
    const std::scoped_lock lock(mutex_);
    const std::int64_t month = keyagreement::month_of(now);
    if (month != month_) index(month);
    auto found = table_.find(profile, pid, now);
    if (!found) return found;
    const bool certified = provided_.at(found->name).record.valid_at(now);
    if (!certified || !serving(found->name)) found->revoked = true;
    return found;
}

std::vector<PeerName> Peers::refused() const {
    const std::scoped_lock lock(mutex_);
    std::vector<PeerName> out(gone_.begin(), gone_.end());
    for (const auto& [name, provided] : provided_) {
        if (provided.revoked || !serving(name)) out.push_back(name);
    }
    return out;
}

std::uint64_t Peers::version() const {
    const std::scoped_lock lock(mutex_);
    return taken_ + directory_.version();
}

}  // namespace identity
