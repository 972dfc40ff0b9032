// SPDX-License-Identifier: Apache-2.0
// Goal: who may do what is exactly what docs/formats/http-api.md says. Method: every route is asked
// by every role and by nobody; a route without a row here fails the test.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <set>

#include "api/internal/openapi_document.h"
#include "api/internal/test_node.h"

namespace api::testing {
namespace {

const std::vector<std::string> everybody{"administrator", "ana",     "ben",         "lee",
                                         "may",           "nora",    "fay",         "pharmacist",
                                         "laboratory",    "insurer", "researcher",  "auditor",
                                         "cloud-server",  "miner",   "demo-program"};

struct Row {
    std::string target;  ///< Names in braces are filled in, see `Targets`.
    std::string body = "{}";
    /// Whom the route lets through to which status. Everyone else who is signed in: 403.
    std::vector<std::pair<std::string, unsigned>> answers;
    unsigned others = 403;
    unsigned nobody = 401;
};

/// Statuses of a clinical read of ana's record.
const std::vector<std::pair<std::string, unsigned>> anas_record{
    {"ana", 200}, {"ben", 404}, {"lee", 200}, {"may", 404}, {"nora", 200}, {"fay", 200}};

const std::map<std::string, Row>& rows() {
    static const std::string vital_signs = "&category=vital_signs&purpose=treatment";
    static const std::string period = "?from_ms=1767225000000&to_ms=1767229200000";
    static const std::map<std::string, Row> table{
        {"login",
         {.target = "/api/v1/login",
          .body = R"({"login":"ana","password":"correct horse"})",
          .answers = {},
          .others = 200,
          .nobody = 200}},
        {"logout", {.target = "/api/v1/logout", .answers = {}, .others = 204, .nobody = 204}},
        {"read_me", {.target = "/api/v1/me", .answers = {}, .others = 200}},
        {"register_client",
         {.target = "/api/v1/me/agreement",
          .body = R"({"public_key":")" + std::string(64, '1') + R"(","token_verifier":")" +
                  std::string(64, '2') + R"("})",
          .answers = {},
          .others = 201}},
        {"read_info", {.target = "/api/v1/info", .answers = {}, .others = 200, .nobody = 200}},
        {"read_trust", {.target = "/api/v1/trust", .answers = {}, .others = 200, .nobody = 200}},
        {"read_vitals", {.target = "/api/v1/vitals", .answers = {}, .others = 200, .nobody = 200}},
        {"read_ward",
         {.target = "/api/v1/ward", .answers = {{"lee", 200}, {"may", 200}, {"nora", 200}}}},
        {"read_patient", {.target = "/api/v1/patients/{ana}", .answers = anas_record}},
        {"read_series",
         {.target = "/api/v1/patients/{ana}/series" + period + "&vital=heart_rate",
          .answers = anas_record}},
        {"read_strip",  // ana wears no ECG: those who may look learn that
         {.target = "/api/v1/patients/{ana}/strip" + period,
          .answers = {{"ana", 404},
                      {"ben", 404},
                      {"lee", 404},
                      {"may", 404},
                      {"nora", 404},
                      {"fay", 404}}}},
        {"read_alarms", {.target = "/api/v1/patients/{ana}/alarms", .answers = anas_record}},
        {"read_reports", {.target = "/api/v1/patients/{ana}/reports", .answers = anas_record}},
        {"read_devices",
         {.target = "/api/v1/patients/{ana}/devices",
          .answers = {{"ana", 200}, {"ben", 404}, {"lee", 200}, {"may", 404}, {"nora", 200}}}},
        {"open_ticket",
         {.target = "/api/v1/patients/{ana}/devices/tickets",
          .answers = {{"ana", 201}, {"ben", 404}, {"administrator", 201}}}},
        {"withdraw_ticket",  // of nobody: pairing_test.cpp has one that is shown
         {.target = "/api/v1/tickets/0000000000000000/withdraw",
          .answers = {{"ana", 404}, {"ben", 404}, {"administrator", 404}}}},
        {"pair_device",  // without a ticket: pairing_test.cpp has those who hold one
         {.target = "/api/v1/devices/pair",
          .body = R"({"ticket":"0000000000000000","sealed":""})",
          .answers = {},
          .others = 404,
          .nobody = 404}},
        {"change_device",
         {.target = "/api/v1/devices/{device}/state",
          .body = R"({"state":"active"})",
          .answers = {{"ana", 200}, {"ben", 404}, {"administrator", 200}}}},
        {"read_consents",
         {.target = "/api/v1/patients/{ana}/consents",
          .answers = {{"ana", 200}, {"ben", 404}, {"lee", 200}, {"may", 404}}}},
        {"grant_consent",
         {.target = "/api/v1/patients/{ana}/consents",
          .body = R"({"grantee":"{pharmacist}","category":"medication","purpose":"treatment",)"
                  R"("from_ms":1767225600000,"until_ms":1798761600000})",
          .answers = {{"ana", 201}, {"ben", 404}}}},
        {"withdraw_consent",
         {.target = "/api/v1/consents/{consent}/withdraw",
          .answers = {{"ben", 404}, {"ana", 200}}}},
        {"read_access_log",
         {.target = "/api/v1/patients/{ana}/access-log", .answers = {{"ana", 200}, {"ben", 404}}}},
        {"read_people",
         {.target = "/api/v1/people?role=doctor",
          .answers = {{"ana", 200}, {"ben", 200}, {"administrator", 200}}}},
        {"acknowledge_alarm",
         {.target = "/api/v1/alarms/{alarm}/acknowledge",
          .answers = {{"may", 404}, {"nora", 200}, {"lee", 409}}}},
        {"read_queue", {.target = "/api/v1/reports", .answers = {{"lee", 200}, {"may", 200}}}},
        {"read_report",
         {.target = "/api/v1/reports/{pending}",
          .answers = {{"ana", 200}, {"ben", 404}, {"lee", 200}, {"may", 404}}}},
        {"approve_report",
         {.target = "/api/v1/reports/{pending}/approve", .answers = {{"may", 404}, {"lee", 200}}}},
        {"refuse_report",
         {.target = "/api/v1/reports/{pending}/refuse",
          .body = R"({"reason":"artefact"})",
          .answers = {{"may", 404}, {"lee", 200}}}},
        {"read_report_receipt",
         {.target = "/api/v1/reports/{approved}/receipt",
          .answers = {{"ana", 200}, {"ben", 404}, {"lee", 200}, {"may", 404}}}},
        {"read_blocks", {.target = "/api/v1/ledger/blocks", .answers = {}, .others = 200}},
        {"read_block", {.target = "/api/v1/ledger/blocks/1", .answers = {}, .others = 200}},
        {"read_block_file",
         {.target = "/api/v1/ledger/blocks/1/file", .answers = {}, .others = 200}},
        {"read_transaction",
         {.target = "/api/v1/ledger/transactions/{transaction}", .answers = {}, .others = 200}},
        {"read_receipt",
         {.target = "/api/v1/ledger/transactions/{transaction}/receipt",
          .answers = {{"ana", 200}, {"lee", 200}, {"auditor", 200}},
          .others = 404}},
        {"read_consent_receipt",
         {.target = "/api/v1/receipts/consent?patient={ana}&reader={lee}" + vital_signs,
          .answers = {{"ana", 200}, {"ben", 404}, {"auditor", 200}}}},
        {"read_no_consent_receipt",
         {.target = "/api/v1/receipts/no-consent?patient={ana}&readers={may}" + vital_signs,
          .answers = {{"ana", 200}, {"ben", 404}, {"auditor", 200}}}},
        {"read_key_destroyed_receipt",  // none is, here
         {.target = "/api/v1/receipts/key-destroyed?content_id=" + std::string(72, '0'),
          .answers = {{"ana", 404}, {"ben", 404}, {"auditor", 404}}}},
        {"read_mining", {.target = "/api/v1/ledger/mining", .answers = {}, .others = 200}},
        {"read_orphans", {.target = "/api/v1/ledger/orphans", .answers = {}, .others = 200}},
        {"search_ledger", {.target = "/api/v1/ledger/search?q=1", .answers = {}, .others = 200}},
        {"read_checkpoint",
         {.target = "/api/v1/ledger/checkpoint", .answers = {}, .others = 200, .nobody = 200}},
        {"read_consistency",
         {.target = "/api/v1/ledger/consistency?from=1&to=2",
          .answers = {},
          .others = 200,
          .nobody = 200}},
        {"add_cosignatures",  // of strangers: checkpoints_test.cpp has a witness's
         {.target = "/api/v1/ledger/cosignatures",
          .body = R"({"note":"none"})",
          .answers = {},
          .others = 400,
          .nobody = 400}},
        {"read_admin_people",
         {.target = "/api/v1/admin/people", .answers = {{"administrator", 200}}}},
        {"read_admin_devices",
         {.target = "/api/v1/admin/devices", .answers = {{"administrator", 200}}}},
        {"read_admin_miners",
         {.target = "/api/v1/admin/miners", .answers = {{"administrator", 200}}}},
        {"read_refused_frames",
         {.target = "/api/v1/admin/refusals", .answers = {{"administrator", 200}}}},
        {"read_storage", {.target = "/api/v1/admin/storage", .answers = {{"administrator", 200}}}},
        {"read_health", {.target = "/api/v1/admin/health", .answers = {{"administrator", 200}}}},
        {"audit_access_log", {.target = "/api/v1/audit/access-log", .answers = {{"auditor", 200}}}},
        {"audit_refusals", {.target = "/api/v1/audit/refusals", .answers = {{"auditor", 200}}}},
        {"verify_chain", {.target = "/api/v1/audit/verify-chain", .answers = {{"auditor", 202}}}},
        {"read_verify_chain",
         {.target = "/api/v1/audit/verify-chain", .answers = {{"auditor", 200}}}},
        {"read_attacks",
         {.target = "/api/v1/attacks", .answers = {{"administrator", 200}, {"auditor", 200}}}},
        {"follow_events", {.target = "/api/v1/events", .answers = {}, .others = 200}},
        {"healthz", {.target = "/healthz", .answers = {}, .others = 200, .nobody = 200}},
        {"readyz", {.target = "/readyz", .answers = {}, .others = 200, .nobody = 200}},
        {"metrics", {.target = "/metrics", .answers = {}, .others = 200, .nobody = 200}},
        {"openapi", {.target = "/openapi.json", .answers = {}, .others = 200, .nobody = 200}}};
    return table;
}

