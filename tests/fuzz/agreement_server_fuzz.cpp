// SPDX-License-Identifier: Apache-2.0
// A responder with no handshake, with one half open, or with a session, and then whatever comes.
// Only the frames that an honest initiator made may complete a handshake or bring data, each once.
#include "agreement_script.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Script script(data, size);
    auto cast = fuzz::cast_of(script.byte());
    const bool has_clock =
        cast.profile != keyagreement::Profile::device_pda || script.byte() % 2 == 0;
    auto client = cast.client(1, has_clock);
    std::vector<base::Bytes> known = client.start(cast.clock.now()).to_send;
    const auto steps = script.byte() % 4;
    if (steps > 0) {
        const auto second = cast.server->receive("honest", known[0], cast.clock.now()).to_send;
        known.push_back(client.receive(second.at(0), cast.clock.now()).to_send.at(0));
    }
    std::set<base::Bytes> honest(known.begin(), known.end());
    if (steps > 1) {
        const auto confirmed = cast.server->receive("honest", known[1], cast.clock.now());
        (void)client.receive(confirmed.to_send.at(0), cast.clock.now());
        honest.erase(known[1]);  // completes no second handshake
        for (int i = 0; i < 3; ++i) {
            known.push_back(client.seal(base::Bytes(5, 1), cast.clock.now()).value());
            honest.insert(known.back());
        }
    }
    std::chrono::milliseconds passed{0};
    while (!script.done()) {
        if (script.byte() % 8 == 0) {
            const auto by =
                std::chrono::milliseconds(script.byte() * 100) - std::chrono::seconds(5);
            cast.clock.advance(by);
            passed += std::max(by, std::chrono::milliseconds(0));
            cast.server->tick(cast.clock.now());
        }
        const auto frame = fuzz::next_frame(script, known, cast.prologue().responder);
        const auto outcome = cast.server->receive("source", frame, cast.clock.now());
        if (outcome.established || outcome.received) CHECK(honest.erase(frame) == 1);
        CHECK(outcome.to_send.size() <= 1);
        // Silence, or an answer that is no longer than its cause but for MSG3's empty record.
        for (const auto& answer : outcome.to_send) {
            CHECK(!outcome.failure);
            CHECK(answer.size() <= std::max<std::size_t>(frame.size(), 34));
            if (answer.size() != keyagreement::cookie_reply_bytes) continue;
            for (auto& retry : client.receive(answer, cast.clock.now()).to_send) {
                if (known.size() < 8) known.push_back(std::move(retry));
            }
        }
        const auto counts = cast.server->counts();
        CHECK(counts.half_open <= cast.limits.half_open);
        CHECK(counts.replay_entries <= cast.limits.replay_entries);
        CHECK(counts.sessions <= cast.limits.sessions);
        // Nothing that comes ends a session; only time does.
        if (steps > 1 && passed < keyagreement::hard_stop_after) CHECK(counts.sessions > 0);
    }
    return 0;
}
