// SPDX-License-Identifier: Apache-2.0
#include "device/recording.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <system_error>

#include "base/bytes.h"
#include "base/check.h"
#include "device/internal/csv.h"
#include "storage/files.h"

namespace device {

using base::ErrorCode;
using base::fail;
using base::pass;
using wire::Vital;

namespace {

// Bounds chosen by us: three months at 1 Hz are about 200 MB.
constexpr std::size_t file_bytes_max = std::size_t{256} << 20;
constexpr std::size_t facts_bytes_max = 64 << 10;
constexpr std::size_t line_bytes_max = 64 << 10;
constexpr std::size_t columns_max = 256;
constexpr std::int64_t interval_ms_default = 1'000;

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

/// What a column's name, without its unit, means. The cuff is a device of its own: two devices
/// measure the same vital, and both are kept.
struct ColumnMeaning {
    std::string_view name;
    Vital vital;
    bool cuff;
};
constexpr std::array column_meanings = {
    ColumnMeaning{"hr", Vital::heart_rate, false},
    ColumnMeaning{"pulse", Vital::pulse_rate, false},
    ColumnMeaning{"resp", Vital::respiration_rate, false},
    ColumnMeaning{"spo2", Vital::spo2, false},
    ColumnMeaning{"abpsys", Vital::systolic_pressure, false},
    ColumnMeaning{"abpdias", Vital::diastolic_pressure, false},
    ColumnMeaning{"abpmean", Vital::mean_pressure, false},
    ColumnMeaning{"nbpsys", Vital::systolic_pressure, true},
    ColumnMeaning{"nbpdias", Vital::diastolic_pressure, true},
    ColumnMeaning{"nbpmean", Vital::mean_pressure, true},
};

/// "HR_bpm" -> "hr", "Time [s]" -> "time".
std::string bare_name(std::string_view column) {
    const std::size_t end = column.find_first_of("_[(");
    return lower(internal::trimmed(column.substr(0, end)));
}

const ColumnMeaning* meaning_of(std::string_view column) {
    const std::string name = bare_name(column);
    for (const ColumnMeaning& meaning : column_meanings) {
        if (meaning.name == name) return &meaning;
    }
    return nullptr;
}

bool is_numerics(const std::filesystem::path& file) {
    const std::string name = lower(file.filename().string());
    return name.ends_with(".csv") && name.find("numerics") != std::string::npos;
}

std::string name_of_recording(const std::filesystem::path& file) {
    std::string name = file.stem().string();
    constexpr std::string_view end = "_numerics";
    if (lower(name).ends_with(end)) name.resize(name.size() - end.size());
    return name;
}

/// The commonest step between a part's values of one vital: for a cuff, minutes rather than the
/// recording's seconds.
std::uint32_t usual_interval_ms(const std::vector<Recording::Row>& rows) {
    std::map<std::int64_t, std::size_t> counts;
    std::map<Vital, std::int64_t> last;
    for (const Recording::Row& row : rows) {
        for (const Recording::Value& value : row.values) {
            const auto [seen, first] = last.try_emplace(value.vital, row.offset.count());
            if (!first) ++counts[row.offset.count() - seen->second];
            seen->second = row.offset.count();
        }
    }
    const auto commonest =
        std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
    const std::int64_t ms = commonest == counts.end() ? interval_ms_default : commonest->first;
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(ms, 1, UINT32_MAX));
}

}  // namespace

/// Reads one file, line by line; every error names the file, the line and the column.
class RecordingParser {
public:
    RecordingParser(std::string_view text, std::string file)
        : rest_(text), file_(std::move(file)) {}

    base::Result<Recording> run() {
        constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
        if (rest_.starts_with(byte_order_mark)) rest_.remove_prefix(byte_order_mark.size());
        if (rest_.empty()) return wrong("the file is empty; expected a line of column names");
        if (auto header = read_header(); !header) return pass(header);
        while (!rest_.empty()) {
            const auto line = next_line();
            if (!line) return pass(line);
            if (internal::trimmed(*line).empty()) continue;
            if (auto row = read_row(*line); !row) return pass(row);
        }
        if (!last_time_ms_) return wrong("there are column names but no rows");
        return finish();
    }

private:
    struct Column {
        std::string name;
        const ColumnMeaning* meaning = nullptr;
    };

    std::unexpected<base::Error> wrong(const std::string& what) const {
        return fail(ErrorCode::malformed, file_ + " line " + std::to_string(line_) + ": " + what);
    }

