// SPDX-License-Identifier: Apache-2.0
// An initiator that was not started, waits for MSG2, waits for the first record, is ready, or
// renews its keys, and then whatever comes. Only frames of the honest responder may move it on.
#include "agreement_script.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace keyagreement;
    fuzz::Script script(data, size);
    auto cast = fuzz::cast_of(script.byte());
    auto client = cast.client(1, cast.profile != Profile::device_pda || script.byte() % 2 == 0);
    std::vector<base::Bytes> known;
    std::set<base::Bytes> honest;
    const auto now = [&cast] { return cast.clock.now(); };
    const auto learn = [&](const Outcome& said) {
        for (const auto& frame : said.to_send) {
            known.push_back(frame);
            honest.insert(frame);
        }
    };
    const auto state = script.byte() % 5;
    if (state == 1) {
        learn(cast.server->receive("honest", client.start(now()).to_send.at(0), now()));
    } else if (state == 2) {
        const auto second =
            cast.server->receive("honest", client.start(now()).to_send.at(0), now());
        const auto third = client.receive(second.to_send.at(0), now()).to_send.at(0);
        learn(cast.server->receive("honest", third, now()));
    } else if (state > 2) {
        CHECK(cast.connect(client));
        const auto session = cast.server->newest_session(cast.name_of(1)).value();
        for (int i = 0; i < 3; ++i) {
            known.push_back(cast.server->seal(session, base::Bytes(5, 1), now()).value());
            honest.insert(known.back());
        }
        if (state == 4) {
            cast.clock.advance(std::chrono::minutes(15));
            learn(cast.server->receive("honest", client.tick(now()).to_send.at(0), now()));
        }
    }
    while (!script.done()) {
        if (script.byte() % 8 == 0) {
            cast.clock.advance(std::chrono::milliseconds(script.byte() * 100) -
                               std::chrono::seconds(5));
            (void)client.tick(now());
        }
        const auto frame = fuzz::next_frame(script, known, cast.prologue().responder);
        const auto outcome = client.receive(frame, now());
        if (outcome.established || outcome.received || outcome.peer_time) {
            CHECK(honest.erase(frame) == 1);
        }
        CHECK(outcome.to_send.size() <= 1);
        if (outcome.failure) CHECK(outcome.to_send.empty());
        CHECK(client.ready() == (client.session_key() != nullptr));
    }
    return 0;
}
