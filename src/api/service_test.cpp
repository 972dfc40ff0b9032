// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "api/internal/test_node.h"

namespace api::testing {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class ServiceTest : public ::testing::Test {
protected:
    static json::value parsed(const Response& response) { return json::parse(response.body); }
    static std::string code_of(const Response& response) {
        return std::string(parsed(response).at("error").at("code").as_string());
    }
    Response login(const std::string& name, const std::string& password) {
        return node.post("", "/api/v1/login",
                         json::serialize(json::object{{"login", name}, {"password", password}}));
    }
    static std::string token_of(const Response& response) {
        for (const auto& [name, value] : response.headers) {
            if (name == "Set-Cookie") return cookie_value(value, "salus_session");
        }
        return {};
    }
    Response get_with(const std::string& token, std::string target) {
        auto request = node.request(Method::get, std::move(target));
        request.session_cookie = token;
        return node.service().handle(request);
    }
    std::shared_ptr<EventStream> stream(std::string_view as, const std::string& last = {}) {
        auto request = node.request(Method::get, "/api/v1/events");
        request.session_cookie = node.session(as);
        request.last_event_id = last;
        return node.service().handle(request).stream;
    }
    /// Reads until `wanted` is there; what comes late (coalesced vitals) is waited for.
    static std::string read_until(EventStream& from, std::string_view wanted) {
        std::string all;
        const auto deadline = std::chrono::steady_clock::now() + 5s;
        while (all.find(wanted) == std::string::npos &&
               std::chrono::steady_clock::now() < deadline) {
            const auto piece = from.next();
            if (piece.empty()) std::this_thread::sleep_for(5ms);
            all += piece;
        }
        return all;
    }
    TestNode node;
};

TEST_F(ServiceTest, SigningInGivesACookieThatScriptsAndOtherSitesCannotUse) {
    const auto response = login("ana", std::string(TestNode::password));
    ASSERT_EQ(response.status, 200U) << response.body;
    const auto cookie = std::ranges::find(response.headers, "Set-Cookie",
                                          &std::pair<std::string, std::string>::first);
    ASSERT_NE(cookie, response.headers.end());
    EXPECT_NE(cookie->second.find("HttpOnly"), std::string::npos);
    EXPECT_NE(cookie->second.find("SameSite=Strict"), std::string::npos);
    EXPECT_EQ(token_of(response).size(), 64U);
    EXPECT_EQ(parsed(get_with(token_of(response), "/api/v1/me")).at("login").as_string(), "ana");
    EXPECT_TRUE(node.service().parts.key_store.is_unlocked(node.person("ana").id));
}

TEST_F(ServiceTest, AWrongPasswordAndAnUnknownLoginAnswerAlike) {
    const auto wrong = login("ana", "wrong");
    const auto unknown = login("nobody", "wrong");
    EXPECT_EQ(wrong.status, 401U);
    EXPECT_EQ(unknown.status, 401U);
    EXPECT_EQ(wrong.body, unknown.body);
    EXPECT_TRUE(token_of(wrong).empty());
    const auto refusals = parsed(node.get("auditor", "/api/v1/audit/refusals")).at("items");
    ASSERT_EQ(refusals.as_array().size(), 2U);
    EXPECT_TRUE(refusals.at(0).at("actor").is_null());
    EXPECT_EQ(refusals.at(1).at("actor").as_string(), node.id("ana"));
}

TEST_F(ServiceTest, GuessingPasswordsIsSlowedDownAndTheRightOneWorksAfterTheWait) {
    for (unsigned i = 0; i < LoginThrottle::free_failures; ++i) {
        EXPECT_EQ(login("ana", "wrong").status, 401U);
    }
    const auto held_back = login("ana", std::string(TestNode::password));
    EXPECT_EQ(held_back.status, 429U);
    EXPECT_EQ(code_of(held_back), "busy");
    EXPECT_EQ(login("ben", std::string(TestNode::password)).status, 200U);
    node.clock.advance(1s);
    EXPECT_EQ(login("ana", std::string(TestNode::password)).status, 200U);
}

TEST_F(ServiceTest, GuessingOverManyLoginsIsSlowedDownToo) {
    for (unsigned i = 0; i < LoginThrottle::failures_per_minute_max; ++i) {
        node.service().throttle.failed("login" + std::to_string(i));
    }
    EXPECT_EQ(login("ana", std::string(TestNode::password)).status, 429U);
    node.clock.advance(1min);
    EXPECT_EQ(login("ana", std::string(TestNode::password)).status, 200U);
}

TEST_F(ServiceTest, ASessionEndsAfterFifteenIdleMinutesAndUseKeepsIt) {
    const auto token = node.session("lee");
    node.clock.advance(14min);
    EXPECT_EQ(get_with(token, "/api/v1/me").status, 200U);
    node.clock.advance(14min);
    EXPECT_EQ(get_with(token, "/api/v1/me").status, 200U);
    node.clock.advance(15min);
    EXPECT_EQ(get_with(token, "/api/v1/me").status, 401U);
}

TEST_F(ServiceTest, SigningOutEndsTheSessionAndLocksTheKey) {
    const auto token = token_of(login("ben", std::string(TestNode::password)));
    auto out = node.request(Method::post, "/api/v1/logout");
    out.session_cookie = token;
    EXPECT_EQ(node.service().handle(out).status, 204U);
    EXPECT_EQ(get_with(token, "/api/v1/me").status, 401U);
    EXPECT_FALSE(node.service().parts.key_store.is_unlocked(node.person("ben").id));
}

TEST_F(ServiceTest, OtherHostNamesAreNotAnswered) {
    for (const std::string host : {"", "evil.example", "127.0.0.1", "127.0.0.1:8081",
                                   "localhost.evil.example:8080", "127.0.0.1:8080.evil.example"}) {
        auto request = node.request(Method::get, "/api/v1/info");
        request.host = host;
        EXPECT_EQ(node.service().handle(request).status, 421U) << host;
    }
    auto request = node.request(Method::get, "/api/v1/info");
    request.host = "localhost:8080";
    EXPECT_EQ(node.service().handle(request).status, 200U);
}

TEST_F(ServiceTest, ChangesFromOtherSitesAreRefused) {
    const auto try_with = [&](std::string origin, std::string site) {
        auto request = node.request(Method::post, "/api/v1/logout");
        request.origin = std::move(origin);
        request.fetch_site = std::move(site);
        return node.service().handle(request).status;
    };
    EXPECT_EQ(try_with("http://127.0.0.1:8080", "same-origin"), 204U);
    EXPECT_EQ(try_with("", ""), 204U);
    EXPECT_EQ(try_with("http://evil.example", ""), 403U);
    EXPECT_EQ(try_with("https://127.0.0.1:8080", ""), 403U);
    EXPECT_EQ(try_with("null", ""), 403U);
    EXPECT_EQ(try_with("", "cross-site"), 403U);
    EXPECT_EQ(try_with("", "same-site"), 403U);
}

TEST_F(ServiceTest, AWithdrawalTakesEffectAtOnceAndIsNamed) {
    const auto ref =
        std::string(parsed(node.get("lee", "/api/v1/patients/" + node.id("ana") + "/consents"))
                        .at("items")
                        .at(0)
                        .at("ref")
                        .as_string());
    node.withdraw("ana", ref);
    const auto refused = node.get("lee", "/api/v1/patients/" + node.id("ana"));
    EXPECT_EQ(refused.status, 403U);
    EXPECT_EQ(code_of(refused), "consent_missing");
    EXPECT_TRUE(parsed(node.get("lee", "/api/v1/ward")).at("items").as_array().empty());
    const auto again = node.post("ana", "/api/v1/consents/" + ref + "/withdraw");
    EXPECT_EQ(again.status, 409U);
}

TEST_F(ServiceTest, AReportCannotBeApprovedAfterTheWithdrawalAndSaysWhy) {
    const auto id = std::to_string(node.make_report("ana"));
    const auto ref =
        std::string(parsed(node.get("lee", "/api/v1/patients/" + node.id("ana") + "/consents"))
                        .at("items")
                        .at(0)
                        .at("ref")
                        .as_string());
    node.withdraw("ana", ref);
    const auto refused = node.post("lee", "/api/v1/reports/" + id + "/approve");
    EXPECT_EQ(refused.status, 403U) << refused.body;
    EXPECT_EQ(code_of(refused), "consent_missing");
    const auto queue = parsed(node.get("lee", "/api/v1/reports?state=pending")).at("items");
    ASSERT_EQ(queue.as_array().size(), 1U);
    EXPECT_EQ(queue.at(0).at("last_error").at("code").as_string(), "consent_missing");
    EXPECT_FALSE(queue.at(0).at("readable").as_bool());
    EXPECT_TRUE(queue.at(0).at("vitals").as_array().empty());
    EXPECT_EQ(node.get("lee", "/api/v1/reports/" + id).status, 403U);
    EXPECT_EQ(node.get("ana", "/api/v1/reports/" + id).status, 200U);
}

TEST_F(ServiceTest, AnotherDoctorWithConsentHearsThatTheyAreTheWrongOne) {
    const auto id = std::to_string(node.make_report("ana"));
    node.grant("ana", "may");
    const auto refused = node.post("may", "/api/v1/reports/" + id + "/approve");
    EXPECT_EQ(refused.status, 403U);
    EXPECT_EQ(code_of(refused), "wrong_doctor");
}

TEST_F(ServiceTest, ALockedKeyAsksToSignInAgain) {
    const auto id = std::to_string(node.make_report("ana"));
    auto approve = node.request(Method::post, "/api/v1/reports/" + id + "/approve");
    approve.session_cookie = node.session("lee");
    node.service().parts.key_store.lock(node.person("lee").id);
    EXPECT_EQ(node.service().handle(approve).status, 401U);
}

TEST_F(ServiceTest, ThePatientReadsWhoLookedAndWhoWasRefused) {
    node.send_readings("ana");
    EXPECT_EQ(node.get("nora", "/api/v1/patients/" + node.id("ana")).status, 200U);
    EXPECT_EQ(node.get("may", "/api/v1/patients/" + node.id("ana")).status, 404U);
    const auto log =
        parsed(node.get("ana", "/api/v1/patients/" + node.id("ana") + "/access-log")).at("items");
    ASSERT_EQ(log.as_array().size(), 2U);
    EXPECT_EQ(log.at(0).at("actor").at("name").as_string(), "may of the test");
    EXPECT_FALSE(log.at(0).at("allowed").as_bool());
    EXPECT_EQ(log.at(1).at("actor").at("role").as_string(), "nurse");
    EXPECT_TRUE(log.at(1).at("basis").as_string().starts_with("consent "));
    const auto audit = parsed(node.get("auditor", "/api/v1/audit/access-log?limit=1"));
    EXPECT_EQ(audit.at("items").at(0).at("actor").at("name").as_string(), "");
    const auto next = std::string(audit.at("next").as_string());
    const auto rest = parsed(node.get("auditor", "/api/v1/audit/access-log?cursor=" + next));
    EXPECT_EQ(rest.at("items").as_array().size(), 1U);
    EXPECT_TRUE(rest.at("next").is_null());
}

TEST_F(ServiceTest, WhatCannotBeLoggedIsNotShown) {
    node.set_log_full(true);
    EXPECT_EQ(node.get("lee", "/api/v1/patients/" + node.id("ana")).status, 503U);
    EXPECT_EQ(node.get("lee", "/api/v1/ward").status, 503U);
    node.set_log_full(false);
    EXPECT_EQ(node.get("lee", "/api/v1/ward").status, 200U);
}

TEST_F(ServiceTest, BadInputIsNamedAndNeverACrash) {
    const auto ana = "/api/v1/patients/" + node.id("ana");
    const std::vector<std::string> bad_gets{
        "/api/v1/patients/zz",
        ana + "/series",
        ana + "/series?vital=heart_rate",
        ana + "/series?vital=nonsense&from_ms=1&to_ms=2",
        ana + "/series?vital=ecg&from_ms=1&to_ms=2",
        ana + "/series?vital=heart_rate&from_ms=2&to_ms=1",
        ana + "/series?vital=heart_rate&from_ms=-1&to_ms=1",
        ana + "/series?vital=heart_rate&from_ms=1&to_ms=99999999999999999999",
        ana + "/series?vital=heart_rate&from_ms=1&to_ms=9223372036854775807",
        ana + "/series?vital=heart_rate&from_ms=1&to_ms=2&buckets=0",
        ana + "/series?vital=heart_rate&from_ms=1&to_ms=2&buckets=2001",
        ana + "/series?vital=heart_rate&vital=spo2&from_ms=1&to_ms=2",
        ana + "/series?vital=%zz&from_ms=1&to_ms=2",
        ana + "/alarms?limit=0",
        ana + "/alarms?limit=501",
        ana + "/alarms?cursor=x",
        ana + "/alarms?evil=1"};
    for (const auto& target : bad_gets) {
        const auto response = node.get("ana", target);
        EXPECT_EQ(response.status, 400U) << target << ' ' << response.body;
        EXPECT_EQ(code_of(response), "malformed");
    }
    for (const std::string body :
         {"", "{", "[]", "null", "\"x\"", "{\"grantee\":1}", "{\"grantee\":\"x\"}",
          R"({"grantee":"x","category":"vital_signs","purpose":"treatment",)"
          R"("from_ms":1.5,"until_ms":2})",
          R"({"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}})", "{\"grantee\":\"\xff\"}"}) {
        EXPECT_EQ(node.post("ana", ana + "/consents", body).status, 400U) << body;
    }
    const auto extra = R"({"login":"ana","password":"x","admin":true})";
    EXPECT_EQ(node.post("", "/api/v1/login", extra).status, 400U);
}

