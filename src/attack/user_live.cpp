// SPDX-License-Identifier: Apache-2.0
#include "attack/user_live.h"

#include <fmt/format.h>

#include <algorithm>

#include "askg/provision.h"
#include "askg/user_secret.h"
#include "keyagreement/credentials.h"
#include "keyagreement/message.h"
#include "storage/files.h"

namespace attack {

using namespace std::chrono_literals;
using crypto::X25519PrivateKey;

namespace {

constexpr std::uint8_t type_message2 = 2;
/// How long silence must last to count as such, and how long a genuine answer may take.
constexpr auto silence = 2s, genuine = 10s;
/// What a user's client and a node say in records: docs/formats/http-api.md.
constexpr std::uint8_t shows_token = 1, tells_who = 2;
constexpr std::size_t table_bytes_max = 64U << 20U;

keyagreement::PublicKey ephemeral_at(const Bytes& frame, std::size_t offset) {
    keyagreement::PublicKey out{};
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return out;
}

/// `u` with its last byte changed: near, and wrong.
Bytes near_miss(Bytes u, std::uint8_t change) {
    u.back() = static_cast<std::uint8_t>(u.back() ^ change);
    return u;
}

}  // namespace

base::Result<UserTarget> read_user(const std::filesystem::path& data, askg::UserCredentials file,
                                   Bytes secret) {
    auto server =
        askg::read_file<askg::CloudServerCredentials>(data / "keys" / "cloud_server.credentials");
    if (!server) return base::pass(server);
    const auto sealed = storage::read_file(data / "provision.bin", table_bytes_max);
    if (!sealed) return base::pass(sealed);
    const auto table = askg::open_provision(server->grant, *sealed, 0);
    if (!table) return base::pass(table);
    auto token = askg::user_token(secret, file.factor, file.grant.id);
    if (!token) return base::pass(token);
    auto line = line_of(file, *token);
    const auto own = std::ranges::find(table->peers, line.name, &askg::ProvisionedPeer::name);
    const auto* psk = own == table->peers.end()
                          ? nullptr
                          : own->key_of(keyagreement::month_of(base::SystemClock().now()));
    if (psk == nullptr) {
        return base::fail(base::ErrorCode::not_found, "the server's table does not hold this user");
    }
    return UserTarget{.file = std::move(file),
                      .secret = std::move(secret),
                      .line = std::move(line),
                      .in_table = own->static_public(),
                      .table_psk = psk->clone(),
                      .server_static = std::move(server->static_private)};
}

UserLive::UserLive(UserTarget target, Parts parts)
    : target_(std::move(target)), parts_(std::move(parts)) {}

std::optional<Verdict> UserLive::run(std::string_view name) {
    if (name == "impersonation") return impersonation();
    if (name == "ephemeral_leak") return ephemeral_leak();
    if (name == "stolen_verifier") return stolen_verifier();
    if (name == "offline_guessing") return offline_guessing();
    if (name == "key_compromise") return key_compromise();
    return std::nullopt;
}

UserLive::Login UserLive::log_in() {
    Login out;
    out.victim = std::make_unique<Victim>(target_.line, parts_.random);
    out.signed_in = parts_.way.connect().has_value() && sign_in(out);
    return out;
}

bool UserLive::sign_in(Login& login) {
    auto& victim = *login.victim;
    const auto send = [&](Bytes frame) {
        parts_.way.send(frame);
        login.wire.push_back(std::move(frame));
    };
    for (auto& frame : victim.start(parts_.clock.now()).to_send) send(std::move(frame));
    while (auto frame = parts_.way.receive(genuine)) {
        auto outcome = victim.receive(*frame, parts_.clock.now());
        login.wire.push_back(*std::move(frame));
        for (auto& reply : outcome.to_send) send(std::move(reply));
        if (outcome.established) {
            Bytes plaintext{shows_token};
            base::append(plaintext, victim.login_token()->view());
            send(victim.seal(plaintext, parts_.clock.now()));
        }
        if (!outcome.received || outcome.received->plaintext.empty()) continue;
        return outcome.received->plaintext[0] == tells_who;
    }
    return false;
}

UserLive::Asked UserLive::ask_with(Known known) {
    const auto now = parts_.clock.now();
    auto ephemeral = X25519PrivateKey::draw(parts_.random);
    known.es = ephemeral.agree(target_.line.responder);
    const Forgery1 forgery{.session = base::draw<keyagreement::Sid>(parts_.random),
                           .ephemeral = ephemeral.public_key(),
                           .pid = target_.line.pid_at(now),
                           .time_ms = static_cast<std::uint64_t>(base::to_unix_ms(now))};
    return {forge_message1(target_.line.parties(), known, forgery), std::move(ephemeral)};
}

std::optional<Bytes> UserLive::answer_to(const Asked& asked, std::chrono::milliseconds patience) {
    if (!parts_.way.connect()) return std::nullopt;
    parts_.way.send(asked.message1);
    return parts_.way.receive(patience);
}

bool UserLive::is_answered(Known known, std::chrono::milliseconds patience) {
    return answer_to(ask_with(std::move(known)), patience).has_value();
}

bool UserLive::is_answered_again(const Login& login) {
    if (!parts_.way.connect()) return false;
    const auto& heard = login.victim->heard();
    for (const auto* frame : {&heard.message1, &heard.message3, &heard.record}) {
        parts_.way.send(*frame);
    }
    return parts_.way.receive(silence).has_value();
}

Verdict UserLive::impersonation() {
    const auto recorded = log_in();
    const auto ss = target_.line.own().agree(target_.line.responder);
    const auto& psk = target_.line.psk_at(parts_.clock.now());
    int tried = 0, answered = 0;
    for (const auto& [has_static, has_psk] :
         {std::pair{false, false}, {true, false}, {false, true}}) {
        Known known;
        known.ss = has_static ? ss->clone() : Secret32::draw(parts_.random);
        known.psk = has_psk ? psk.clone() : Secret32::draw(parts_.random);
        ++tried;
        answered += is_answered(std::move(known), silence) ? 1 : 0;
    }
    ++tried;
    answered += is_answered_again(recorded) ? 1 : 0;
    const bool control = recorded.signed_in && log_in().signed_in;
    return {answered == 0 && control,
            fmt::format("Live: {} of {} impostors of a user were answered by the running node, who "
                        "lacked her static key, her pre-shared key or both, or sent a recorded "
                        "login once more; with all her credentials {}.",
                        answered, tried, control ? "one signed in" : "NOBODY signed in")};
}

Verdict UserLive::ephemeral_leak() {
    const auto login = log_in();
    const auto leak = leak_ephemerals(target_.line, *login.victim, nullptr, parts_.clock.now());
    return {!leak.keys && leak.control && login.signed_in,
            fmt::format("Live: with the ephemeral keys of a user's login at the running node {} of "
                        "its keys and records {}; with her static and pre-shared key as well {}.",
                        leak.keys ? "SOME" : "none", leak.keys ? "fell" : "was computed or opened",
                        leak.control ? "all" : "NOT all")};
}

Verdict UserLive::stolen_verifier() {
    Known known;
    known.psk = target_.table_psk.clone();
    known.ss = Secret32::draw(parts_.random);
    const bool answered = is_answered(std::move(known), silence);
    Known all;
    all.psk = target_.table_psk.clone();
    all.ss = target_.line.own().agree(target_.line.responder);
    const bool control = is_answered(std::move(all), genuine) && log_in().signed_in;
    return {!answered && control,
            fmt::format("Live: with V from that table {} login of a user was answered, with her "
                        "static key as well {}.",
                        answered ? "A" : "no", control ? "one was" : "NONE was")};
}

Known UserLive::known_of(const Guess& guess) const {
    Known known;
    known.ss = guess.own.agree(target_.line.responder);
    known.psk = target_.line.psk_at(parts_.clock.now()).clone();  // of TEMPC, in the client's file
    return known;
}

bool UserLive::tells_guess(const Login& login, const Guess& guess) const {
    const auto& heard = login.victim->heard();
    auto known = known_of(guess);
    known.se = guess.own.agree(ephemeral_at(heard.message2, 18));
    auto parties = target_.line.parties();
    parties.initiator = guess.own.public_key();
    return !read(parties, known, heard).nothing() ||
           std::ranges::any_of(login.wire,
                               [&](const Bytes& frame) { return tells(frame, guess); }) ||
           tells(askg::encode(target_.file), guess);
}

bool UserLive::is_slowed(const std::vector<Guess>& wrong, const Guess& right) {
    if (!parts_.way.connect()) return false;
    // From the fifth on the next is refused for 1, 2, 4 s: docs/protocol.md 2.5.
    constexpr int tries = 7, first_delayed = 4;
    const auto guess = [&](const Guess& one) { parts_.way.send(ask_with(known_of(one)).message1); };
    for (int i = 0; i < tries; ++i) {
        guess(wrong[static_cast<std::size_t>(i) % wrong.size()]);
        const bool delayed = i >= first_delayed && i + 1 < tries;
        if (delayed) parts_.wait(1s * (1 << (i - first_delayed)) + 400ms);
    }
    guess(right);
    if (parts_.way.receive(silence)) return false;
    parts_.wait(4s);
    return true;
}

Verdict UserLive::offline_guessing() {
    const auto login = log_in();
    if (!login.signed_in) return {false, "Live: the user could not sign in."};
    std::vector<Guess> wrong;
    for (std::uint8_t change = 1; change <= 2; ++change) {
        wrong.push_back(make_guess(target_.file, near_miss(target_.secret, change)));
    }
    const auto right = make_guess(target_.file, target_.secret);
    const auto is_hers = [&](const Guess& guess) {
        return guess.own.public_key() == target_.in_table;
    };
    const bool told = tells_guess(login, right) || std::ranges::any_of(wrong, [&](const auto& g) {
                          return tells_guess(login, g);
                      });
    const bool found = is_hers(right) && std::ranges::none_of(wrong, is_hers);
    const bool slowed = is_slowed(wrong, right);
    const bool served = log_in().signed_in;
    return {!told && found && slowed && served,
            fmt::format("Live: {} frames of a user's login at the running node, with her client's "
                        "file, {} which of {} guesses is right; with S_U of the running server's "
                        "table {}. Guessing at the node itself, {}; {}.",
                        login.wire.size(), told ? "TOLD" : "did not tell", wrong.size() + 1,
                        found ? "it was found" : "it was NOT found",
                        slowed ? "7 wrong ones made it refuse even the right one"
                               : "7 wrong ones did NOT slow it",
                        served ? "after the wait she signed in" : "she could NOT sign in later")};
}

bool UserLive::completes(bool has_static) {
    const auto& line = target_.line;
    const auto known_to_server = [&] {
        Known known;
        known.ss =
            X25519PrivateKey::from_bytes(target_.server_static).agree(line.parties().initiator);
        known.psk = line.psk_at(parts_.clock.now()).clone();
        return known;
    };
    const auto asked = ask_with(known_to_server());
    const auto message2 = answer_to(asked, genuine);
    if (!message2 || (*message2)[1] != type_message2) return false;
    const auto theirs = ephemeral_at(*message2, 18);
    auto known = known_to_server();
    known.es = asked.ephemeral.agree(line.responder);
    known.ee = asked.ephemeral.agree(theirs);
    known.se = has_static ? line.own().agree(theirs) : Secret32::draw(parts_.random);
    parts_.way.send(forge_message3(line.parties(), known, asked.message1, *message2));
    return parts_.way.receive(has_static ? genuine : silence).has_value();
}

Verdict UserLive::key_compromise() {
    const bool taken = completes(false);
    const bool control = completes(true) && log_in().signed_in;
    return {!taken && control,
            fmt::format("Live: who has every secret of the running server {} signed in to it as a "
                        "user; with her static key {}.",
                        taken ? "HAS" : "has not", control ? "it could" : "it could NOT either")};
}

}  // namespace attack
