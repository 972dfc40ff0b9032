// SPDX-License-Identifier: Apache-2.0
#include "wire/frame.h"

#include "recode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const base::ByteView input(data, size);
    fuzz::recode(input, wire::decode_batch);
    fuzz::recode(input, wire::decode_acknowledgement);
    if (const auto header = wire::decode_frame_header(input)) {
        fuzz::check_same(input.first(wire::frame_header_bytes), wire::encode(*header));
    }
    return 0;
}
