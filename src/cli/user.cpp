// SPDX-License-Identifier: Apache-2.0
#include "cli/user.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "api/agreement_client.h"
#include "api/node_client.h"
#include "askg/credentials.h"
#include "askg/secret_bytes.h"
#include "askg/user_secret.h"
#include "base/clock.h"
#include "cli/demo.h"
#include "cli/own_desk.h"
#include "cli/secret_file.h"
#include "crypto/random.h"
#include "keyagreement/credentials.h"
#include "storage/files.h"

namespace cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using base::ErrorCode;
using base::Result;

/// `text` as an object with a string at each of `names`.
Result<json::object> answer_with(const std::string& text,
                                 std::initializer_list<std::string_view> names) {
    boost::system::error_code broken;
    auto value = json::parse(text, broken);
    const auto* object = broken ? nullptr : value.if_object();
    for (const auto name : names) {
        const auto* member = object == nullptr ? nullptr : object->if_contains(name);
        if (member == nullptr || !member->is_string()) {
            return base::fail(ErrorCode::malformed, "the node's answer is not understood");
        }
    }
    return *object;
}
std::string text_in(const json::object& object, std::string_view name) {
    return std::string(object.at(name).as_string());
}

/// Token and key of a user; both follow from u and what the client keeps.
struct UserKeys {
    askg::Secret32 token;
    crypto::X25519PrivateKey key;
};
Result<UserKeys> derive(const fs::path& secret, const askg::UserFactor& factor,
                        const wire::LedgerId& user) {
    auto u = read_secret(secret);
    if (!u) return base::pass(u);
    const askg::WipeAtEnd wipe(*u);
    auto token = askg::user_token(*u, factor, user);
    if (!token) return base::pass(token);
    auto key = askg::user_static_key(*token);
    return UserKeys{.token = *std::move(token), .key = std::move(key)};
}

/// The node's client, signed in with the password; and who that is.
struct SignedIn {
    api::NodeClient node;
    wire::LedgerId id;
    std::string name;
};
Result<SignedIn> sign_in(const UserCommand& command) {
    auto node = api::NodeClient::open(command.address);
    if (!node) return base::pass(node);
    base::Bytes password;
    if (command.password.empty()) {
        const auto demo = base::as_bytes(demo_password);
        password.assign(demo.begin(), demo.end());
    } else {
        auto read = read_secret(command.password);
        if (!read) return base::pass(read);
        password = *std::move(read);
    }
    const askg::WipeAtEnd wipe(password);
    const auto body = json::serialize(
        json::object{{"login", command.login}, {"password", base::as_text(password)}});
    const auto answer = node->sign_in("/api/v1/login", body);
    if (!answer) return base::pass(answer);
    const auto me = answer_with(*answer, {"id", "name"});
    if (!me) return base::pass(me);
    const auto id = base::fixed_from_hex<wire::LedgerId>(text_in(*me, "id"));
    if (!id) return base::fail(ErrorCode::malformed, "the node's answer is not understood");
    return SignedIn{.node = *std::move(node), .id = *id, .name = text_in(*me, "name")};
}

Result<askg::UserGrant> grant_of(const std::string& answer) {
    const auto object = answer_with(answer, {"grant"});
    if (!object) return base::pass(object);
    auto raw = base::from_hex(text_in(*object, "grant"));
    if (!raw) return base::fail(ErrorCode::malformed, "the node's answer is not understood");
    const askg::WipeAtEnd wipe(*raw);
    return askg::decode<askg::UserGrant>(*raw);
}

