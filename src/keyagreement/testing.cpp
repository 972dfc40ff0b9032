// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/testing.h"

#include <algorithm>
#include <deque>

#include "crypto/hash.h"
#include "keyagreement/credentials.h"

namespace keyagreement::testing {
namespace {

enum Purpose : std::uint8_t { static_key = 1, pid_key = 2, pre_shared = 3 };
constexpr std::uint32_t responder_number = 0;

}  // namespace

base::Bytes with_fresh_mac1(base::Bytes message1, const PublicKey& responder) {
    constexpr std::size_t mac1_at = 98;
    const auto key = crypto::sha512({base::as_bytes("mac1"), responder});
    const auto mac = crypto::hmac_sha512(key, base::ByteView(message1).first(mac1_at));
    std::copy_n(mac.begin(), Mac1::size_bytes, message1.begin() + mac1_at);
    return message1;
}

Cast::Cast(Profile which, Suite with, ServerLimits bounds)
    : profile(which), suite(with), limits(bounds) {
    restart_server();
}

PeerName Cast::name_of(std::uint32_t number) {
    PeerName out;
    base::Bytes bytes(PeerName::size_bytes - sizeof number, 0xee);
    base::append_u32(bytes, number);
    std::ranges::copy(bytes, out.bytes.begin());
    // The first bytes choose the bucket of a table.
    std::ranges::reverse(out.bytes);
    return out;
}

Secret32 Cast::secret_for(std::uint32_t number, std::uint8_t purpose) {
    base::Bytes label{purpose};
    base::append_u32(label, number);
    return *Secret32::from(crypto::sha256(label));
}

Prologue Cast::prologue() const {
    return {profile, suite, repeated<DomainName>(0xa5),
            PrivateKey::from_bytes(secret_for(responder_number, static_key)).public_key()};
}

void Cast::enrol(std::uint32_t number, bool clockless_allowed) {
    peers.put({.profile = profile,
               .peer = {.name = name_of(number),
                        .static_public =
                            PrivateKey::from_bytes(secret_for(number, static_key)).public_key(),
                        .psk = secret_for(number, pre_shared),
                        .psk_previous = std::nullopt,
                        .revoked = false,
                        .clockless_allowed = clockless_allowed},
               .pid_key = secret_for(number, pid_key)});
}

ClientSetup Cast::setup_of(std::uint32_t number, bool has_clock) const {
    const auto known = prologue();
    return {.profile = profile,
            .suite = suite,
            .domain = known.domain,
            .own = PrivateKey::from_bytes(secret_for(number, static_key)),
            .responder = known.responder,
            .pid_key = secret_for(number, pid_key),
            .psk = [number](base::TimePoint) { return secret_for(number, pre_shared); },
            .has_clock = has_clock};
}

Client Cast::client(std::uint32_t number, bool has_clock) {
    return {setup_of(number, has_clock), random};
}

ServerSetup Cast::server_setup() const {
    return {.profiles = {profile},
            .suite = suite,
            .domain = repeated<DomainName>(0xa5),
            .own = PrivateKey::from_bytes(secret_for(responder_number, static_key)),
            .started_at = clock.now(),
            .limits = limits};
}

void Cast::restart_server() {
    server = std::make_unique<Server>(server_setup(), peers, random);
}

std::vector<Outcome> Cast::carry(Client& from, Outcome first, std::string_view source) {
    std::vector<Outcome> said;
    std::deque<base::Bytes> up(first.to_send.begin(), first.to_send.end());
    while (!up.empty()) {
        said.push_back(server->receive(source, up.front(), clock.now()));
        up.pop_front();
        for (const auto& frame : said.back().to_send) {
            of_client.push_back(from.receive(frame, clock.now()));
            const auto& answers = of_client.back().to_send;
            up.insert(up.end(), answers.begin(), answers.end());
        }
    }
    return said;
}

bool Cast::connect(Client& client, std::string_view source) {
    (void)carry(client, client.start(clock.now()), source);
    return client.ready();
}

}  // namespace keyagreement::testing
