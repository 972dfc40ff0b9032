// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "askg/key_generator.h"
#include "base/clock.h"
#include "cli/askg_actions.h"
#include "cli/times.h"
#include "crypto/random.h"

namespace cli {

/// Where it stands, and for what the node key is derived that opens it.
[[nodiscard]] inline std::filesystem::path askg_folder(const DataFolder& folder) {
    return folder.root / "askg";
}
inline constexpr std::string_view askg_key_purpose = "key generator";

/// A key generator with what it borrows.
struct OpenAskg {
    base::SystemClock clock;
    crypto::SystemRandom random;
    std::unique_ptr<askg::KeyGenerator> generator;
};
[[nodiscard]] base::Result<std::unique_ptr<OpenAskg>> open_askg(const AskgCommand& command);
/// Makes it, with `name` and `validity_days`.
[[nodiscard]] base::Result<std::unique_ptr<OpenAskg>> create_askg(const AskgCommand& command);

/// Whom --party and --id name. Errors: `malformed`.
struct NamedParty {
    askg::PartyRole role{};
    keyagreement::PeerName name;
};
[[nodiscard]] base::Result<NamedParty> named_party(const AskgCommand& command);

/// Hex as it was typed. Errors: `malformed`, naming `what`.
template <class Fixed>
[[nodiscard]] base::Result<Fixed> read_id(const std::string& text, std::string_view what) {
    const auto read = base::fixed_from_hex<Fixed>(text);
    if (read) return *read;
    return base::fail(base::ErrorCode::malformed, std::string(what) + " must be " +
                                                      std::to_string(2 * Fixed::size_bytes) +
                                                      " lower-case hexadecimal digits");
}
/// Hex of an id, or of bytes.
[[nodiscard]] inline std::string hex(base::ByteView bytes) {
    return base::to_hex(bytes);
}

}  // namespace cli
