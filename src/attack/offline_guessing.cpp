// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "attack/guess.h"
#include "attack/rows.h"
#include "attack/world.h"

namespace attack {

using namespace std::chrono_literals;

Verdict offline_guessing(base::Random& random) {
    const World world(random);
    const auto file = askg::encode(world.user_file);
    auto server = world.cloud.server(world.now() - 1h, random);
    auto client = world.user.client(random);
    const auto heard = converse(client, server, world.now()).heard;
    Bytes wire;
    for (const auto& frame : {heard.message1, heard.message2, heard.message3, heard.record}) {
        base::append(wire, frame);
    }

    // The client's file and the wire: even the right guess is not seen to be right.
    const auto right = make_guess(world.user_file, base::as_bytes(World::biometric));
    const bool file_tells = tells(file, right);
    Known known;
    known.ss = right.own.agree(world.user.responder);
    known.psk = world.user.psk_at(world.now()).clone();  // from TEMPC, which the file holds
    const bool wire_tells =
        tells(wire, right) || !read(world.user.parties(), known, heard).nothing();

    // With the server's table besides, which holds S_U, a guess shows at the price of one Argon2id.
    const auto stolen = world.user.parties().initiator;
    int guesses = 0;
    bool found = false;
    for (const auto* tried : {"ridge pattern 0415", "ridge pattern 0416", "ridge pattern 0417"}) {
        if (found) break;
        ++guesses;
        found = make_guess(world.user_file, base::as_bytes(tried)).own.public_key() == stolen;
    }
    return {!file_tells && !wire_tells && found,
            fmt::format("The client's file {} a guess is right, the file and the wire {}; with the "
                        "server's table besides, {} guesses at one Argon2id each {} it.",
                        file_tells ? "TOLD whether" : "did not tell whether",
                        wire_tells ? "DID" : "neither", guesses, found ? "found" : "did not find")};
}

}  // namespace attack