/// Fills in what a row names in braces, made for that row alone where it is used up.
std::string filled_in(TestNode& node, std::string text) {
    const std::map<std::string, std::function<std::string()>> makers{
        {"{ana}", [&] { return node.id("ana"); }},
        {"{lee}", [&] { return node.id("lee"); }},
        {"{may}", [&] { return node.id("may"); }},
        {"{pharmacist}", [&] { return node.id("pharmacist"); }},
        {"{device}",
         [&] {
             return hex(node.service().parts.directory.devices_of(node.person("ana").id)[0].id);
         }},
        {"{consent}", [&] { return node.grant("ana", "researcher"); }},
        {"{alarm}", [&] { return std::to_string(node.make_alarm("ana")); }},
        {"{pending}", [&] { return std::to_string(node.make_report("ana")); }},
        {"{approved}",
         [&] {
             const auto id = std::to_string(node.make_report("ana"));
             EXPECT_EQ(node.post("lee", "/api/v1/reports/" + id + "/approve").status, 200U);
             return id;
         }},
        {"{transaction}", [&] {
             const auto consents =
                 node.service().parts.read_model.consents_of(node.person("ana").id);
             return hex(consents->front().transaction);  // the grant to lee
         }}};
    for (const auto& [name, make] : makers) {
        if (const auto at = text.find(name); at != std::string::npos) {
            text.replace(at, name.size(), make());
        }
    }
    return text;
}

