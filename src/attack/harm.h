// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/check.h"
#include "keyagreement/outcome.h"

namespace attack {

/// Whether an attacker got something out of an endpoint: a session, or a record taken.
[[nodiscard]] inline bool got_in(const keyagreement::Outcome& outcome) {
    return outcome.established.has_value() || outcome.received.has_value();
}
/// The same, or any answer at all.
[[nodiscard]] inline bool got_answer(const keyagreement::Outcome& outcome) {
    return got_in(outcome) || !outcome.to_send.empty();
}

/// What an honest end sent. CHECKs that it did.
[[nodiscard]] inline base::Bytes first_frame(const keyagreement::Outcome& outcome) {
    CHECK(!outcome.to_send.empty());
    return outcome.to_send.front();
}

}  // namespace attack
