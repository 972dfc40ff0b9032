// SPDX-License-Identifier: Apache-2.0
#include "api/user_agreement.h"

#include "api/sign_in_record.h"
#include "crypto/hkdf.h"
#include "crypto/key_wrap.h"
#include "keyagreement/credentials.h"

namespace api {

UserAgreement::UserAgreement(keyagreement::ServerSetup setup, const Parts& parts)
    : parts_(parts), server_(std::move(setup), parts.users, parts.random) {}

std::vector<base::Bytes> UserAgreement::receive(std::string_view source, base::ByteView frame,
                                                const OpenSession& open) {
    const std::scoped_lock lock(mutex_);
    const auto now = parts_.clock.now();
    auto outcome = server_.receive(source, frame, now);
    if (outcome.established && outcome.established->user && logins_.size() < tokens_max) {
        auto& secrets = *outcome.established->user;
        logins_.insert_or_assign(secrets.token_hash,
                                 Login{.user = outcome.established->peer,
                                       .session = outcome.established->session,
                                       .session_key = std::move(secrets.session_key),
                                       .until = now + token_lifetime});
    }
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

std::optional<base::Bytes> UserAgreement::sign_in(const keyagreement::Received& record,
                                                  const OpenSession& open, base::TimePoint now) {
    const auto token = decode_sign_in(record.plaintext);
    if (!token) return std::nullopt;
    const auto found = logins_.find(crypto::sha512_of_secret({token->view()}));
    if (found == logins_.end() || found->second.session != record.session) return std::nullopt;
    const auto login = std::move(found->second);
    logins_.erase(found);
    std::optional<base::Bytes> answer;
    if (now < login.until) {
        wire::LedgerId user;
        user.bytes = login.user.bytes;
        const auto session_token = keyagreement::session_token_of(login.session_key);
        if (const auto told = open(user, base::to_hex(session_token.view()))) {
            if (auto sealed = server_.seal(login.session, encode_signed_in(*told), now)) {
                answer = *std::move(sealed);
            }
        }
    }
    server_.close(login.user);  // it has served
    return answer;
}

void UserAgreement::tick() {
    const std::scoped_lock lock(mutex_);
    const auto now = parts_.clock.now();
    server_.tick(now);
    std::erase_if(logins_, [&](const auto& each) { return each.second.until <= now; });
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

}  // namespace api
