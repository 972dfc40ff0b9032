// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "crypto/secret.h"
#include "crypto/x25519.h"

namespace api {

// How a new device and the node find each other: docs/formats/pairing.md. The node shows a ticket
// with a secret that is good once and for ten minutes; whoever holds it can ask to be enrolled,
// and knows that the answer comes from the node that showed it. No TLS is needed underneath.

using TicketSecret = crypto::Secret<16>;
/// A name for the secret that says nothing of it.
using TicketId = base::FixedBytes<struct TicketIdTag, 8>;
[[nodiscard]] TicketId id_of(const TicketSecret& secret);

/// The secret in 28 characters, seven groups of four, to be typed. It holds 12 bits against typing
/// errors. It is as secret as the secret.
[[nodiscard]] std::string code_of(const TicketSecret& secret);
/// Upper or lower case; spaces and dashes do not count; O is read as 0, I and L as 1.
/// Errors: `malformed`, naming what is wrong in words.
[[nodiscard]] base::Result<TicketSecret> secret_of_code(std::string_view code);

struct PairingTicket {
    TicketSecret secret;
    base::TimePoint until;  ///< To the second.
    std::string address;    ///< Of the node: "http://HOST:PORT".
};
/// "SALUS:PAIR:1:<code>:<until, s since 1970>:<address>" in the letters of a QR code's alphanumeric
/// mode. It is as secret as the ticket.
[[nodiscard]] std::string text_of(const PairingTicket& ticket);
/// Errors: `malformed`.
[[nodiscard]] base::Result<PairingTicket> ticket_of_text(std::string_view text);

/// What the device asks, sealed under the ticket's secret with a nonce of its own.
[[nodiscard]] base::Bytes seal_request(const TicketSecret& secret, base::ByteView request,
                                       base::Random& random);
/// Errors: `bad_signature` if it was not sealed under this secret.
[[nodiscard]] base::Result<base::Bytes> open_request(const TicketSecret& secret,
                                                     base::ByteView sealed);
/// What the node answers: sealed under the secret and a key agreed with the device's own, so that
/// whoever photographed the ticket cannot read it. Nothing if `device` is a point of low order.
[[nodiscard]] std::optional<base::Bytes> seal_answer(const TicketSecret& secret,
                                                     const crypto::X25519PublicKeyBytes& device,
                                                     base::ByteView answer, base::Random& random);
/// Errors: `bad_signature` if it is not the answer to this device under this secret.
[[nodiscard]] base::Result<base::Bytes> open_answer(const TicketSecret& secret,
                                                    const crypto::X25519PrivateKey& device,
                                                    base::ByteView sealed);

}  // namespace api
