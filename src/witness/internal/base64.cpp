// SPDX-License-Identifier: Apache-2.0
#include "witness/internal/base64.h"

#include <algorithm>

namespace witness::internal {

std::string to_base64(base::ByteView bytes) {
    std::string out = base::to_base64url(bytes);
    std::ranges::replace(out, '-', '+');
    std::ranges::replace(out, '_', '/');
    out.append((4 - out.size() % 4) % 4, '=');
    return out;
}

std::optional<base::Bytes> from_base64(std::string_view text) {
    if (text.size() % 4 != 0 || text.find_first_of("-_") != std::string_view::npos) {
        return std::nullopt;
    }
    // At most two characters of padding; any further '=' is none of base64url's.
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
    std::string url(text);
    std::ranges::replace(url, '+', '-');
    std::ranges::replace(url, '/', '_');
    return base::from_base64url(url);
}

}  // namespace witness::internal
