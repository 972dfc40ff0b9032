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
    bool control = true;  ///< The same calls succeed where they should.
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
        tally.add(got_answer(client.receive(frame, now)));
    }
}

/// A responder that forgot when it began knows no message, and answers: it is the cache and the
/// time of the start that refuse, not an attacker who does it wrongly.
bool forgetful_answers(const World& world, const Line& line, const Heard& heard) {
    auto forgetful = world.station_of(line).server(world.now() - 1h, world.random);
    return got_answer(forgetful.receive("attacker", heard.message1, world.now()));
}

/// What is new is taken in the midst of it by the same two ends.
bool takes_new(keyagreement::Client& client, keyagreement::Server& server, base::TimePoint now) {
    const auto record = client.seal(base::as_bytes("heart rate 73"), now);
    return record && got_in(server.receive(line_name, *record, now));
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
        tally.control &= takes_new(client, server, later);
        tally.control &= forgetful_answers(world, line, all.heard);

        // Both restart, and have forgotten everything but their credentials.
        auto new_server = station.server(world.now() + 1ms, world.random);
        to_responder(new_server, all.heard, later + 1ms, tally);
        auto new_client = line.client(world.random);
        const auto open = new_client.start(later + 1ms);
        to_initiator(new_client, all, later + 1ms, tally);
        const auto genuine = new_server.receive(line_name, first_frame(open), later + 1ms);
        tally.control &= got_answer(genuine) &&
                         got_answer(new_client.receive(first_frame(genuine), later + 1ms));
    }
}

}  // namespace

Verdict replay(base::Random& random) {
    const World world(random);
    Tally tally;
    for (const auto* line : world.lines()) against(world, *line, tally);
    return {tally.got_in == 0 && tally.control,
            fmt::format("{} of {} replayed messages and records were taken: at once, after half of "
                        "the tolerance, past it, and after restarts; what was new beside them {}, "
                        "and a responder that forgot its own start {}.",
                        tally.got_in, tally.replayed,
                        tally.control ? "was taken" : "was NOT always taken",
                        tally.control ? "answered" : "was to answer")};
}

}  // namespace attack