class RoutesTest : public ::testing::Test {
protected:
    static void SetUpTestSuite() { node = std::make_unique<TestNode>(); }
    static void TearDownTestSuite() { node.reset(); }
    static std::unique_ptr<TestNode> node;
};
std::unique_ptr<TestNode> RoutesTest::node;

TEST_F(RoutesTest, EveryRouteAnswersEveryRoleAsTheContractSays) {
    ASSERT_EQ(rows().size(), all_routes().size()) << "a row for a route that is not there";
    for (const auto& route : all_routes()) {
        const auto row = rows().find(std::string(route.name));
        ASSERT_NE(row, rows().end()) << "no row for " << route.name << ": say who may do it";
        const auto target = filled_in(*node, row->second.target);
        const auto body = filled_in(*node, row->second.body);
        const auto ask = [&](std::string_view as) {
            return route.method == Method::get ? node->get(as, target)
                                               : node->post(as, target, body);
        };
        const auto nobody = ask("");
        EXPECT_EQ(nobody.status, row->second.nobody) << route.name << " by nobody: " << nobody.body;
        std::set<std::string> asked;
        for (const auto& [login, status] : row->second.answers) {
            const auto response = ask(login);
            EXPECT_EQ(response.status, status)
                << route.name << " by " << login << ": " << response.body;
            asked.insert(login);
        }
        for (const auto& login : everybody) {
            if (asked.contains(login)) continue;
            const auto response = ask(login);
            EXPECT_EQ(response.status, row->second.others)
                << route.name << " by " << login << ": " << response.body;
        }
    }
}

