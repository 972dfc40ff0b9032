// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "attack/harm.h"
#include "attack/impostor.h"
#include "attack/rows.h"
#include "attack/world.h"

namespace attack {

using namespace std::chrono_literals;

Verdict impersonation(base::Random& random) {
    const World world(random);
    int tried = 0, got_in = 0;
    bool control = true;
    for (const auto* line : world.lines()) {
        const auto& station = world.station_of(*line);
        for (const bool has_static : {false, true}) {
            for (const bool has_psk : {false, true}) {
                const Loot loot{.static_key = has_static, .psk = has_psk};
                const bool as_initiator = poses_as_initiator(world, *line, loot);
                const bool as_responder = poses_as_responder(world, *line, station, loot);
                if (has_static && has_psk) {  // then it is that party
                    control = control && as_initiator && as_responder;
                    continue;
                }
                tried += 2;
                got_in += (as_initiator ? 1 : 0) + (as_responder ? 1 : 0);
            }
        }
    }
    return {
        got_in == 0 && control,
        fmt::format("{} of {} impostors got in who lacked the static key, the pre-shared key or "
                    "both of device, PDA, server or user; one who has both {} that party.",
                    got_in, tried, control ? "is" : "is not even")};
}

}  // namespace attack
