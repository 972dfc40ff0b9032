// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mqtt {

/// The oldest version of TLS that is spoken with a broker; newer ones always are. 1.3 unless an
/// operator allows 1.2 for equipment that knows nothing newer. There is no way to anything older.
enum class TlsMin : std::uint8_t { v1_2, v1_3 };

/// "1.2" or "1.3"; nothing for anything else.
[[nodiscard]] constexpr std::optional<TlsMin> tls_min_of(std::string_view text) {
    if (text == "1.2") return TlsMin::v1_2;
    if (text == "1.3") return TlsMin::v1_3;
    return std::nullopt;
}
[[nodiscard]] constexpr std::string_view text_of(TlsMin version) {
    return version == TlsMin::v1_2 ? "1.2" : "1.3";
}
/// As mosquitto's settings name it.
[[nodiscard]] constexpr const char* mosquitto_name(TlsMin version) {
    return version == TlsMin::v1_2 ? "tlsv1.2" : "tlsv1.3";
}

/// What TLS 1.2 may use, as OpenSSL's cipher list: ephemeral keys and AEAD alone, as TLS 1.3 has
/// them anyway. Source: RFC 9325 section 4.2.
inline constexpr const char* tls_1_2_ciphers =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256";

}  // namespace mqtt
