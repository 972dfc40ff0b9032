// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace base {

/// Why an operation failed, named by who must act. Codes enter receipts and transaction results,
/// so the numbers are part of the ledger format: append, never renumber or reuse.
enum class ErrorCode : std::uint16_t {
    malformed = 1,             ///< The sender must correct the bytes; a retry cannot help.
    not_authorised = 2,        ///< The signer lacks the role this action needs.
    consent_missing = 3,       ///< The patient must grant consent first.
    unavailable = 4,           ///< Our side is down; the caller may retry after a pause.
    corrupted = 5,             ///< Stored bytes fail their checksum; an operator must act.
    bad_signature = 6,         ///< A signature does not verify; the signer must sign again.
    personal_data = 7,         ///< The transaction says that it carries personal data; it may not.
    wrong_doctor = 8,          ///< Another doctor than the one responsible tried to act.
    replayed = 9,              ///< The sequence was used before, or is too old to be told apart.
    wrong_chain = 10,          ///< Signed for another chain.
    unknown_signer = 11,       ///< No key is registered for the signer.
    key_not_valid = 12,        ///< The signer's key is revoked or not valid at this height.
    too_large = 13,            ///< Larger than the stated bound; send less.
    not_found = 14,            ///< Nothing is known by this name.
    conflict = 15,             ///< It exists or was decided already; read it again.
    storage_full = 16,         ///< The disk is full; an operator must make room.
    not_eligible = 17,         ///< The miner is out of turn.
    expired = 18,              ///< The consent, session or request is past its end.
    unauthenticated = 19,      ///< Log in first.
    busy = 20,                 ///< Another process holds it (a data folder, a port).
    already_committed = 21,    ///< This very transaction is in a block; nothing is left to do.
    unsupported_version = 22,  ///< The chain's rules are newer than this program; update it.
    undecodable = 23,          ///< Not one whole message: cut short, or never one; send it again.
    not_canonical = 24,        ///< Unknown fields, or not the one encoding that is taken.
    bad_key = 25,              ///< A public key that is no point of the curve.
    malleable_signature = 26,  ///< s in the upper half of the order, or r or s out of range.
    duplicate_key = 27,        ///< The public key is another identity's already.
    wrong_root = 28,           ///< A proof that does not lead to the root it is held against.
    bad_batch = 29             ///< A batch path that does not fit its index and size.
};

/// The code as it is written in logs, JSON and documents, e.g. "consent_missing".
[[nodiscard]] std::string_view name_of(ErrorCode code);

struct Error {
    ErrorCode code;
    std::string
        detail;  ///< For people: what is wrong, what to do. Never hashed, never patient data.
};

template <class T>
using Result = std::expected<T, Error>;

/// `return fail(ErrorCode::malformed, "...")` from any function that returns a Result.
[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string detail) {
    return std::unexpected(Error{code, std::move(detail)});
}
/// Hands an error on to the caller: `if (!x) return pass(x);`
template <class T>
[[nodiscard]] std::unexpected<Error> pass(const Result<T>& failed) {
    return std::unexpected(failed.error());
}

}  // namespace base
