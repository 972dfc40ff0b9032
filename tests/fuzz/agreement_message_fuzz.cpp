// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/message.h"
#include "recode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace keyagreement;
    const base::ByteView input(data, size);
    fuzz::recode(input, decode_message1);
    fuzz::recode(input, decode_message2);
    fuzz::recode(input, decode_message3);
    fuzz::recode(input, decode_cookie_reply);
    if (const auto header = decode_data_header(input)) {
        fuzz::check_same(input.first(data_header_bytes), encode(*header));
    }
    return 0;
}
