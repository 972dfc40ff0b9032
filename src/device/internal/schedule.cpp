// SPDX-License-Identifier: Apache-2.0
#include "device/internal/schedule.h"

#include "base/bytes.h"
#include "storage/files.h"

namespace device::internal {

using base::ErrorCode;
using base::fail;
using base::pass;

namespace {

// version 1 | speed 4 | flags 1 | start 8 | duration 8, big-endian.
constexpr std::size_t schedule_bytes = 22;
constexpr std::uint8_t version = 1;
constexpr std::uint8_t flag_cut = 1;
constexpr std::uint8_t flag_endless = 2;

base::Bytes encode(const Schedule& schedule) {
    base::Bytes out{version};
    base::append_u32(out, schedule.speed_milli);
    out.push_back(static_cast<std::uint8_t>((schedule.cut_recordings ? flag_cut : 0) |
                                            (schedule.endless ? flag_endless : 0)));
    base::append_u64(out, static_cast<std::uint64_t>(base::to_unix_ms(schedule.start)));
    base::append_u64(out, static_cast<std::uint64_t>(schedule.duration.count()));
    return out;
}

}  // namespace

base::Result<Schedule> load_or_fix(const std::filesystem::path& file, const Schedule& wanted) {
    const auto bytes = storage::read_file(file, schedule_bytes);
    if (!bytes && bytes.error().code == ErrorCode::not_found) {
        if (auto written = storage::write_file_synced(file, encode(wanted)); !written) {
            return pass(written);
        }
        return wanted;
    }
    if (!bytes) return pass(bytes);
    const base::ByteView at(*bytes);
    if (at.size() != schedule_bytes || at[0] != version) {
        return fail(ErrorCode::corrupted, file.string() + " is not a schedule of this version");
    }
    Schedule out;
    out.speed_milli = base::read_u32(at.subspan(1));
    out.cut_recordings = (at[5] & flag_cut) != 0;
    out.endless = (at[5] & flag_endless) != 0;
    out.start = base::from_unix_ms(static_cast<std::int64_t>(base::read_u64(at.subspan(6))));
    out.duration =
        std::chrono::milliseconds(static_cast<std::int64_t>(base::read_u64(at.subspan(14))));
    if (out.speed_milli < 1000 || out.duration.count() <= 0) {
        return fail(ErrorCode::corrupted, file.string() + " holds a speed or length out of range");
    }
    return out;
}

}  // namespace device::internal
