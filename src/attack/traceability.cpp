// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "attack/linkability.h"
#include "attack/rows.h"
#include "attack/world.h"

namespace attack {
namespace {

using namespace std::chrono_literals;

constexpr int handshakes = 1'000;
/// Four and a half standard deviations of 500 tosses of a coin.
constexpr double chance_at_most = 0.1;

void append_after_head(Bytes& out, const Bytes& frame) {
    base::append(out, base::ByteView(frame).subspan(2));  // vp and type are everybody's
}

}  // namespace

Verdict traceability(base::Random& random) {
    World world(random);
    auto server = world.pda.server(world.now() - 1h, random);
    std::vector<Sample> samples, named;
    for (int i = 0; i < handshakes; ++i) {
        world.clock.advance(200ms);
        server.tick(world.now());
        std::array<std::uint8_t, 1> coin{};
        random.fill(coin);
        const bool first = (coin[0] & 1U) != 0;
        auto client = (first ? world.device : world.other_device).client(random);
        const auto heard = converse(client, server, world.now()).heard;
        Sample sample{.bytes = {}, .first = first};
        for (const auto& frame : {heard.message1, heard.message2, heard.message3}) {
            append_after_head(sample.bytes, frame);
        }
        samples.push_back(sample);
        // What c1 hides: the same with the PID that a leaked e_I or s_R would show.
        const auto pid = (first ? world.device : world.other_device).pid_at(world.now());
        base::append(sample.bytes, pid.view());
        named.push_back(std::move(sample));
    }
    const auto common = strings_in_common(samples);
    const auto told = share_told_apart(samples);
    const bool control = strings_in_common(named) > 0 && share_told_apart(named) == 1.0;
    return {common == 0 && std::abs(told - 0.5) < chance_at_most && control,
            fmt::format("{} strings of 8 bytes in common among {} handshakes of two devices; told "
                        "apart {:.0f} % of the time; with the PID beside them {}.",
                        common, handshakes, told * 100, control ? "always" : "NOT always")};
}

}  // namespace attack
