// SPDX-License-Identifier: Apache-2.0
#include "wire/block.h"

#include "recode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const base::ByteView input(data, size);
    fuzz::recode(input, wire::decode_header);
    fuzz::recode(input, wire::decode_seal);
    fuzz::recode(input, wire::decode_genesis);
    fuzz::recode(input, wire::decode_block);
    return 0;
}
