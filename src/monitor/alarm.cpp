// SPDX-License-Identifier: Apache-2.0
#include "monitor/alarm.h"

namespace monitor {

std::string_view name_of(Priority priority) {
    switch (priority) {
        case Priority::technical:
            return "technical";
        case Priority::low:
            return "low";
        case Priority::medium:
            return "medium";
        case Priority::high:
            return "high";
    }
    return "unknown";
}

std::string_view name_of(Condition condition) {
    switch (condition) {
        case Condition::low:
            return "low";
        case Condition::critical_low:
            return "critical_low";
        case Condition::high:
            return "high";
        case Condition::critical_high:
            return "critical_high";
        case Condition::apnoea_or_lost_signal:
            return "apnoea_or_lost_signal";
        case Condition::pulse_and_heart_rate_disagree:
            return "pulse_and_heart_rate_disagree";
        case Condition::no_data:
            return "no_data";
        case Condition::sensor_off:
            return "sensor_off";
        case Condition::implausible:
            return "implausible";
    }
    return "unknown";
}

Kind kind_of(Condition condition) {
    switch (condition) {
        case Condition::no_data:
        case Condition::sensor_off:
        case Condition::implausible:
            return Kind::technical;
        case Condition::pulse_and_heart_rate_disagree:
            return Kind::disagreement;
        default:
            return Kind::clinical;
    }
}

}  // namespace monitor
