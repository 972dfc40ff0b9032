// SPDX-License-Identifier: Apache-2.0
// Goal: what was signed for the node's next start ends by a contract's verdict alone. Method: a
// ledger that answers each of two transactions as the test says.
#include "cli/miner.h"

#include <gtest/gtest.h>

#include <vector>

#include "cli/transactions_file.h"
#include "storage/temporary_folder.h"

namespace cli {
namespace {

using base::ErrorCode;

class Answering final : public chain::TransactionSubmitter {
public:
    explicit Answering(std::vector<ErrorCode> codes) : codes_(std::move(codes)) {}
    void submit(base::Bytes, Done done) override {
        const auto code = codes_.at(submitted++);
        if (code == ErrorCode{})
            return done(chain::Committed{.id = {}, .height = 1, .index = 0, .block_time = {}});
        done(base::fail(code, "as the test says"));
    }
    std::size_t submitted = 0;

private:
    std::vector<ErrorCode> codes_;
};

class WaitingTransactions : public ::testing::Test {
protected:
    void SetUp() override {
        for (const char text : {'a', 'b'}) {
            ASSERT_TRUE(add_transaction(folder.waiting_transactions(),
                                        base::Bytes{static_cast<std::uint8_t>(text)}));
        }
    }
    /// Whether all of it still waits after these answers.
    bool waits_after(std::vector<ErrorCode> codes) {
        Answering ledger(std::move(codes));
        EXPECT_TRUE(submit_waiting(folder, ledger));
        return read_transactions(folder.waiting_transactions()).value().size() == 2;
    }
    storage::TemporaryFolder place;
    DataFolder folder{place.path()};
};

TEST_F(WaitingTransactions, AreGoneWhenTheyAreInABlockOrRefused) {
    EXPECT_FALSE(waits_after({ErrorCode{}, ErrorCode::not_authorised}));
    EXPECT_FALSE(std::filesystem::exists(folder.waiting_transactions()));
}

TEST_F(WaitingTransactions, WaitOnWhereOurOwnSideFails) {
    for (const auto code : {ErrorCode::unavailable, ErrorCode::busy, ErrorCode::storage_full,
                            ErrorCode::corrupted, ErrorCode::unsupported_version}) {
        EXPECT_TRUE(waits_after({code})) << base::name_of(code);
        EXPECT_TRUE(waits_after({ErrorCode{}, code})) << base::name_of(code);
    }
}

}  // namespace
}  // namespace cli
