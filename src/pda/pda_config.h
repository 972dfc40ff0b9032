// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "wire/ids.h"

namespace pda {

struct PdaMember {
    wire::DeviceId id;
    /// Its file of askg::PdaCredentials; relative to the folder of this configuration.
    std::filesystem::path credentials;
    std::string password;  ///< The broker's; the user name is the PDA's id.
    friend bool operator==(const PdaMember&, const PdaMember&) = default;
};

/// The PDAs that one process serves, as a JSON file of mode 0600 (it holds passwords).
struct PdaConfig {
    std::string tenant = "default";
    std::vector<PdaMember> pdas;
    friend bool operator==(const PdaConfig&, const PdaConfig&) = default;
};

/// Errors: those of `storage::write_file_synced`.
[[nodiscard]] base::Result<void> write_pda_config(const std::filesystem::path& file,
                                                  const PdaConfig& config);
/// Errors: `malformed` naming the field, `unsupported_version`, `not_authorised` if others may read
/// the file.
[[nodiscard]] base::Result<PdaConfig> read_pda_config(const std::filesystem::path& file);

}  // namespace pda
