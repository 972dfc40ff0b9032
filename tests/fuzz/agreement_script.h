// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/hash.h"
#include "keyagreement/testing.h"

namespace fuzz {

/// Reads an input as a script of steps.
class Script {
public:
    Script(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}
    [[nodiscard]] bool done() const { return rest_.empty(); }
    [[nodiscard]] std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const auto out = rest_[0];
        rest_ = rest_.subspan(1);
        return out;
    }
    /// As many bytes as the next one says, or what is left.
    [[nodiscard]] base::ByteView bytes() {
        const auto size = std::min<std::size_t>(byte(), rest_.size());
        const auto out = rest_.first(size);
        rest_ = rest_.subspan(size);
        return out;
    }

private:
    base::ByteView rest_;
};

/// Another for each input: what was genuine in one input is a forgery in every other, so that
/// nothing the fuzzer learns by comparing is.
inline std::uint64_t seed_of(const std::uint8_t* data, std::size_t size) {
    return base::read_u64(crypto::sha512({data, size}));
}

/// A frame to be received: raw bytes, or one of the `known` frames with bytes of it changed, cut
/// or added to, and for a MSG1 its mac1 made right again, so that the input gets past it.
inline base::Bytes next_frame(Script& script, const std::vector<base::Bytes>& known,
                              const keyagreement::PublicKey& responder) {
    const auto kind = script.byte();
    if (kind == 0 || known.empty()) {
        const auto raw = script.bytes();
        return {raw.begin(), raw.end()};
    }
    auto frame = known[kind % known.size()];
    const auto at = script.byte();
    const auto change = script.bytes();
    for (std::size_t i = 0; i < change.size() && at + i < frame.size(); ++i) {
        frame[at + i] = static_cast<std::uint8_t>(frame[at + i] ^ change[i]);
    }
    const auto more = script.byte();
    if ((more & 1) != 0) frame.resize(frame.size() * script.byte() / 128);
    const bool is_message1 = frame.size() == keyagreement::message1_bytes ||
                             frame.size() == keyagreement::message1_with_cookie_bytes;
    if ((more & 2) != 0 && is_message1) {
        frame = keyagreement::testing::with_fresh_mac1(std::move(frame), responder);
    }
    return frame;
}

/// One of the three profiles and two suites.
inline keyagreement::testing::Cast cast_of(std::uint8_t choice) {
    using keyagreement::Profile;
    using keyagreement::Suite;
    keyagreement::testing::Cast cast(
        static_cast<Profile>(1 + choice % 3),
        choice % 2 == 0 ? Suite::chacha20_poly1305 : Suite::aes_256_gcm,
        {.half_open = 4, .replay_entries = 8, .sessions = 4, .messages1_a_source = 4});
    cast.enrol(1, cast.profile == Profile::device_pda);
    return cast;
}

}  // namespace fuzz
