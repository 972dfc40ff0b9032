// SPDX-License-Identifier: Apache-2.0
// Credentials, grants, provisions and the log of the key generator. Checksums, seals and signatures
// are put around the input where they stand, so that the bytes behind them are reached: the first
// byte says which form the rest is.
#include "askg/internal/codec.h"
#include "askg/log.h"
#include "askg/provision.h"
#include "recode.h"

namespace {

template <class T>
void recode_form(base::ByteView body) {
    if (const auto read = askg::internal::read_form<T>(body)) {
        fuzz::check_same(body, askg::internal::write_form(*read));
    }
}

/// The whole decoder, which also verifies: over the bytes as they are, and with a checksum.
template <class T>
void decode_file(askg::internal::FileKind kind, base::ByteView body) {
    recode_form<T>(body);
    const auto file = askg::internal::enclose(kind, body);
    if (const auto read = askg::decode<T>(file)) fuzz::check_same(file, encode(*read));
    (void)askg::decode<T>(body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    using askg::internal::FileKind;
    const base::ByteView body(data + 1, size - 1);
    switch (data[0] % 11) {
        case 0:
            decode_file<askg::DeviceCredentials>(FileKind::device_credentials, body);
            break;
        case 1:
            decode_file<askg::PdaCredentials>(FileKind::pda_credentials, body);
            break;
        case 2:
            decode_file<askg::CloudServerCredentials>(FileKind::cloud_server_credentials, body);
            break;
        case 3:
            decode_file<askg::UserCredentials>(FileKind::user_credentials, body);
            break;
        case 4:
            decode_file<askg::DeviceGrant>(FileKind::device_grant, body);
            break;
        case 5:
            decode_file<askg::PdaGrant>(FileKind::pda_grant, body);
            break;
        case 6:
            decode_file<askg::CloudServerGrant>(FileKind::cloud_server_grant, body);
            break;
        case 7:
            decode_file<askg::UserGrant>(FileKind::user_grant, body);
            break;
        case 8:
            recode_form<askg::Provision>(body);
            (void)askg::open_provision({}, body, 0);
            break;
        case 9:
            fuzz::recode(body, askg::decode_log_entry);
            break;
        default:
            fuzz::recode(body, askg::decode_record);
            break;
    }
    return 0;
}