TEST_F(ServiceTest, UnknownPathsAndMethodsAreToldApart) {
    EXPECT_EQ(node.get("ana", "/api/v1/nothing").status, 404U);
    EXPECT_EQ(node.get("ana", "/api/v1/patients//series").status, 404U);
    EXPECT_EQ(node.get("ana", "/api/v1/me/").status, 404U);
    EXPECT_EQ(node.get("ana", "/api/v1/login").status, 405U);
    EXPECT_EQ(node.post("ana", "/api/v1/me").status, 405U);
    EXPECT_EQ(node.post("ana", "/").status, 405U);
    EXPECT_EQ(node.get("lee", "/api/v1/reports/99").status, 404U);
    EXPECT_EQ(node.post("nora", "/api/v1/alarms/99/acknowledge").status, 404U);
}

TEST_F(ServiceTest, MetricsHoldCountsAndNoNames) {
    node.make_alarm("ana");
    const auto text = node.get("", "/metrics").body;
    EXPECT_NE(text.find("salus_readings_accepted_total 7"), std::string::npos) << text;
    EXPECT_NE(text.find("salus_frames_refused_total{reason=\"bad_tag\"} 3"), std::string::npos);
    EXPECT_NE(text.find("salus_alarms_raised_total 1"), std::string::npos);
    EXPECT_EQ(text.find("ana"), std::string::npos);
    EXPECT_EQ(text.find(node.id("ana")), std::string::npos);
}

