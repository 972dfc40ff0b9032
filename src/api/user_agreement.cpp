// SPDX-License-Identifier: Apache-2.0
#include "api/user_agreement.h"

#include <algorithm>

#include "api/sign_in_record.h"
#include "crypto/hkdf.h"
#include "crypto/key_wrap.h"
#include "keyagreement/credentials.h"

namespace api {
namespace {

wire::LedgerId ledger_id_of(const keyagreement::PeerName& user) {
    wire::LedgerId id;
    id.bytes = user.bytes;
    return id;
}

}  // namespace

UserAgreement::UserAgreement(keyagreement::ServerSetup setup, const Parts& parts)
    : parts_(parts), server_(std::move(setup), parts.users, parts.random) {}

std::vector<base::Bytes> UserAgreement::receive(std::string_view source, base::ByteView frame,
                                                const OpenSession& open) {
    const std::scoped_lock lock(mutex_);
    const auto now = parts_.clock.now();
    auto outcome = server_.receive(source, frame, now);
    if (outcome.established && outcome.established->user) remember(*outcome.established, now);
    if (outcome.received) {
        auto answer = sign_in(*outcome.received, open, now);
        crypto::wipe(outcome.received->plaintext);
        if (answer) {
            outcome.to_send.push_back(*std::move(answer));
        } else {
            ++refused_tokens_;
        }
    }
    return std::move(outcome.to_send);
}

void UserAgreement::remember(keyagreement::Established& established, base::TimePoint now) {
    auto oldest = logins_.end();
    std::size_t of_user = 0;
    for (auto at = logins_.begin(); at != logins_.end(); ++at) {
        if (at->second.user != established.peer) continue;
        ++of_user;
        if (oldest == logins_.end() || at->second.until < oldest->second.until) oldest = at;
    }
    if (of_user >= logins_of_a_user_max) logins_.erase(oldest);
    if (logins_.size() >= logins_max) return;
    logins_.insert_or_assign(established.session,
                             Login{.user = established.peer,
                                   .token_hash = established.user->token_hash,
                                   .session_key = std::move(established.user->session_key),
                                   .until = now + token_lifetime});
}

std::optional<base::Bytes> UserAgreement::sign_in(const keyagreement::Received& record,
                                                  const OpenSession& open, base::TimePoint now) {
    const auto token = decode_sign_in(record.plaintext);
    if (!token) return std::nullopt;
    const auto found = logins_.find(record.session);
    if (found == logins_.end() ||
        !crypto::equal_constant_time(found->second.token_hash,
                                     crypto::sha512_of_secret({token->view()}))) {
        return std::nullopt;
    }
    const auto login = std::move(found->second);
    logins_.erase(found);
    std::optional<base::Bytes> answer;
    if (now < login.until && !is_refused(login.user)) {
        const auto user = ledger_id_of(login.user);
        const auto session_token = keyagreement::session_token_of(login.session_key);
        if (const auto told = open(user, base::to_hex(session_token.view()))) {
            if (auto sealed = server_.seal(record.session, encode_signed_in(*told), now)) {
                answer = *std::move(sealed);
            }
        }
    }
    server_.close(login.user);  // it has served
    return answer;
}

bool UserAgreement::is_refused(const keyagreement::PeerName& user) const {
    if (!parts_.refused) return false;
    const auto refused = parts_.refused();
    return std::ranges::find(refused, user) != refused.end();
}

std::vector<wire::LedgerId> UserAgreement::tick() {
    const std::scoped_lock lock(mutex_);
    const auto now = parts_.clock.now();
    server_.tick(now);
    std::vector<wire::LedgerId> out;
    if (parts_.refused) {
        for (const auto& user : parts_.refused()) {
            server_.close(user);
            std::erase_if(logins_, [&](const auto& each) { return each.second.user == user; });
            out.push_back(ledger_id_of(user));
        }
    }
    std::erase_if(logins_, [&](const auto& each) { return each.second.until <= now; });
    return out;
}

std::vector<std::pair<std::string, std::uint64_t>> UserAgreement::refusals() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::pair<std::string, std::uint64_t>> out;
    for (std::size_t i = 0; i < keyagreement::failure_count; ++i) {
        const auto failure = static_cast<keyagreement::Failure>(i);
        const auto count = server_.counts().failures.of(failure);
        if (count > 0) out.emplace_back(keyagreement::name_of(failure), count);
    }
    if (refused_tokens_ > 0) out.emplace_back("E_TOKEN", refused_tokens_);
    return out;
}

std::uint64_t UserAgreement::established() const {
    const std::scoped_lock lock(mutex_);
    return server_.counts().established;
}

std::size_t UserAgreement::waiting() const {
    const std::scoped_lock lock(mutex_);
    return logins_.size();
}

}  // namespace api
