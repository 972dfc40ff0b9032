// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "crypto/hash.h"

namespace sim {

/// What a checker found: the history is over and its seed is to be told.
class Violation : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// `condition` or a Violation. Never for what the program itself must hold: that is CHECK.
inline void require(bool condition, std::string_view what) {
    if (!condition) throw Violation(std::string(what));
}

/// All that happens in a history, line by line. Its digest tells two runs of a seed apart.
class Trace {
public:
    explicit Trace(bool print) : print_(print) {}
    void line(std::string_view text);
    [[nodiscard]] std::uint64_t lines() const { return lines_; }
    /// Over all lines so far.
    [[nodiscard]] const crypto::Digest32& digest();

private:
    void fold();
    bool print_;
    std::uint64_t lines_ = 0;
    std::string open_;  ///< Lines that are not in the digest yet.
    crypto::Digest32 digest_{};
};

}  // namespace sim
