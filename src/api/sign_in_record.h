// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "keyagreement/names.h"

namespace api {

// What a user's client and the node say to each other in data records of profile 3, one record
// each: docs/formats/http-api.md. Nothing of it is ever outside a record.

/// The user's: 01 | TOK 32.
[[nodiscard]] base::Bytes encode_sign_in(const keyagreement::Secret32& login_token);
[[nodiscard]] std::optional<keyagreement::Secret32> decode_sign_in(base::ByteView plaintext);

/// The node's: 02 | who signed in, as JSON (Me).
[[nodiscard]] base::Bytes encode_signed_in(std::string_view me);
[[nodiscard]] std::optional<std::string> decode_signed_in(base::ByteView plaintext);

}  // namespace api