    base::Result<std::string_view> next_line() {
        ++line_;
        const std::string_view line = internal::take_line(rest_);
        if (line.size() > line_bytes_max) {
            return fail(ErrorCode::too_large, file_ + " line " + std::to_string(line_) +
                                                  ": longer than " +
                                                  std::to_string(line_bytes_max) + " bytes");
        }
        return line;
    }

    base::Result<void> read_header() {
        const auto line = next_line();
        if (!line) return pass(line);
        const auto names = internal::split_fields(*line);
        if (names.size() > columns_max) return wrong("more than 256 columns");
        for (const std::string_view name : names) {
            if (auto added = add_column(name); !added) return added;
        }
        if (!time_column_) {
            return wrong("no time column; expected one named \"Time [s]\" or \"time_s\"");
        }
        if (std::ranges::none_of(columns_, [](const Column& c) { return c.meaning != nullptr; })) {
            return wrong("no column of a vital that is known here, such as HR, RESP or SpO2");
        }
        return {};
    }

    base::Result<void> add_column(std::string_view name) {
        Column column{std::string(name), meaning_of(name)};
        if (bare_name(name) == "time") {
            if (time_column_) return wrong("two time columns");
            time_column_ = columns_.size();
        } else if (column.meaning != nullptr) {
            for (const Column& other : columns_) {
                if (other.meaning != column.meaning) continue;
                return wrong("columns \"" + other.name + "\" and \"" + column.name +
                             "\" mean the same vital; remove one");
            }
        } else if (lower(name) != "row") {  // a mere count of the rows
            recording_.warnings_.push_back(file_ + ": column \"" + column.name +
                                           "\" is not known and was left out");
        }
        columns_.push_back(std::move(column));
        return {};
    }

    base::Result<void> read_row(std::string_view line) {
        const auto fields = internal::split_fields(line);
        if (fields.size() != columns_.size()) {
            return wrong("has " + std::to_string(fields.size()) +
                         " fields where the column names are " + std::to_string(columns_.size()));
        }
        const auto time = internal::parse_milli(fields[*time_column_]);
        if (!time) return not_a_number(*time_column_, fields[*time_column_]);
        if (last_time_ms_ && *time <= *last_time_ms_) {
            return wrong("time " + std::string(fields[*time_column_]) +
                         " does not rise; rows must be in order of time");
        }
        if (!last_time_ms_) first_time_ms_ = *time;
        last_time_ms_ = time;

        const std::chrono::milliseconds offset(*time - first_time_ms_);
        Recording::Row monitor{offset, {}};
        Recording::Row cuff{offset, {}};
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const ColumnMeaning* meaning = columns_[i].meaning;
            if (meaning == nullptr || internal::is_blank(fields[i])) continue;
            const auto value = internal::parse_milli(fields[i]);
            if (!value) return not_a_number(i, fields[i]);
            (meaning->cuff ? cuff : monitor).values.push_back({meaning->vital, *value});
            ++recording_.value_count_;
        }
        if (!monitor.values.empty()) monitor_.push_back(std::move(monitor));
        if (!cuff.values.empty()) cuff_.push_back(std::move(cuff));
        return {};
    }

    std::unexpected<base::Error> not_a_number(std::size_t column, std::string_view field) const {
        constexpr std::size_t shown_max = 40;
        return wrong("column \"" + columns_[column].name + "\": \"" +
                     std::string(field.substr(0, shown_max)) +
                     "\" is not a decimal number, blank or NaN");
    }

    Recording finish() {
        recording_.length_ = std::chrono::milliseconds(*last_time_ms_ - first_time_ms_);
        // A recording without a single value still is a patient whose monitor is silent.
        const bool has_cuff = !cuff_.empty();
        if (!monitor_.empty() || !has_cuff) {
            add_part({"monitor", "Bedside monitor", {}, 0}, std::move(monitor_), false);
        }
        if (has_cuff) add_part({"cuff", "Blood pressure cuff", {}, 0}, std::move(cuff_), true);
        return std::move(recording_);
    }

    void add_part(DevicePlan plan, std::vector<Recording::Row> rows, bool cuff) {
        for (const Column& column : columns_) {
            if (column.meaning != nullptr && column.meaning->cuff == cuff) {
                plan.vitals.push_back(column.meaning->vital);
            }
        }
        plan.interval_ms = usual_interval_ms(rows);
        if (rows.empty() || rows.back().offset != recording_.length_) {
            rows.push_back({recording_.length_, {}});  // says that the recording is over
        }
        recording_.parts_.push_back({std::move(plan), std::move(rows)});
    }

    std::string_view rest_;
    std::string file_;
    std::uint64_t line_ = 0;
    std::vector<Column> columns_;
    std::optional<std::size_t> time_column_;
    std::int64_t first_time_ms_ = 0;
    std::optional<std::int64_t> last_time_ms_;
    std::vector<Recording::Row> monitor_;
    std::vector<Recording::Row> cuff_;
    Recording recording_;
};

