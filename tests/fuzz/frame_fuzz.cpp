// SPDX-License-Identifier: Apache-2.0
#include "recode.h"
#include "wire/content.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const base::ByteView input(data, size);
    fuzz::recode(input, wire::decode_batch);
    fuzz::recode(input, wire::decode_acknowledgement);
    if (const auto content = wire::decode_content(input)) {
        fuzz::check_same(input, wire::encode_content(*content));
    }
    return 0;
}
