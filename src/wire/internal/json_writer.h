// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace wire::internal {

// Nothing that is written with these needs an escape: names are ours, values hexadecimal or
// base64url.

inline std::string quoted(std::string_view text) {
    return '"' + std::string(text) + '"';
}
inline std::string base64url(base::ByteView bytes) {
    return quoted(base::to_base64url(bytes));
}
inline std::string hexadecimal(base::ByteView bytes) {
    return quoted(base::to_hex(bytes));
}

template <class Items, class Write>
std::string json_list(const Items& items, Write write) {
    std::string out = "[";
    for (const auto& item : items) {
        if (out.size() > 1) out += ',';
        out += write(item);
    }
    return out + ']';
}

}  // namespace wire::internal
