// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/credentials.h"

#include <algorithm>
#include <chrono>

#include "crypto/hkdf.h"

namespace keyagreement {
namespace {

std::array<std::uint8_t, 8> big_endian(std::uint64_t value) {
    std::array<std::uint8_t, 8> out;
    for (auto at = out.rbegin(); at != out.rend(); ++at) {
        *at = static_cast<std::uint8_t>(value);
        value >>= 8;
    }
    return out;
}

/// Field elements are little-endian. Which of two public points is smaller is no secret.
bool less(const Secret32& a, const Secret32& b) {
    return std::lexicographical_compare(a.view().rbegin(), a.view().rend(), b.view().rbegin(),
                                        b.view().rend());
}

}  // namespace

std::int64_t day_of(base::TimePoint time) {
    return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

std::int64_t month_of(base::TimePoint time) {
    using Month =  // 30 days
        std::chrono::duration<std::int64_t, std::ratio<2'592'000>>;
    return std::chrono::floor<Month>(time.time_since_epoch()).count();
}

Pid pid_of(const Secret32& pid_key, std::int64_t day) {
    const auto epoch = big_endian(static_cast<std::uint64_t>(day));
    const auto mac = crypto::secret_hmac_sha512(pid_key.view(), {base::as_bytes("pid"), epoch});
    return *Pid::from(mac.view().first(Pid::size_bytes));
}

// Source: docs/protocol.md 2, profile 1.
Secret32 psk_of_pair(const Secret32& phi, const Secret32& x_a, const Secret32& x_b,
                     std::uint64_t generation) {
    const auto prk = crypto::hkdf_extract(base::as_bytes("IMT phi"), phi.view());
    const auto& lower = less(x_b, x_a) ? x_b : x_a;
    const auto& upper = less(x_b, x_a) ? x_a : x_b;
    return crypto::hkdf_expand<32>(prk.view(),
                                   {lower.view(), upper.view(), big_endian(generation)});
}

// Source: docs/protocol.md 2, profiles 2 and 3.
Secret32 psk_of_temporary(const Secret32& temporary_credential, base::ByteView cloud_server_id,
                          std::int64_t month) {
    const auto prk = crypto::hkdf_extract({}, temporary_credential.view());
    base::Bytes length;
    base::append_u16(length, static_cast<std::uint16_t>(cloud_server_id.size()));
    return crypto::hkdf_expand<32>(prk.view(), {base::as_bytes("V"), length, cloud_server_id,
                                                big_endian(static_cast<std::uint64_t>(month))});
}

// Source: docs/protocol.md 2.4.
Secret32 session_token_of(const Secret32& session_key) {
    return crypto::hkdf_expand<32>(session_key.view(), {base::as_bytes("session")});
}

}  // namespace keyagreement
