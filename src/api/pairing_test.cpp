// SPDX-License-Identifier: Apache-2.0
// Goal: a patient pairs a device, sees it at once, and nobody else can use the ticket. Method: a
// whole node in memory; the test plays the device.
#include "api/pairing.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "api/internal/test_node.h"
#include "api/pairing_ticket.h"

namespace api::testing {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

json::value parsed(const Response& response) {
    return json::parse(response.body);
}
std::string text_in(const json::value& object, std::string_view name) {
    return std::string(object.at({name.data(), name.size()}).as_string());
}

/// A new device: its key, and what it says of itself.
class Device {
public:
    explicit Device(std::uint64_t seed)
        : random_(seed), key_(crypto::X25519PrivateKey::draw(random_)) {}

    json::object claim = {{"public_key", ""},
                          {"token_verifier", ""},
                          {"label", "Wrist band"},
                          {"vitals", {"heart_rate", "spo2"}},
                          {"interval_ms", 1000}};

    /// As the test's key generator draws it: from the key.
    [[nodiscard]] wire::DeviceId id() const {
        return *wire::DeviceId::from(std::span(key_.public_key()).first(16));
    }
    [[nodiscard]] std::string request(const TicketSecret& secret) {
        if (claim["public_key"] == "") claim["public_key"] = base::to_hex(key_.public_key());
        const auto text = json::serialize(claim);
        const auto sealed = seal_request(secret, base::as_bytes(text), random_);
        return json::serialize(
            json::object{{"ticket", hex(id_of(secret))}, {"sealed", base::to_hex(sealed)}});
    }
    [[nodiscard]] std::string kit(const TicketSecret& secret, const Response& response) const {
        const auto sealed = base::from_hex(text_in(parsed(response), "sealed"));
        const auto opened = open_answer(secret, key_, sealed.value());
        return opened ? std::string(base::as_text(*opened)) : "(does not open)";
    }

private:
    base::SeededRandom random_;
    crypto::X25519PrivateKey key_;
};

class PairingTest : public ::testing::Test {
protected:
    static void SetUpTestSuite() { shared_node = std::make_unique<TestNode>(); }
    static void TearDownTestSuite() { shared_node.reset(); }
    void SetUp() override {
        node.enroller().failing.reset();
        node.enroller().ended.clear();
        node.enroller().enrolments = 0;
    }
    /// One more device of ana's, in use.
    wire::DeviceId new_device() {
        auto device = node.service().parts.directory.device(node.device_of("ana")).value();
        device.id = base::draw<wire::DeviceId>(random);
        EXPECT_TRUE(node.service().parts.directory.add(device));
        return device.id;
    }
    /// A device that was never paired.
    Device new_band() { return Device(++devices_made); }
    [[nodiscard]] std::string tickets_of(std::string_view patient) const {
        return "/api/v1/patients/" + node.id(patient) + "/devices/tickets";
    }
    TicketSecret ticket(std::string_view as = "ana", std::string_view patient = "ana") {
        const auto response = node.post(as, tickets_of(patient));
        EXPECT_EQ(response.status, 201U) << response.body;
        shown = parsed(response);
        return secret_of_code(text_in(shown, "code")).value();
    }
    Response pair(const std::string& request) {
        return node.post("", "/api/v1/devices/pair", request);
    }
    json::array devices(std::string_view as = "ana") {
        return parsed(node.get(as, "/api/v1/patients/" + node.id("ana") + "/devices"))
            .at("items")
            .as_array();
    }
    json::object listed(const wire::DeviceId& id, std::string_view as = "ana") {
        for (const auto& each : devices(as)) {
            if (text_in(each, "id") == hex(id)) return each.as_object();
        }
        return {};
    }
    Response change(std::string_view as, const wire::DeviceId& id, std::string_view state) {
        return node.post(as, "/api/v1/devices/" + hex(id) + "/state",
                         json::serialize(json::object{{"state", state}}));
    }
    std::shared_ptr<EventStream> stream(std::string_view as) {
        auto request = node.request(Method::get, "/api/v1/events");
        request.session_cookie = node.session(as);
        return node.service().handle(request).stream;
    }
    static std::unique_ptr<TestNode> shared_node;
    static std::uint64_t devices_made;
    TestNode& node = *shared_node;
    base::SeededRandom random{++devices_made};
    json::value shown;
};
std::unique_ptr<TestNode> PairingTest::shared_node;
std::uint64_t PairingTest::devices_made = 0;

TEST_F(PairingTest, ADeviceWithATicketIsEnrolledAndThePatientSeesItAtOnce) {
    const auto events = stream("ana");
    const auto others = stream("ben");
    const auto secret = ticket();
    auto band = new_band();
    const auto response = pair(band.request(secret));
    ASSERT_EQ(response.status, 201U) << response.body;
    EXPECT_EQ(band.kit(secret, response), "what the device needs");
    const auto told = events->next();
    EXPECT_NE(told.find("event: device"), std::string::npos) << told;
    EXPECT_NE(told.find(text_in(shown, "id")), std::string::npos) << "names the ticket";
    EXPECT_EQ(others->next().find("event: device"), std::string::npos);
    auto listed_band = listed(band.id());
    EXPECT_EQ(listed_band["label"], "Wrist band");
    EXPECT_EQ(listed_band["state"], "active");
    EXPECT_EQ(listed_band["sealed_to"], "pda");
    EXPECT_EQ(listed_band["pda"], json::value(hex(node.pda_of("ana"))));
    EXPECT_TRUE(listed_band["last_seen_ms"].is_null());
}

TEST_F(PairingTest, ADeviceThatBringsATokenVerifierSealsToTheCloud) {
    const auto secret = ticket();
    auto band = new_band();
    band.claim["token_verifier"] = std::string(64, '7');
    ASSERT_EQ(pair(band.request(secret)).status, 201U);
    EXPECT_EQ(listed(band.id())["sealed_to"], "cloud");
}

TEST_F(PairingTest, TheTicketsTextNamesTheNodeAndItsEnd) {
    const auto secret = ticket();
    const auto read = ticket_of_text(text_in(shown, "text"));
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_TRUE(read->secret == secret);
    EXPECT_EQ(read->address, "http://127.0.0.1:8080");
    EXPECT_EQ(read->until, node.clock.now() + 10min);
}

TEST_F(PairingTest, ATicketIsGoodForOneDevice) {
    const auto secret = ticket();
    auto first = new_band();
    auto second = new_band();
    ASSERT_EQ(pair(first.request(secret)).status, 201U);
    EXPECT_EQ(pair(second.request(secret)).status, 409U);
    EXPECT_EQ(node.enroller().enrolments, 1U);
}

TEST_F(PairingTest, TheSameRequestAgainGetsTheSameAnswerWithoutASecondEnrolment) {
    const auto secret = ticket();
    auto band = new_band();
    const auto request = band.request(secret);
    const auto first = pair(request);
    const auto again = pair(request);
    EXPECT_EQ(again.status, 201U);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(node.enroller().enrolments, 1U);
}

TEST_F(PairingTest, AWrongAnOldAndAReplacedTicketAreRefusedAlike) {
    auto band = new_band();
    const auto unknown = pair(band.request(TicketSecret::draw(random)));
    const auto replaced_secret = ticket();
    const auto secret = ticket();
    const auto replaced = pair(band.request(replaced_secret));
    auto forged = json::parse(band.request(TicketSecret::draw(random))).as_object();
    forged["ticket"] = hex(id_of(secret));  // of the ticket, without its secret
    const auto guessed = pair(json::serialize(forged));
    node.clock.advance(10min);
    const auto old = pair(band.request(secret));
    for (const auto& response : {unknown, replaced, guessed, old}) {
        EXPECT_EQ(response.status, 404U);
        EXPECT_EQ(response.body, unknown.body);
    }
    EXPECT_EQ(node.enroller().enrolments, 0U);
}

TEST_F(PairingTest, AWithdrawnTicketIsGoodForNoDevice) {
    const auto secret = ticket();
    const auto path = "/api/v1/tickets/" + hex(id_of(secret)) + "/withdraw";
    EXPECT_EQ(node.post("ben", path).status, 404U) << "it is not his to know of";
    EXPECT_EQ(node.post("lee", path).status, 403U);
    EXPECT_EQ(node.post("", path).status, 401U);
    EXPECT_EQ(node.post("ana", path).status, 204U);
    auto band = new_band();
    EXPECT_EQ(pair(band.request(secret)).status, 404U);
    EXPECT_EQ(node.post("ana", path).status, 404U);
    EXPECT_EQ(node.enroller().enrolments, 0U);
    const auto next = ticket();
    EXPECT_EQ(
        node.post("administrator", "/api/v1/tickets/" + hex(id_of(next)) + "/withdraw").status,
        204U);
    EXPECT_EQ(pair(band.request(next)).status, 404U);
    EXPECT_EQ(node.post("ana", "/api/v1/tickets/xy/withdraw").status, 400U);
}

TEST_F(PairingTest, ATicketThatADeviceUsedIsNotWithdrawnFromIt) {
    const auto secret = ticket();
    auto band = new_band();
    const auto request = band.request(secret);
    const auto first = pair(request);
    EXPECT_EQ(node.post("ana", "/api/v1/tickets/" + hex(id_of(secret)) + "/withdraw").status, 409U);
    EXPECT_EQ(pair(request).body, first.body) << "its answer may have got lost";
}

TEST_F(PairingTest, AClaimThatMakesNoSenseIsRefusedAndTheTicketStaysGood) {
    const auto secret = ticket();
    const json::array too_many(17, "spo2");
    const std::vector<std::pair<std::string, json::value>> wrong{
        {"public_key", json::value("00")},
        {"public_key", json::value(std::string(64, 'x'))},
        {"token_verifier", json::value("11")},
        {"label", json::value(std::string(81, 'a'))},
        {"vitals", json::array{"telepathy"}},
        {"vitals", json::value("heart_rate")},
        {"vitals", json::array{1}},
        {"vitals", too_many},
        {"interval_ms", json::value(0)},
        {"interval_ms", json::value(86'400'001)},
        {"interval_ms", json::value("1000")},
        {"patient", json::value(node.id("ben"))}};
    for (const auto& [name, value] : wrong) {
        auto band = new_band();
        band.claim[name] = value;
        const auto response = pair(band.request(secret));
        EXPECT_EQ(response.status, 400U) << name << ' ' << value << ' ' << response.body;
    }
    auto band = new_band();
    band.claim.erase("label");
    EXPECT_EQ(pair(band.request(secret)).status, 400U);
    EXPECT_EQ(node.enroller().enrolments, 0U);
    auto good = new_band();
    EXPECT_EQ(pair(good.request(secret)).status, 201U);
}

TEST_F(PairingTest, WhatIsNoRequestIsRefused) {
    for (const std::string body :
         {"{}", R"({"ticket":"00","sealed":""})", R"({"ticket":"0000000000000000"})",
          R"({"ticket":"0000000000000000","sealed":"xy"})",
          R"({"ticket":"0000000000000000","sealed":"","more":1})"}) {
        EXPECT_EQ(pair(body).status, 400U) << body;
    }
    const json::object large{{"ticket", std::string(16, '0')}, {"sealed", std::string(8194, '0')}};
    EXPECT_EQ(pair(json::serialize(large)).status, 400U);
}

TEST_F(PairingTest, AFailedEnrolmentLeavesTheTicketGood) {
    const auto secret = ticket();
    auto band = new_band();
    node.enroller().failing = base::ErrorCode::unavailable;
    EXPECT_EQ(pair(band.request(secret)).status, 503U);
    node.enroller().failing.reset();
    EXPECT_EQ(pair(band.request(secret)).status, 201U);
}

TEST_F(PairingTest, AnAdministratorPairsForAPatientAndOnlyForAPatient) {
    const auto secret = ticket("administrator", "ana");
    auto band = new_band();
    ASSERT_EQ(pair(band.request(secret)).status, 201U);
    EXPECT_EQ(listed(band.id())["label"], "Wrist band");
    EXPECT_EQ(node.post("administrator", tickets_of("lee")).status, 404U);
}

TEST_F(PairingTest, WithoutAPhoneOrHubInUseThereIsNoTicket) {
    ASSERT_EQ(change("administrator", node.pda_of("ben"), "suspended").status, 200U);
    EXPECT_EQ(node.post("ben", tickets_of("ben")).status, 409U);
    ASSERT_EQ(change("administrator", node.pda_of("ben"), "active").status, 200U);
    EXPECT_EQ(node.post("ben", tickets_of("ben")).status, 201U);
}

TEST_F(PairingTest, APatientSuspendsTheirDeviceAndLetsItSendAgain) {
    const auto id = new_device();
    ASSERT_EQ(change("ana", id, "suspended").status, 200U);
    EXPECT_EQ(listed(id)["state"], "suspended");
    EXPECT_EQ(json::serialize(listed(id)["may"]), R"(["active","retired"])");
    EXPECT_EQ(change("ana", id, "active").status, 200U);
    EXPECT_EQ(listed(id)["state"], "active");
}

TEST_F(PairingTest, WhatAnAdministratorSuspendedOnlyAnAdministratorTakesBack) {
    const auto id = new_device();
    ASSERT_EQ(change("administrator", id, "suspended").status, 200U);
    EXPECT_EQ(json::serialize(listed(id)["may"]), R"(["retired"])");
    EXPECT_EQ(change("ana", id, "active").status, 403U);
    EXPECT_EQ(listed(id)["state"], "suspended");
    EXPECT_EQ(change("administrator", id, "active").status, 200U);
}

TEST_F(PairingTest, ARetiredDeviceIsOutOfUseForGoodAndItsCertificateWithdrawn) {
    const auto id = new_device();
    const auto events = stream("administrator");
    ASSERT_EQ(change("ana", id, "retired").status, 200U);
    EXPECT_EQ(node.enroller().ended, std::vector{id});
    EXPECT_NE(events->next().find(R"("state":"retired")"), std::string::npos);
    EXPECT_EQ(json::serialize(listed(id)["may"]), "[]");
    EXPECT_EQ(change("administrator", id, "active").status, 409U);
    EXPECT_EQ(change("ana", id, "retired").status, 200U) << "once more changes nothing";
    EXPECT_EQ(node.enroller().ended.size(), 1U);
}

TEST_F(PairingTest, OnlyAnAdministratorRevokesAndChangesAPhoneOrHub) {
    const auto id = new_device();
    identity::PdaRecord old_phone;
    old_phone.id = base::draw<wire::DeviceId>(random);
    old_phone.label = "Old phone";
    old_phone.patient = node.person("ana").id;
    ASSERT_TRUE(node.service().parts.directory.add(old_phone));
    EXPECT_EQ(change("ana", id, "revoked").status, 403U);
    EXPECT_EQ(change("ana", old_phone.id, "suspended").status, 403U);
    EXPECT_EQ(json::serialize(listed(old_phone.id)["may"]), "[]");
    EXPECT_EQ(change("administrator", id, "revoked").status, 200U);
    EXPECT_EQ(change("administrator", old_phone.id, "retired").status, 200U);
    EXPECT_EQ(node.enroller().ended.size(), 2U);
}

TEST_F(PairingTest, WhileTheKeyGeneratorIsAwayNothingIsEnded) {
    node.enroller().failing = base::ErrorCode::unavailable;
    EXPECT_EQ(change("administrator", node.device_of("ana"), "revoked").status, 503U);
    EXPECT_EQ(listed(node.device_of("ana"))["state"], "active");
}

TEST_F(PairingTest, ANodeWithoutAKeyGeneratorStillSuspends) {
    auto parts = node.parts();
    parts.enroller = nullptr;
    const auto service = *Service::make(parts, node.options());
    const auto id = new_device();
    const auto ask = [&](std::string_view state) {
        auto request = node.request(Method::post, "/api/v1/devices/" + hex(id) + "/state");
        request.session_cookie = service->sessions.open(node.person("ana").id).token;
        request.body = json::serialize(json::object{{"state", state}});
        return service->handle(request).status;
    };
    EXPECT_EQ(ask("retired"), 503U);
    EXPECT_EQ(ask("suspended"), 200U);
    EXPECT_EQ(listed(id)["state"], "suspended");
}

TEST_F(PairingTest, AStateThatDoesNotExistOrADeviceThatDoesNotIsRefused) {
    EXPECT_EQ(change("ana", node.device_of("ana"), "asleep").status, 400U);
    EXPECT_EQ(change("ana", node.device_of("ben"), "suspended").status, 404U);
    EXPECT_EQ(change("administrator", wire::DeviceId{}, "suspended").status, 404U);
    EXPECT_EQ(node.post("ana", "/api/v1/devices/zz/state", R"({"state":"active"})").status, 400U);
}

TEST_F(PairingTest, AClinicianSeesDevicesAndMayChangeNone) {
    EXPECT_EQ(json::serialize(listed(node.device_of("ana"), "lee")["may"]), "[]");
}

TEST_F(PairingTest, APhoneWasHeardWhenItsDeviceWas) {
    EXPECT_TRUE(listed(node.pda_of("ana"))["last_seen_ms"].is_null());
    node.send_readings("ana");
    EXPECT_FALSE(listed(node.pda_of("ana"))["last_seen_ms"].is_null());
}

}  // namespace
}  // namespace api::testing
