// SPDX-License-Identifier: Apache-2.0
#include "recode.h"
#include "wire/transaction.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const base::ByteView input(data, size);
    fuzz::recode(input, wire::decode_body);
    const auto transaction = wire::decode_transaction(input);
    if (!transaction) return 0;
    fuzz::check_same(input, wire::encode(*transaction));
    fuzz::check_same(transaction->body_bytes, wire::encode(transaction->body));
    return 0;
}
