// SPDX-License-Identifier: Apache-2.0
#include "base/record.h"
#include "monitor/rules.h"

namespace monitor {
namespace {

/// First byte of the state of a patient's rules; raised when its fields change.
constexpr std::uint8_t format_version = 1;
constexpr std::size_t vital_bytes_min = 40;
constexpr std::size_t device_bytes_min = 45;

void write_condition(base::RecordWriter& out, const std::optional<Condition>& condition) {
    out.u8(condition ? 1 : 0);
    if (condition) out.u8(static_cast<std::uint8_t>(*condition));
}

std::optional<Condition> read_condition(base::RecordReader& in) {
    if (!in.flag()) return std::nullopt;
    return in.enumerator(Condition::low, Condition::implausible);
}

}  // namespace

base::Bytes PatientRules::encode() const {
    base::RecordWriter out;
    const auto write = [&out](const Debounce& state) {
        out.u8(state.active ? 1 : 0).time(state.breached_since).time(state.cleared_since);
    };
    out.u8(format_version);
    write(disagreement_);
    out.u32(static_cast<std::uint32_t>(devices_.size()));
    for (const auto& [id, device] : devices_) {
        out.fixed(id.view()).time(device.clock).time(device.gateway_time).u32(device.speed_milli);
        out.u64(device.counter).u8(device.finished ? 1 : 0);
    }
    out.u32(static_cast<std::uint32_t>(vitals_.size()));
    for (const auto& [vital, state] : vitals_) {
        out.u8(static_cast<std::uint8_t>(vital)).time(state.newest).time(state.valued);
        out.i64(state.value_milli).fixed(state.device.view()).u8(state.timed ? 1 : 0);
        for (const auto& line : state.lines) write(line);
        write_condition(out, state.clinical);
        write_condition(out, state.technical);
    }
    return out.take();
}

base::Result<PatientRules> PatientRules::decode(base::ByteView bytes) {
    base::RecordReader in(bytes);
    PatientRules rules;
    const auto read = [&in] {
        Debounce state;
        state.active = in.flag();
        state.breached_since = in.optional_time();
        state.cleared_since = in.optional_time();
        return state;
    };
    bool known = in.u8() == format_version;
    rules.disagreement_ = read();
    for (auto left = in.count(device_bytes_min); left > 0 && in.sound(); --left) {
        auto& device = rules.devices_[in.fixed<wire::DeviceId>()];
        device.clock = in.time();
        device.gateway_time = in.time();
        device.speed_milli = in.u32();
        device.counter = in.u64();
        device.finished = in.flag();
    }
    for (auto left = in.count(vital_bytes_min); left > 0 && in.sound(); --left) {
        const auto number = in.u8();
        known = known && wire::is_vital(number);
        auto& state = rules.vitals_[static_cast<wire::Vital>(number)];
        state.newest = in.optional_time();
        state.valued = in.optional_time();
        state.value_milli = in.i64();
        state.device = in.fixed<wire::DeviceId>();
        state.timed = in.flag();
        for (auto& line : state.lines) line = read();
        state.clinical = read_condition(in);
        state.technical = read_condition(in);
    }
    if (!known || !in.complete()) {
        return base::fail(base::ErrorCode::corrupted,
                          "the stored alarm state of a patient cannot be read");
    }
    return rules;
}

}  // namespace monitor
