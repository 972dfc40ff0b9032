// SPDX-License-Identifier: Apache-2.0
// libcoap 4.3.1, as far as it is used: it parses and encodes messages, repeats confirmable ones and
// keeps to NSTART. Its own reassembly of blocks is not used: it reserves the memory that a stranger
// names in Size1, up to 4 GiB.
#pragma once

#include <coap3/coap.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "coap/address.h"
#include "coap/bounds.h"

namespace coap {

struct FreeContext {
    void operator()(coap_context_t* context) const { coap_free_context(context); }
};
using Context = std::unique_ptr<coap_context_t, FreeContext>;

/// A context whose sockets can be waited for with one descriptor. Errors: `unavailable`.
[[nodiscard]] base::Result<Context> make_context();
/// Datagrams that libcoap could not parse, in this process, since its start.
[[nodiscard]] std::uint64_t malformed_datagrams();

/// Errors: `malformed` for an address that is none.
[[nodiscard]] base::Result<coap_address_t> to_library(const Address& address);
void set_timing(coap_session_t* session, const Timing& timing);

/// Sends what is due; how long nothing else is, at most a second.
[[nodiscard]] std::chrono::milliseconds prepare(coap_context_t* context);
/// Receives, without waiting.
void process(coap_context_t* context);

/// The class and detail of a code as RFC 7252 writes it: code(4, 4) is 4.04.
[[nodiscard]] constexpr coap_pdu_code_t code(unsigned kind, unsigned detail) {
    return static_cast<coap_pdu_code_t>(kind << 5U | detail);
}

using Token = std::string;
[[nodiscard]] Token token_of(const coap_pdu_t* message);
/// Eight bytes that nobody can guess (RFC 7252 section 5.3.1).
[[nodiscard]] Token draw_token();
[[nodiscard]] base::ByteView payload_of(const coap_pdu_t* message);
/// The value of an option that is an unsigned integer; nothing where it is absent or too long.
[[nodiscard]] std::optional<std::uint32_t> uint_option(const coap_pdu_t* message,
                                                       coap_option_num_t number);
/// Options must be added in the order of their numbers. False: no room.
bool add_uint_option(coap_pdu_t* message, coap_option_num_t number, std::uint32_t value);
bool add_payload(coap_pdu_t* message, base::ByteView payload);

/// RFC 7959 section 2.2.
struct Block {
    std::uint32_t number = 0;
    bool more = false;
    unsigned szx = 0;

    [[nodiscard]] static Block from(std::uint32_t value) {
        return {value >> 4U, (value & 8U) != 0, value & 7U};
    }
    [[nodiscard]] std::uint32_t value() const { return number << 4U | (more ? 8U : 0U) | szx; }
};

}  // namespace coap
