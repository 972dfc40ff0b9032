// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "device/reading_source.h"
#include "wire/vital.h"

namespace device {

/// One recorded patient: a CSV file of vitals with a time column in seconds. Reads the files of the
/// BIDMC dataset (`Time [s], HR, PULSE, RESP, SpO2`) and of the MIMIC II numerics (`time_s,HR_bpm,
/// ABPSys_mmHg,...`); columns in any order, `\r\n` too. A blank or `NaN` is no reading. Values are
/// exact to thousandths; further decimals round half to even.
class Recording {
public:
    struct Value {
        wire::Vital vital{};
        std::int64_t value_milli = 0;
    };
    /// Rows in which the device has a value, and the recording's last row, which may have none.
    struct Row {
        std::chrono::milliseconds offset{};  ///< From the recording's first row.
        std::vector<Value> values;
    };
    struct Part {
        DevicePlan plan;
        std::vector<Row> rows;
    };

    /// Files named `*_Numerics.csv` or `*numerics*.csv` (in any case) in `folder`, sorted by name.
    /// Errors: `not_found` if there is none.
    [[nodiscard]] static base::Result<std::vector<std::filesystem::path>> find(
        const std::filesystem::path& folder);
    /// Errors: `malformed` with file, line and column; `too_large`; those of reading the file.
    [[nodiscard]] static base::Result<Recording> read(const std::filesystem::path& file);
    /// The same from text; `name` stands for the file in errors.
    [[nodiscard]] static base::Result<Recording> parse(std::string_view text, std::string name);

    /// The file's name without `_Numerics.csv` and the like, e.g. "bidmc_32".
    [[nodiscard]] const std::string& name() const { return name_; }
    /// The devices it was recorded by: "monitor", and "cuff" where NBP columns have values.
    [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }
    [[nodiscard]] const Part* part(std::string_view source) const;
    /// Readings in it: values that are neither blank nor NaN.
    [[nodiscard]] std::uint64_t value_count() const { return value_count_; }
    /// From the first row to the last.
    [[nodiscard]] std::chrono::milliseconds length() const { return length_; }
    /// Columns that are not read, each named in a sentence.
    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }
    /// From `<name>_Fix.txt` beside the file, where there is one. "90+" counts as 90.
    [[nodiscard]] std::optional<int> age_years() const { return age_years_; }
    /// FHIR administrative gender ("female", "male"), or empty.
    [[nodiscard]] const std::string& sex() const { return sex_; }

private:
    friend class RecordingParser;
    void read_facts(std::string_view text);

    std::string name_;
    std::vector<Part> parts_;
    std::uint64_t value_count_ = 0;
    std::chrono::milliseconds length_{};
    std::vector<std::string> warnings_;
    std::optional<int> age_years_;
    std::string sex_;
};

/// The rows of one part as batches. `length_max` cuts a longer recording: it then ends there, with
/// a last batch at exactly that offset, which may be empty.
[[nodiscard]] std::unique_ptr<ReadingSource> make_recording_source(
    std::vector<Recording::Row> rows, std::optional<std::chrono::milliseconds> length_max);

}  // namespace device
