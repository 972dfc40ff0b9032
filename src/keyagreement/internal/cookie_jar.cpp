// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/internal/cookie_jar.h"

#include "crypto/hash.h"

namespace keyagreement::internal {
namespace {

Cookie cookie_of(const Secret32& key, std::string_view source, const Message1& message) {
    base::Bytes input;
    base::append_u16(input, static_cast<std::uint16_t>(source.size()));
    base::append(input, base::as_bytes(source));
    base::append(input, message.initiator.view());
    base::append(input, message.ephemeral);
    const auto mac = crypto::hmac_sha512(key.view(), input);
    return *Cookie::from(base::ByteView(mac).first(Cookie::size_bytes));
}

}  // namespace

void CookieJar::renew(Elapsed now) {
    if (used_ && now - made_at_ < key_life) return;
    // A key that was not used for long leaves none behind it that should count.
    const bool just_ended = used_ && now - made_at_ < 2 * key_life;
    key_before_ = just_ended ? std::move(key_) : Secret32::draw(random_);
    key_ = Secret32::draw(random_);
    made_at_ = now;
    used_ = true;
}

Cookie CookieJar::make(std::string_view source, const Message1& message, Elapsed now) {
    renew(now);
    return cookie_of(key_, source, message);
}

bool CookieJar::fits(std::string_view source, const Message1& message, Elapsed now) {
    if (!message.cookie) return false;
    renew(now);
    const auto equal = [&](const Secret32& key) {
        return crypto::equal_constant_time(cookie_of(key, source, message).view(),
                                           message.cookie->view());
    };
    return equal(key_) || equal(key_before_);
}

}  // namespace keyagreement::internal
