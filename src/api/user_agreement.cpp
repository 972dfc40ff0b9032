// SPDX-License-Identifier: Apache-2.0
#include "api/user_agreement.h"

namespace api {

UserAgreement::UserAgreement(keyagreement::ServerSetup setup, const Parts& parts)
    : parts_(parts), server_(std::move(setup), parts.users, parts.random) {}

std::vector<base::Bytes> UserAgreement::receive(std::string_view source, base::ByteView frame) {
    const std::scoped_lock lock(mutex_);
    const auto now = parts_.clock.now();
    auto outcome = server_.receive(source, frame, now);
    if (outcome.established && outcome.established->user && tokens_.size() < tokens_max) {
        wire::LedgerId user;
        user.bytes = outcome.established->peer.bytes;
        tokens_.insert_or_assign(outcome.established->user->token_hash,
                                 Token{.user = user, .until = now + token_lifetime});
    }
    return std::move(outcome.to_send);
}

std::optional<wire::LedgerId> UserAgreement::spend(base::ByteView token) {
    const auto hash = crypto::sha512(token);
    const std::scoped_lock lock(mutex_);
    const auto found = tokens_.find(hash);
    if (found == tokens_.end()) return std::nullopt;
    const auto known = found->second;
    tokens_.erase(found);
    keyagreement::PeerName name;
    name.bytes = known.user.bytes;
    server_.close(name);
    if (known.until <= parts_.clock.now()) return std::nullopt;
    return known.user;
}

void UserAgreement::tick() {
    const std::scoped_lock lock(mutex_);
    const auto now = parts_.clock.now();
    server_.tick(now);
    std::erase_if(tokens_, [&](const auto& each) { return each.second.until <= now; });
}

std::vector<std::pair<std::string, std::uint64_t>> UserAgreement::refusals() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::pair<std::string, std::uint64_t>> out;
    for (std::size_t i = 0; i < keyagreement::failure_count; ++i) {
        const auto failure = static_cast<keyagreement::Failure>(i);
        const auto count = server_.counts().failures.of(failure);
        if (count > 0) out.emplace_back(keyagreement::name_of(failure), count);
    }
    return out;
}

std::uint64_t UserAgreement::established() const {
    const std::scoped_lock lock(mutex_);
    return server_.counts().established;
}

}  // namespace api