TEST_F(RoutesTest, AnEndedSessionIsNobody) {
    for (const auto& route : all_routes()) {
        if (route.allowed == anyone) continue;
        auto asked = node->request(route.method,
                                   filled_in(*node, rows().at(std::string(route.name)).target));
        asked.session_cookie = std::string(64, 'a');
        asked.body = route.method == Method::post ? "{}" : "";
        EXPECT_EQ(node->service().handle(asked).status, 401U) << route.name;
    }
}

TEST_F(RoutesTest, EveryChangeNeedsTheHeaderThatOtherSitesCannotSet) {
    for (const auto& route : all_routes()) {
        if (route.method == Method::get) continue;
        auto asked = node->request(route.method, "/x");
        asked.path = std::string(route.pattern);
        asked.session_cookie = node->session("lee");
        asked.salus_header.clear();
        EXPECT_EQ(node->service().handle(asked).status, 403U) << route.name;
    }
}

// Goal: the document says what the node does. Method: compare paths and methods both ways.
TEST_F(RoutesTest, TheOpenApiDocumentNamesEveryRouteAndNoOther) {
    const auto document = boost::json::parse(
        boost::json::string_view(openapi_document().data(), openapi_document().size()));
    EXPECT_EQ(document.at("openapi").as_string(), "3.1.0");
    std::set<std::string> documented;
    for (const auto& [path, methods] : document.at("paths").as_object()) {
        for (const auto& [method, operation] : methods.as_object()) {
            documented.insert(std::string(method) + " " + std::string(path));
            const bool is_public = operation.as_object().contains("security");
            const auto match = find_route(method == "get" ? Method::get : Method::post,
                                          std::string_view(path.data(), path.size()));
            ASSERT_NE(match.route, nullptr) << path;
            EXPECT_EQ(is_public, match.route->allowed == anyone) << path;
        }
    }
    std::set<std::string> routed;
    for (const auto& route : all_routes()) {
        routed.insert((route.method == Method::get ? "get " : "post ") +
                      std::string(route.pattern));
    }
    EXPECT_EQ(documented, routed);
}

