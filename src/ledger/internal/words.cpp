// SPDX-License-Identifier: Apache-2.0
#include "ledger/internal/words.h"

#include <chrono>

namespace ledger {
namespace {

std::string padded(std::uint64_t number, std::size_t width) {
    std::string out = std::to_string(number);
    if (out.size() < width) out.insert(0, width - out.size(), '0');
    return out;
}

}  // namespace

std::string words_of(base::TimePoint time) {
    // Beyond the years a calendar writes with four digits, the number itself is clearer.
    constexpr auto year_10000 = base::from_unix_ms(253'402'300'800'000);
    if (time < base::TimePoint{} || time >= year_10000) {
        return std::to_string(base::to_unix_ms(time)) + " ms since 1970";
    }
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const auto seconds =
        static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(time - day).count());
    const auto year = static_cast<std::uint64_t>(static_cast<int>(date.year()));
    return padded(year, 4) + "-" + padded(static_cast<unsigned>(date.month()), 2) + "-" +
           padded(static_cast<unsigned>(date.day()), 2) + " " + padded(seconds / 3'600, 2) + ":" +
           padded(seconds / 60 % 60, 2) + ":" + padded(seconds % 60, 2) + " UTC";
}

}  // namespace ledger
