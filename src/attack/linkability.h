// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/bytes.h"

namespace attack {

/// What was heard of one handshake of one of two parties.
struct Sample {
    base::Bytes bytes;
    bool first = false;  ///< Whose it was.
};

/// How many 8-byte strings stand in more than one sample, wherever in it.
[[nodiscard]] std::size_t strings_in_common(const std::vector<Sample>& samples);

/// Learns from the first half of the samples how often each byte value stands at each place, and
/// tells by that whose the second half are (naive Bayes). Returns the share told right: a half by
/// chance. CHECKs that there are four samples or more, all of one size.
[[nodiscard]] double share_told_apart(const std::vector<Sample>& samples);

}  // namespace attack
