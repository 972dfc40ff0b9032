// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/error.h"

namespace cli {

/// What somebody wrote into a file to keep it off the command line: a user's secret, a password, a
/// passphrase. Without the line ends that editors add, and at most 4,096 bytes. The caller wipes
/// it. Errors: `not_authorised` if others can read the file; `malformed` if nothing stands in it;
/// those of reading.
[[nodiscard]] base::Result<base::Bytes> read_secret(const std::filesystem::path& file);

}  // namespace cli