Result<void> register_client(const UserCommand& command) {
    std::error_code error;
    if (fs::exists(command.keys, error)) {
        return base::fail(ErrorCode::conflict, command.keys.string() + " exists already");
    }
    auto user = sign_in(command);
    if (!user) return base::pass(user);
    crypto::SystemRandom random;
    askg::UserCredentials credentials{.factor = askg::draw_user_factor(random), .grant = {}};
    const auto keys = derive(command.secret, credentials.factor, user->id);
    if (!keys) return base::pass(keys);
    const auto verifier = askg::token_verifier(keys->token);
    const auto answer = user->node.post(
        "/api/v1/me/agreement",
        json::serialize(json::object{{"public_key", base::to_hex(keys->key.public_key())},
                                     {"token_verifier", base::to_hex(verifier.view())}}));
    if (!answer) return base::pass(answer);
    auto grant = grant_of(*answer);
    if (!grant) return base::pass(grant);
    if (grant->id != user->id) {
        return base::fail(ErrorCode::malformed, "the node's answer is somebody else's");
    }
    credentials.grant = *std::move(grant);
    if (auto written = askg::write_file(command.keys, credentials); !written) return written;
    fmt::print("registered: {}\n", user->name);
    return {};
}

/// V of the running 30 days. Errors: `expired` where the client has no credentials for them.
Result<askg::Secret32> psk_at(const askg::UserGrant& grant, base::TimePoint now) {
    const auto month = keyagreement::month_of(now);
    const auto* newest = askg::newest_until(grant.temporary, month);
    if (newest == nullptr || newest->epoch + 1 < month) {
        return base::fail(ErrorCode::expired,
                          "this client was not used for too long; register it "
                          "again with salus user register");
    }
    return keyagreement::psk_of_temporary(newest->value, grant.cloud_servers.front().id.view(),
                                          newest->epoch);
}

Result<api::AgreedSession> agreed_session(const UserCommand& command) {
    const auto credentials = askg::read_file<askg::UserCredentials>(command.keys);
    if (!credentials) return base::pass(credentials);
    const auto& grant = credentials->grant;
    if (grant.cloud_servers.empty()) {
        return base::fail(ErrorCode::not_found, "the key file names no cloud server");
    }
    const base::SystemClock clock;
    crypto::SystemRandom random;
    auto psk = psk_at(grant, clock.now());
    if (!psk) return base::pass(psk);
    auto keys = derive(command.secret, credentials->factor, grant.id);
    if (!keys) return base::pass(keys);
    const auto& server = grant.cloud_servers.front().record;
    const auto shared = std::make_shared<const askg::Secret32>(*std::move(psk));
    keyagreement::Client client(
        {.profile = keyagreement::Profile::user_cloud,
         .suite = server.suite.value_or(keyagreement::Suite::chacha20_poly1305),
         .domain = grant.authority,
         .own = std::move(keys->key),
         .responder = server.static_public,
         .pid_key = grant.pid_key.clone(),
         .psk = [shared](base::TimePoint) { return shared->clone(); }},
        random);
    return api::agree_and_sign_in(command.address, client, clock);
}

Result<void> log_in(const UserCommand& command) {
    const auto session = agreed_session(command);
    if (!session) return base::pass(session);
    const auto me = answer_with(session->me, {"name", "role"});
    if (!me) return base::pass(me);
    if (!command.session.empty()) {
        const auto written =
            storage::write_file_synced(command.session, base::as_bytes(session->token));
        if (!written) return written;
    }
    if (command.json) {
        fmt::print("{}\n", session->me);
    } else {
        fmt::print("signed in: {} ({})\n", text_in(*me, "name"), text_in(*me, "role"));
    }
    return {};
}

Result<void> revoke_client(const UserCommand& command) {
    const auto outcome =
        carry_out(command.folder, {{"order", "revoke_user"}, {"user", command.user}});
    if (!outcome) return base::pass(outcome);
    if (command.json) {
        fmt::print("{}\n", json::serialize(*outcome));
    } else {
        fmt::print("revoked: the client of {}\n", text_in(*outcome, "id"));
    }
    return {};
}

int exit_of(const Result<void>& done) {
    if (done) return 0;
    fmt::print(stderr, "salus: {}\n", done.error().detail);
    return 1;
}

}  // namespace

int user_register_command(const UserCommand& command) {
    return exit_of(register_client(command));
}
int user_login_command(const UserCommand& command) {
    return exit_of(log_in(command));
}
int user_revoke_command(const UserCommand& command) {
    return exit_of(revoke_client(command));
}

}  // namespace cli
