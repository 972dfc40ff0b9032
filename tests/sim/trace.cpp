// SPDX-License-Identifier: Apache-2.0
#include "trace.h"

#include <fmt/format.h>

#include <cstdio>

namespace sim {

void Trace::line(std::string_view text) {
    ++lines_;
    if (print_) fmt::print(stderr, "{:6} {}\n", lines_, text);
    open_ += text;
    open_ += '\n';
    constexpr std::size_t open_max = 65'536;
    if (open_.size() > open_max) fold();
}

void Trace::fold() {
    digest_ = crypto::sha256({digest_, base::as_bytes(open_)});
    open_.clear();
}

const crypto::Digest32& Trace::digest() {
    if (!open_.empty()) fold();
    return digest_;
}

}  // namespace sim
