// SPDX-License-Identifier: Apache-2.0
// Receipts in all three forms; what one form accepts, the others give again.
#include "wire/claim.h"

#include "base/check.h"
#include "recode.h"
#include "wire/internal/base45.h"

namespace {

/// The form in which compact bytes came: packed, or the older one, which is still read.
base::Bytes encoded_as(base::ByteView bytes, const wire::Claim& claim) {
    if (bytes.front() == 4) return wire::encode(claim);
    return bytes.front() == 3 ? wire::encode_packed(claim) : wire::encode_plain(claim);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const base::ByteView input(data, size);
    if (const auto claim = wire::claim_from_json(base::as_text(input))) {
        fuzz::check_same(input, base::as_bytes(wire::to_json(*claim)));
    }
    if (const auto claim = wire::decode_claim(input)) {
        fuzz::check_same(input, encoded_as(input, *claim));
        CHECK(wire::decode_claim(wire::encode(*claim)) == *claim);
    }
    if (const auto claim = wire::claim_from_text(base::as_text(input))) {
        const auto bytes = wire::internal::from_base45(base::as_text(input).substr(6));  // "SALUS:"
        CHECK(bytes.has_value());
        fuzz::check_same(*bytes, encoded_as(*bytes, *claim));
        CHECK(wire::claim_from_text(wire::to_text(*claim)) == *claim);
    }
    if (const auto claim = wire::read_claim(input)) {
        CHECK(wire::decode_claim(wire::encode(*claim)) == *claim);
        const auto json = wire::to_json(*claim);
        if (json.size() <= wire::claim_bytes_max) CHECK(wire::claim_from_json(json) == *claim);
    }
    return 0;
}
