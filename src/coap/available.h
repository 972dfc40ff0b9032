// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace coap {

/// Whether this build has CoAP: libcoap was there when it was configured. Without it, everything
/// here that would listen or connect fails with `unavailable`.
[[nodiscard]] bool available();

/// What people are told then.
inline constexpr const char* absent_text =
    "CoAP is not in this build of Salus; install libcoap3-dev, and configure and build it again";

}  // namespace coap