base::Result<std::vector<std::filesystem::path>> Recording::find(
    const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::directory_iterator entries(folder, error);
    if (error) {
        return fail(ErrorCode::not_found,
                    "cannot read the folder " + folder.string() + ": " + error.message());
    }
    std::vector<std::filesystem::path> out;
    for (; entries != std::filesystem::directory_iterator(); entries.increment(error)) {
        if (error) break;
        std::error_code unreadable;
        if (entries->is_regular_file(unreadable) && is_numerics(entries->path())) {
            out.push_back(entries->path());
        }
    }
    if (error) {
        return fail(ErrorCode::unavailable,
                    "cannot read the folder " + folder.string() + ": " + error.message());
    }
    if (out.empty()) {
        return fail(ErrorCode::not_found,
                    "no recording in " + folder.string() +
                        ": expected files named *_Numerics.csv or *numerics*.csv");
    }
    std::ranges::sort(out);
    return out;
}

base::Result<Recording> Recording::parse(std::string_view text, std::string name) {
    auto recording = RecordingParser(text, name).run();
    if (recording) recording->name_ = name_of_recording(name);
    return recording;
}

base::Result<Recording> Recording::read(const std::filesystem::path& file) {
    const auto bytes = storage::read_file(file, file_bytes_max);
    if (!bytes) return pass(bytes);
    auto recording = parse(base::as_text(*bytes), file.string());
    if (!recording) return recording;
    const auto facts =
        storage::read_file(file.parent_path() / (recording->name_ + "_Fix.txt"), facts_bytes_max);
    if (facts) {
        recording->read_facts(base::as_text(*facts));
    } else if (facts.error().code != ErrorCode::not_found) {
        recording->warnings_.push_back(facts.error().detail);
    }
    return recording;
}

void Recording::read_facts(std::string_view text) {
    while (!text.empty()) {
        const std::string_view line = internal::take_line(text);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const std::string key = lower(internal::trimmed(line.substr(0, colon)));
        const std::string_view value = internal::trimmed(line.substr(colon + 1));
        if (key == "age") {
            int age = 0;
            const auto parsed = std::from_chars(value.data(), value.data() + value.size(), age);
            if (parsed.ec == std::errc{} && age >= 0 && age <= 150) age_years_ = age;
        } else if (key == "gender" || key == "sex") {
            const std::string letter = lower(value.substr(0, 1));
            if (letter == "f") sex_ = "female";
            if (letter == "m") sex_ = "male";
        }
    }
}

const Recording::Part* Recording::part(std::string_view source) const {
    for (const Part& part : parts_) {
        if (part.plan.source == source) return &part;
    }
    return nullptr;
}

namespace {

class RecordingSource final : public ReadingSource {
public:
    explicit RecordingSource(std::vector<Recording::Row> rows) : rows_(std::move(rows)) {}

    [[nodiscard]] std::optional<std::uint64_t> batch_count() const override { return rows_.size(); }
    [[nodiscard]] std::chrono::milliseconds offset_of(std::uint64_t index) const override {
        CHECK(index < rows_.size());
        return rows_[index].offset;
    }
    [[nodiscard]] std::uint64_t first_at(std::chrono::milliseconds offset) const override {
        const auto found = std::ranges::lower_bound(rows_, offset, {}, &Recording::Row::offset);
        return static_cast<std::uint64_t>(found - rows_.begin());
    }
    [[nodiscard]] std::vector<wire::Reading> readings(std::uint64_t index,
                                                      base::TimePoint now) const override {
        CHECK(index < rows_.size());
        std::vector<wire::Reading> out;
        for (const Recording::Value& value : rows_[index].values) {
            out.push_back({value.vital, now, value.value_milli, {}, 0});
        }
        return out;
    }

private:
    std::vector<Recording::Row> rows_;
};

}  // namespace

std::unique_ptr<ReadingSource> make_recording_source(
    std::vector<Recording::Row> rows, std::optional<std::chrono::milliseconds> length_max) {
    if (length_max && !rows.empty() && rows.back().offset > *length_max) {
        std::erase_if(rows, [&](const Recording::Row& row) { return row.offset > *length_max; });
        // The cut is where every device of the patient ends, whether or not it has a value there.
        if (rows.empty() || rows.back().offset != *length_max) rows.push_back({*length_max, {}});
    }
    return std::make_unique<RecordingSource>(std::move(rows));
}

}  // namespace device
