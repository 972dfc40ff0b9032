// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "attack/rows.h"
#include "attack/world.h"
#include "base/check.h"
#include "crypto/hash.h"

namespace attack {
namespace {

using namespace std::chrono_literals;

/// What one guess of the biometric makes; costs an Argon2id.
struct Guess {
    Secret32 token;
    Secret32 verifier;
    crypto::X25519PrivateKey own;
};
Guess make_guess(const World& world, std::string_view biometric) {
    auto token = askg::user_token(base::as_bytes(biometric), world.user_file.factor,
                                  world.user_file.grant.id);
    CHECK(token.has_value());
    auto verifier = askg::token_verifier(*token);
    auto own = askg::user_static_key(*token);
    return {*std::move(token), std::move(verifier), std::move(own)};
}

bool holds(base::ByteView bytes, base::ByteView part) {
    return !std::ranges::search(bytes, part).empty();
}

/// Whether these bytes hold anything by which the right guess shows.
bool tells(base::ByteView bytes, const Guess& right) {
    const auto own = right.own.to_bytes();
    const auto hashed = crypto::sha512(right.own.public_key());
    const base::ByteView made[] = {right.token.view(), right.verifier.view(), own.view(),
                                   right.own.public_key(), base::ByteView(hashed).first(16)};
    return std::ranges::any_of(made, [&](base::ByteView part) { return holds(bytes, part); });
}

}  // namespace

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
    const auto right = make_guess(world, World::biometric);
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
        found = make_guess(world, tried).own.public_key() == stolen;
    }
    return {!file_tells && !wire_tells && found,
            fmt::format("The client's file {} a guess is right, the file and the wire {}; with the "
                        "server's table besides, {} guesses at one Argon2id each {} it.",
                        file_tells ? "TOLD whether" : "did not tell whether",
                        wire_tells ? "DID" : "neither", guesses, found ? "found" : "did not find")};
}

}  // namespace attack