/// Does `value` have the shape that `schema` states? Only what the document uses is understood.
void expect_shape(const boost::json::value& document, const boost::json::object& schema,
                  const boost::json::value& value, const std::string& where) {
    if (const auto* ref = schema.if_contains("$ref")) {
        const std::string name(ref->as_string().subview(21));  // after "#/components/schemas/"
        return expect_shape(document, document.at("components").at("schemas").at(name).as_object(),
                            value, where);
    }
    if (const auto* any = schema.if_contains("anyOf")) {
        if (value.is_null()) return;
        return expect_shape(document, any->as_array()[0].as_object(), value, where);
    }
    const auto* type = schema.if_contains("type");
    ASSERT_NE(type, nullptr) << where;
    std::string wanted(type->is_array() ? type->as_array()[0].as_string() : type->as_string());
    if (type->is_array() && value.is_null()) return;
    if (wanted == "string") {
        ASSERT_TRUE(value.is_string()) << where << ": " << value;
        if (const auto* names = schema.if_contains("enum")) {
            EXPECT_TRUE(std::ranges::count(names->as_array(), value) == 1)
                << where << ": " << value;
        }
    } else if (wanted == "integer") {
        ASSERT_TRUE(value.is_int64() || value.is_uint64()) << where << ": " << value;
    } else if (wanted == "number") {
        ASSERT_TRUE(value.is_number()) << where << ": " << value;
    } else if (wanted == "boolean") {
        ASSERT_TRUE(value.is_bool()) << where << ": " << value;
    } else if (wanted == "array") {
        ASSERT_TRUE(value.is_array()) << where;
        for (const auto& item : value.as_array()) {
            expect_shape(document, schema.at("items").as_object(), item, where + "[]");
        }
    } else {
        ASSERT_TRUE(value.is_object()) << where;
        const auto* properties = schema.if_contains("properties");
        if (properties == nullptr) return;
        for (const auto& [name, property] : properties->as_object()) {
            const auto* member = value.as_object().if_contains(name);
            ASSERT_NE(member, nullptr) << where << '.' << name << " is missing";
            expect_shape(document, property.as_object(), *member, where + '.' + std::string(name));
        }
        for (const auto& [name, member] : value.as_object()) {
            EXPECT_TRUE(properties->as_object().contains(name)) << where << '.' << name;
        }
    }
}

TEST_F(RoutesTest, EveryAnswerHasTheShapeThatTheDocumentStates) {
    node->make_alarm("ana");
    node->make_report("ana");
    const auto document = boost::json::parse(
        boost::json::string_view(openapi_document().data(), openapi_document().size()));
    for (const auto& route : all_routes()) {
        const auto& row = rows().at(std::string(route.name));
        std::string login = "auditor";
        for (const auto& [name, status] : row.answers) {
            if (status < 300) login = name;
        }
        const auto target = filled_in(*node, row.target);
        const auto response = route.method == Method::get
                                  ? node->get(login, target)
                                  : node->post(login, target, filled_in(*node, row.body));
        if (response.content_type != "application/json" || response.body.empty()) continue;
        const auto& operation =
            document.at("paths")
                .at(boost::json::string_view(route.pattern.data(), route.pattern.size()))
                .at(route.method == Method::get ? "get" : "post");
        const auto& answers = operation.at("responses").as_object();
        const auto* answer = answers.if_contains(std::to_string(response.status));
        if (answer == nullptr) answer = answers.if_contains("default");
        const auto& schema = answer->at("content").at("application/json").at("schema");
        expect_shape(document, schema.as_object(), boost::json::parse(response.body),
                     std::string(route.name));
    }
}

}  // namespace
}  // namespace api::testing
