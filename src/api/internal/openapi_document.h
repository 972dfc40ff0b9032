// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace api {

/// src/api/openapi.json as it was when this was built.
[[nodiscard]] std::string_view openapi_document();

}  // namespace api
