// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace crypto {

/// An X.509 certificate with its P-256 key, both PEM; the key is PKCS#8, not encrypted: its file
/// has mode 0600.
struct CertificateAndKey {
    std::string certificate_pem;
    std::string key_pem;
};

/// A certification authority that signs itself, for the connections of one node. Valid from an hour
/// ago (clocks differ) for `valid`. Ends the process if OpenSSL fails.
[[nodiscard]] CertificateAndKey make_certificate_authority(std::string_view common_name,
                                                           std::chrono::days valid);

struct ServerNames {
    std::vector<std::string> dns;           ///< "localhost"
    std::vector<std::string> ip_addresses;  ///< "127.0.0.1"
};
/// A server's certificate under `authority`. Errors: `malformed` if `authority` or a name cannot be
/// read.
[[nodiscard]] base::Result<CertificateAndKey> make_server_certificate(
    const CertificateAndKey& authority, const ServerNames& names, std::chrono::days valid);

/// Seconds until the certificate ends, at the system's time; negative when it has ended.
/// Errors: `malformed`.
[[nodiscard]] base::Result<std::chrono::seconds> time_left(std::string_view certificate_pem);

/// RFC 8018 PBKDF2 with HMAC-SHA-512. `iterations` > 0, CHECKed.
[[nodiscard]] base::Bytes pbkdf2_sha512(std::string_view password, base::ByteView salt,
                                        unsigned iterations, std::size_t bytes);

}  // namespace crypto
