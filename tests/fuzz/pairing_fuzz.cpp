// SPDX-License-Identifier: Apache-2.0
// What a person types or a camera reads of a pairing ticket, and what is sealed under one, from
// whoever sends it. A code that is taken is the code of its secret, a text that is taken says the
// same when it is written again, and only what was sealed under the ticket opens.
#include <algorithm>

#include "agreement_script.h"
#include "api/pairing_ticket.h"

namespace {

/// As `secret_of_code` reads: without what does not count, look-alikes as what they are read as.
std::string plain(std::string_view code) {
    std::string out;
    for (char c : code) {
        if (c == '-' || c == ' ') continue;
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        if (c == 'O') c = '0';
        if (c == 'I' || c == 'L') c = '1';
        out += c;
    }
    return out;
}

std::string text_from(fuzz::Script& script, const std::string& genuine) {
    const auto bytes = base::as_bytes(genuine);
    const auto made = fuzz::next_frame(script, {{bytes.begin(), bytes.end()}}, {});
    return std::string(base::as_text(made));
}

void read_code(fuzz::Script& script, const api::TicketSecret& secret) {
    const auto typed = text_from(script, api::code_of(secret));
    const auto read = api::secret_of_code(typed);
    if (read) CHECK(plain(api::code_of(*read)) == plain(typed));
}

void read_text(fuzz::Script& script, const api::TicketSecret& secret) {
    const auto seen =
        text_from(script, api::text_of({.secret = secret.clone(),
                                        .until = base::from_unix_ms(1'767'226'200'000),
                                        .address = "http://127.0.0.1:8080"}));
    const auto read = api::ticket_of_text(seen);
    if (!read) return;
    const auto again = api::ticket_of_text(api::text_of(*read));
    CHECK(again.has_value());
    CHECK(again->secret == read->secret);
    CHECK(again->until == read->until);
    CHECK(again->address == read->address);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Script script(data, size);
    base::SeededRandom random(1);
    const auto secret = api::TicketSecret::draw(random);
    const auto other = api::TicketSecret::draw(random);
    const auto device = crypto::X25519PrivateKey::draw(random);
    const auto words = base::as_bytes("what is sealed");
    const auto request = api::seal_request(secret, words, random);
    const auto answer = *api::seal_answer(secret, device.public_key(), words, random);
    while (!script.done()) {
        switch (script.byte() % 4) {
            case 0:
                read_code(script, secret);
                break;
            case 1:
                read_text(script, secret);
                break;
            case 2: {
                const auto sealed = fuzz::next_frame(script, {request}, {});
                CHECK(api::open_request(secret, sealed).has_value() == (sealed == request));
                CHECK(!api::open_request(other, sealed));
                break;
            }
            default: {
                const auto sealed = fuzz::next_frame(script, {answer}, {});
                const auto opened = api::open_answer(secret, device, sealed);
                // The highest bit of a public key does not count (RFC 7748), but it is in the key.
                CHECK(opened.has_value() == (sealed == answer));
                CHECK(!api::open_answer(other, device, sealed));
                break;
            }
        }
    }
    return 0;
}
