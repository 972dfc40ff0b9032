// SPDX-License-Identifier: Apache-2.0
#include "wire/receipt.h"

#include "recode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const base::ByteView input(data, size);
    if (const auto receipt = wire::receipt_from_json(base::as_text(input))) {
        fuzz::check_same(input, base::as_bytes(wire::to_json(*receipt)));
    }
    return 0;
}
