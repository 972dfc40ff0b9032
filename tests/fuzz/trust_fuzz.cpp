// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "wire/receipt.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto trust = wire::trust_from_json(base::as_text({data, size}));
    if (!trust) return 0;
    // White space may differ, so the meaning is compared and not the text.
    const auto again = wire::trust_from_json(wire::to_json(*trust));
    CHECK(again.has_value());
    CHECK(*again == *trust);
    return 0;
}
