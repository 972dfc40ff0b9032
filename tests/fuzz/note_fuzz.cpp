// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "recode.h"
#include "witness/checkpoint.h"
#include "witness/note.h"
#include "witness/policy.h"
#include "witness/witness.h"

namespace {

/// What a text is read as, it is written as.
template <class Decode>
void recode_text(std::string_view input, Decode decode) {
    if (const auto value = decode(input)) {
        fuzz::check_same(base::as_bytes(input), base::as_bytes(encode(*value)));
    }
}

/// The keys of tests/vectors/notes, so that the seeds get as far as their signatures.
const witness::Policy& policy() {
    static const witness::Policy out{
        .log = witness::decode_verifier_key("salus/notes-vectors+0615579b+"
                                            "Aecp2I4wwgnc4etZLCGcZIYj84bPPEteiBx+cBWvci70")
                   .value(),
        .witnesses = {witness::decode_verifier_key("regulator.example/w1+3a06cf78+"
                                                   "BFAJxUjUdeCMZpqk2nDyznQbac4GAjMFzOdJ3DfzjMAL")
                          .value()},
        .required = 0};
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = base::as_text({data, size});
    recode_text(input, [](auto text) { return witness::decode_note(text); });
    recode_text(input, [](auto text) { return witness::decode_checkpoint(text); });
    recode_text(input, [](auto text) { return witness::decode_verifier_key(text); });
    recode_text(input, [](auto text) { return witness::decode_proof(text); });
    const auto note = witness::decode_note(input);
    if (!note) return 0;
    recode_text(note->text, [](auto text) { return witness::decode_checkpoint(text); });
    const auto verified = witness::verify_checkpoint(*note, policy());
    if (verified) CHECK(verified->origin == policy().log.name && verified->header.height > 0);
    return 0;
}
