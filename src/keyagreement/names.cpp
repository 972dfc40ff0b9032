// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/names.h"

namespace keyagreement {

std::string_view name_of(Profile profile) {
    switch (profile) {
        case Profile::device_pda:
            return "device_pda";
        case Profile::pda_cloud:
            return "pda_cloud";
        case Profile::user_cloud:
            return "user_cloud";
    }
    return "unknown";
}

std::string_view name_of(Suite suite) {
    switch (suite) {
        case Suite::chacha20_poly1305:
            return "chacha20_poly1305";
        case Suite::aes_256_gcm:
            return "aes_256_gcm";
    }
    return "unknown";
}

bool is_profile(std::uint32_t value) {
    return value >= 1 && value <= 3;
}

bool is_suite(std::uint32_t value) {
    return value == 1 || value == 2;
}

}  // namespace keyagreement
