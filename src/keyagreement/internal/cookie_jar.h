// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/random.h"
#include "keyagreement/message.h"
#include "keyagreement/session.h"

namespace keyagreement::internal {

/// COOKIE = HMAC(K, addr sidI E_I)[0:16] under a key that lives for two minutes and is known for
/// two more, so that a cookie that was just given is still taken (docs/protocol.md 2.5).
class CookieJar {
public:
    static constexpr std::chrono::minutes key_life{2};

    /// Borrows `random`.
    explicit CookieJar(base::Random& random) : random_(random) {}

    [[nodiscard]] Cookie make(std::string_view source, const Message1& message, Elapsed now);
    [[nodiscard]] bool fits(std::string_view source, const Message1& message, Elapsed now);

private:
    void renew(Elapsed now);

    base::Random& random_;
    bool used_ = false;
    Elapsed made_at_{0};
    Secret32 key_;
    Secret32 key_before_;
};

}  // namespace keyagreement::internal
