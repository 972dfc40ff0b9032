// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

namespace base {

std::string_view name_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::malformed:
            return "malformed";
        case ErrorCode::not_authorised:
            return "not_authorised";
        case ErrorCode::consent_missing:
            return "consent_missing";
        case ErrorCode::unavailable:
            return "unavailable";
        case ErrorCode::corrupted:
            return "corrupted";
        case ErrorCode::bad_signature:
            return "bad_signature";
        case ErrorCode::personal_data:
            return "personal_data";
        case ErrorCode::wrong_doctor:
            return "wrong_doctor";
        case ErrorCode::replayed:
            return "replayed";
        case ErrorCode::wrong_chain:
            return "wrong_chain";
        case ErrorCode::unknown_signer:
            return "unknown_signer";
        case ErrorCode::key_not_valid:
            return "key_not_valid";
        case ErrorCode::too_large:
            return "too_large";
        case ErrorCode::not_found:
            return "not_found";
        case ErrorCode::conflict:
            return "conflict";
        case ErrorCode::storage_full:
            return "storage_full";
        case ErrorCode::not_eligible:
            return "not_eligible";
        case ErrorCode::expired:
            return "expired";
        case ErrorCode::unauthenticated:
            return "unauthenticated";
        case ErrorCode::busy:
            return "busy";
        case ErrorCode::already_committed:
            return "already_committed";
        case ErrorCode::unsupported_version:
            return "unsupported_version";
        case ErrorCode::undecodable:
            return "undecodable";
        case ErrorCode::not_canonical:
            return "not_canonical";
        case ErrorCode::bad_key:
            return "bad_key";
        case ErrorCode::malleable_signature:
            return "malleable_signature";
        case ErrorCode::duplicate_key:
            return "duplicate_key";
        case ErrorCode::wrong_root:
            return "wrong_root";
        case ErrorCode::bad_batch:
            return "bad_batch";
    }
    return "unknown";
}

}  // namespace base