TEST_F(ServiceTest, AStreamCarriesOnlyWhatItsAskerMaySee) {
    const auto ana = stream("ana");
    const auto ben = stream("ben");
    const auto lee = stream("lee");
    const auto auditor = stream("auditor");
    node.send_readings("ana");
    node.grant("ben", "lee");  // a block, and a consent
    EXPECT_NE(read_until(*ana, "event: vitals").find("heart_rate"), std::string::npos);
    EXPECT_NE(read_until(*lee, "event: consent").find(node.id("ben")), std::string::npos);
    const auto bens = read_until(*ben, "event: consent");
    EXPECT_EQ(bens.find("event: vitals"), std::string::npos);
    const auto audited = read_until(*auditor, "event: block");
    EXPECT_EQ(audited.find("event: vitals"), std::string::npos);
    EXPECT_EQ(audited.find("event: consent"), std::string::npos);
}

TEST_F(ServiceTest, AStreamFallsSilentWithTheWithdrawal) {
    const auto nora = stream("nora");
    node.send_readings("ana");
    read_until(*nora, "event: vitals");
    const auto consents =
        parsed(node.get("ana", "/api/v1/patients/" + node.id("ana") + "/consents")).at("items");
    for (const auto& consent : consents.as_array()) {
        if (consent.at("grantee").at("id").as_string() == node.id("nora")) {
            node.withdraw("ana", std::string(consent.at("ref").as_string()));
        }
    }
    read_until(*nora, "event: block");
    std::this_thread::sleep_for(EventHub::vitals_interval * 2);  // until vitals would be due
    const auto other = stream("ana");
    node.send_readings("ana");
    read_until(*other, "event: vitals");  // they are on the hub by now
    EXPECT_EQ(nora->next().find("event: vitals"), std::string::npos);
}

