// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace attack {

/// What a run of one attack came to: a row of docs/formats/attack.md.
struct Row {
    std::string name;
    bool paper = false;
    bool resisted = false;
    std::optional<bool> control;  ///< The same attack against the protocol as printed.
    std::int64_t ran_at_ms = 0;
    std::string detail;

    /// Resisted, and the control, if there is one, shows that the attack can succeed.
    [[nodiscard]] bool as_expected() const { return resisted && control.value_or(true); }
};

/// {"attacks":[..]}, one line.
[[nodiscard]] std::string to_json(const std::vector<Row>& rows);
/// Errors: `malformed`.
[[nodiscard]] base::Result<std::vector<Row>> rows_from_json(std::string_view text);
/// For people: a line a row, a second one with its detail, and the sum.
[[nodiscard]] std::string to_table(const std::vector<Row>& rows);

/// Puts `rows` into the file in the place of rows of their names; other rows stay. Mode 0600, by
/// rename. A file that cannot be read as one is replaced. Errors: those of
/// `storage::write_file_synced`.
[[nodiscard]] base::Result<void> keep(const std::filesystem::path& file,
                                      const std::vector<Row>& rows);

}  // namespace attack
