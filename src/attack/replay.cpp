// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "attack/harm.h"
#include "attack/rows.h"
#include "attack/world.h"

namespace attack {
namespace {

using namespace std::chrono_literals;

/// Counts what was replayed and what it got.
struct Tally {
    int replayed = 0;
    int got_in = 0;
    void add(bool success) {
        ++replayed;
        got_in += success ? 1 : 0;
    }
};

/// All that the initiator sent. MSG3 may be answered with another empty record, which tells an
/// initiator that waits for it that its MSG3 arrived; the rest must be met with silence.
void to_responder(keyagreement::Server& server, const Heard& heard, base::TimePoint now,
                  Tally& tally) {
    for (const auto& frame : {heard.message1, heard.record}) {
        tally.add(got_answer(server.receive("attacker", frame, now)));
        tally.add(got_answer(server.receive(line_name, frame, now)));
    }
    tally.add(got_in(server.receive(line_name, heard.message3, now)));
}

void to_initiator(keyagreement::Client& client, const Conversation& all, base::TimePoint now,
                  Tally& tally) {
    for (const auto& frame : {all.heard.message2, all.first_record, all.responder_record}) {
        tally.add(got_in(client.receive(frame, now)));
    }
}

void against(const World& world, const Line& line, Tally& tally) {
    const auto& station = world.station_of(line);
    for (const auto delay : {0ms, 2'500ms, 5'001ms}) {
        auto server = station.server(world.now() - 1h, world.random);
        auto client = line.client(world.random);
        const auto all = converse(client, server, world.now());
        const auto later = world.now() + delay;
        to_responder(server, all.heard, later, tally);
        to_initiator(client, all, later, tally);

        // Both restart, and have forgotten everything but their credentials.
        auto new_server = station.server(world.now() + 1ms, world.random);
        to_responder(new_server, all.heard, later + 1ms, tally);
        auto new_client = line.client(world.random);
        const auto open = new_client.start(later);
        to_initiator(new_client, all, later + 1ms, tally);
    }
}

}  // namespace

Verdict replay(base::Random& random) {
    const World world(random);
    Tally tally;
    for (const auto* line : world.lines()) against(world, *line, tally);
    return {tally.got_in == 0,
            fmt::format("{} of {} replayed messages and records were taken: at once, after half of "
                        "the tolerance, past it, and after restarts.",
                        tally.got_in, tally.replayed)};
}

}  // namespace attack