TEST_F(ServiceTest, AStreamGoesOnAfterTheLastIdAndSaysWhatItMissed) {
    const auto first = stream("ben");
    node.grant("ben", "lee");
    const auto seen = read_until(*first, "event: consent");
    const auto last = std::stoull(seen.substr(seen.rfind("id: ") + 4));
    node.grant("ben", "nora");
    const auto rest = read_until(*stream("ben", std::to_string(last)), "event: consent");
    EXPECT_NE(rest.find("id: " + std::to_string(last + 1)), std::string::npos) << rest;
    EXPECT_NE(rest.find(node.id("nora")), std::string::npos) << rest;
    EXPECT_EQ(rest.find(node.id("lee")), std::string::npos) << rest;
    for (const std::string old : {"1", "99999999999999999", "x"}) {
        EXPECT_TRUE(read_until(*stream("ben", old), "event: missed").find("event: missed") !=
                    std::string::npos)
            << old;
    }
}

TEST_F(ServiceTest, AStreamEndsWithItsSession) {
    const auto open = stream("ana");
    EXPECT_FALSE(open->ended());
    node.clock.advance(15min);
    EXPECT_TRUE(open->ended());
    node.send_readings("ana");
    EXPECT_TRUE(open->next().empty());
}

TEST_F(ServiceTest, FollowingAPatientLiveIsOnTheAccessLogOnce) {
    const auto nora = stream("nora");
    node.send_readings("ana");
    read_until(*nora, "event: vitals");
    std::this_thread::sleep_for(EventHub::vitals_interval);
    node.send_readings("ana");
    read_until(*nora, "event: vitals");
    const auto log =
        parsed(node.get("ana", "/api/v1/patients/" + node.id("ana") + "/access-log")).at("items");
    ASSERT_EQ(log.as_array().size(), 1U);
    EXPECT_EQ(log.at(0).at("action").as_string(), "follow_live");
}

TEST_F(ServiceTest, APatientsClockStopsWhereTheRecordingEnded) {
    node.send_readings("ana");
    const auto& live = node.service().live;
    const auto id = node.person("ana").id;
    EXPECT_EQ(live.now(id), node.clock.now());
    node.clock.advance(10s);
    EXPECT_EQ(live.now(id), node.clock.now());
}

}  // namespace
}  // namespace api::testing
