// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json.hpp>

#include "api/internal/body.h"
#include "api/internal/service.h"
#include "crypto/key_wrap.h"

namespace api::routes {
namespace json = boost::json;
namespace {

using base::ErrorCode;
constexpr std::size_t login_bytes_max = 40;
constexpr std::size_t password_bytes_max = 256;
/// Each check keeps a core busy for about 0.1 s; more at once would starve the other requests.
constexpr int password_checks_max = 2;

json::object me_of(const Service& service, const identity::Person& person,
                   base::TimePoint session_until) {
    return {{"id", hex(person.id)},
            {"name", person.name},
            {"role", wire::name_of(person.role)},
            {"login", person.login},
            {"demo", service.options.demo},
            {"session_until_ms", ms(session_until)}};
}

std::string cookie(std::string_view token, bool ends) {
    return fmt::format("salus_session={}; Path=/; HttpOnly; SameSite=Strict{}", token,
                       ends ? "; Max-Age=0" : "");
}

std::unexpected<base::Error> wrong_credentials() {
    return base::fail(ErrorCode::unauthenticated,
                      "login or password is wrong; check both and try again");
}

/// Counts one check of a password for as long as it lives.
class PasswordCheckSlot {
public:
    explicit PasswordCheckSlot(std::atomic<int>& running)
        : running_(running), taken_(running.fetch_add(1) < password_checks_max) {}
    ~PasswordCheckSlot() { running_.fetch_sub(1); }
    PasswordCheckSlot(const PasswordCheckSlot&) = delete;
    PasswordCheckSlot& operator=(const PasswordCheckSlot&) = delete;
    [[nodiscard]] bool taken() const { return taken_; }

private:
    std::atomic<int>& running_;
    bool taken_;
};

base::Result<void> record_failure(Service& service, const std::optional<identity::Person>& known) {
    readmodel::RefusedOperation refusal{.time = service.parts.clock.now(),
                                        .actor = std::nullopt,
                                        .action = "login",
                                        .code = ErrorCode::unauthenticated};
    if (known) refusal.actor = known->id;
    return service.parts.access_log.append_refusal(refusal);
}

/// The person behind login and password. The work is the same whether the login exists or not.
base::Result<identity::Person> authenticated(Service& service, const std::string& login,
                                             std::string_view password) {
    auto person = service.parts.directory.person_by_login(login);
    const bool may_log_in = person && !person->password_hash.empty();
    const auto& hash = may_log_in ? person->password_hash : service.decoy_hash;
    const bool fits = crypto::check_password(password, hash);
    if (!may_log_in || !fits) {
        service.throttle.failed(login);
        if (const auto recorded = record_failure(service, person); !recorded) {
            return base::pass(recorded);
        }
        return wrong_credentials();
    }
    service.throttle.succeeded(login);
    return *std::move(person);
}

}  // namespace

base::Result<Response> login(Service& service, const Call& call) {
    auto body = Body::parse(call.request.body);
    if (!body) return base::pass(body);
    const auto login = body->text("login", login_bytes_max);
    auto password = body->text("password", password_bytes_max);
    if (const auto read = body->finish(); !read) return base::pass(read);
    if (const auto wait = service.throttle.wait_for(login)) {
        return base::fail(ErrorCode::busy,
                          fmt::format("too many wrong passwords; try again in {} s",
                                      (wait->count() + 999) / 1000));
    }
    const PasswordCheckSlot slot(service.password_checks);
    if (!slot.taken()) {
        return base::fail(ErrorCode::busy, "many people are signing in; try again in a second");
    }
    const auto person = authenticated(service, login, password);
    if (!person) return base::pass(person);
    const auto unlocked = service.parts.key_store.unlock(person->id, password);
    crypto::wipe(std::span(reinterpret_cast<std::uint8_t*>(password.data()), password.size()));
    // Someone without a signing key here (none was made) may still look; signing will say what
    // lacks.
    if (!unlocked && unlocked.error().code != ErrorCode::not_found) return base::pass(unlocked);
    if (!call.session.is_zero()) service.sessions.close(call.session);
    const auto opened = service.sessions.open(person->id);
    auto response = json_response(me_of(service, *person, opened.until));
    response.headers.emplace_back("Set-Cookie", cookie(opened.token, false));
    return response;
}

base::Result<Response> register_client(Service& service, const Call& call) {
    auto body = Body::parse(call.request.body);
    if (!body) return base::pass(body);
    const auto key = base::from_hex(body->text("public_key", 64));
    auto verifier = base::from_hex(body->text("token_verifier", 64));
    if (const auto read = body->finish(); !read) return base::pass(read);
    UserClaim claim;
    claim.user = call.asker.id;
    claim.role = call.asker.role;
    auto token_verifier = verifier ? crypto::Secret32::from(*verifier) : std::nullopt;
    if (verifier) crypto::wipe(*verifier);
    if (!key || key->size() != claim.static_public.size() || !token_verifier) {
        return base::fail(ErrorCode::malformed,
                          "public_key and token_verifier have 64 hexadecimal digits each");
    }
    std::ranges::copy(*key, claim.static_public.begin());
    claim.token_verifier = *std::move(token_verifier);
    if (service.parts.enroller == nullptr) {
        return base::fail(ErrorCode::unavailable, "this node cannot register users");
    }
    auto grant = service.parts.enroller->register_user(claim);
    if (!grant) return base::pass(grant);
    auto response = json_response(json::object{{"grant", base::to_hex(*grant)}}, 201);
    crypto::wipe(*grant);
    return response;
}

std::optional<std::string> open_agreed_session(Service& service, const wire::LedgerId& user,
                                               const std::string& session_token) {
    const auto person = service.parts.directory.person(user);
    if (!person || person->login.empty()) return std::nullopt;
    const auto opened = service.sessions.open_agreed(person->id, session_token);
    return json::serialize(me_of(service, *person, opened.until));
}

base::Result<Response> logout(Service& service, const Call& call) {
    if (!call.session.is_zero()) {
        service.sessions.close(call.session);
        // Another window of the same person may still be open; the key stays for that one.
        if (service.sessions.count_of(call.asker.id) == 0) {
            service.parts.key_store.lock(call.asker.id);
        }
    }
    Response response;
    response.status = 204;
    response.headers.emplace_back("Set-Cookie", cookie("", true));
    return response;
}

base::Result<Response> me(Service& service, const Call& call) {
    return json_response(me_of(service, call.asker, call.session_until));
}

}  // namespace api::routes
