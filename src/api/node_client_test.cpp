// SPDX-License-Identifier: Apache-2.0
#include "api/node_client.h"

#include <gtest/gtest.h>

#include "api/internal/test_node.h"

namespace api::testing {
namespace {

using base::ErrorCode;

TEST(NodeClient, TakesAddressesOfAHostAndAPortAlone) {
    for (const char* good :
         {"http://127.0.0.1:8080", "http://localhost:1/", "http://[::1]:65535"}) {
        EXPECT_TRUE(NodeClient::open(good)) << good;
    }
    for (const char* bad : {"", "127.0.0.1:8080", "https://127.0.0.1:8080", "http://127.0.0.1",
                            "http://127.0.0.1:", "http://:8080", "http://127.0.0.1:80a",
                            "http://127.0.0.1:123456", "http://127.0.0.1:8080/api"}) {
        const auto client = NodeClient::open(bad);
        ASSERT_FALSE(client) << bad;
        EXPECT_EQ(client.error().code, ErrorCode::malformed) << bad;
    }
}

TEST(NodeClient, HandsOnWhatANodeAnswersAndWhyItRefuses) {
    TestNode node;
    auto options = node.options();
    options.port = 0;
    auto api = Api::start(node.parts(), options).value();
    const auto address = "http://127.0.0.1:" + std::to_string(api->port());
    const auto client = NodeClient::open(address).value();
    const auto checkpoint = client.get("/api/v1/ledger/checkpoint");
    ASSERT_TRUE(checkpoint) << checkpoint.error().detail;
    EXPECT_TRUE(checkpoint->starts_with("salus/salus-test\n"));
    const auto unknown = client.get("/api/v1/ledger/checkpoint?witnesses=1");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::not_found);
    EXPECT_NE(unknown.error().detail.find("cosignatures"), std::string::npos);
    const auto refused = client.post("/api/v1/ledger/cosignatures", R"({"note":"x"})");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::malformed);
    api.reset();
    const auto silent = client.get("/api/v1/ledger/checkpoint");
    ASSERT_FALSE(silent);
    EXPECT_EQ(silent.error().code, ErrorCode::unavailable);
    EXPECT_NE(silent.error().detail.find(address), std::string::npos);
}

}  // namespace
}  // namespace api::testing
