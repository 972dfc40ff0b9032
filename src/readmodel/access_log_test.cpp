// SPDX-License-Identifier: Apache-2.0
#include "readmodel/access_log.h"

#include <gtest/gtest.h>

#include <thread>

#include "storage/memory_store.h"

namespace readmodel {
namespace {

wire::LedgerId ledger_id(std::uint8_t number) {
    wire::LedgerId id;
    id.bytes[0] = number;
    return id;
}

Access access(std::uint8_t patient, bool allowed = true) {
    return {.time = base::from_unix_ms(1'700'000'000'000),
            .actor = ledger_id(9),
            .role = wire::Role::doctor,
            .patient = ledger_id(patient),
            .action = "read_series",
            .what = "heart_rate",
            .basis = allowed ? "consent 0011" : "consent_missing",
            .allowed = allowed};
}

class AccessLogTest : public testing::Test {
protected:
    std::unique_ptr<AccessLog> open() {
        auto opened = AccessLog::open(store);
        EXPECT_TRUE(opened) << opened.error().detail;
        return opened ? *std::move(opened) : nullptr;
    }
    /// Changes one byte of the value under the key that ends in `number`.
    void flip(std::string_view prefix, std::uint64_t number, std::size_t at) {
        base::Bytes key;
        base::append(key, base::as_bytes(prefix));
        base::append_u64(key, number);
        auto value = store.get(key)->value();
        value[at] ^= 1U;
        storage::WriteBatch batch;
        batch.put(key, value);
        ASSERT_TRUE(store.write(batch));
    }
    storage::MemoryStore store;
};

TEST_F(AccessLogTest, AllowedAndRefusedLooksAreThereNewestFirstAfterARestart) {
    ASSERT_TRUE(open()->append({access(1), access(2)}));
    ASSERT_TRUE(open()->append({access(1, false)}));
    const auto log = open();
    const auto entries = log->entries(std::nullopt, 10);
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), 3U);
    EXPECT_EQ((*entries)[0].number, 3U);
    EXPECT_EQ((*entries)[0].access, access(1, false));
    EXPECT_EQ((*entries)[2].access, access(1));
    EXPECT_EQ(*log->verify(), 3U);
}

TEST_F(AccessLogTest, APatientsEntriesAreThatPatientsAlone) {
    const auto log = open();
    ASSERT_TRUE(log->append({access(1), access(2), access(1, false), access(2)}));
    const auto page = log->entries_of(ledger_id(1), std::nullopt, 1);
    ASSERT_EQ(page->size(), 1U);
    EXPECT_EQ(page->front().number, 3U);
    const auto next = log->entries_of(ledger_id(1), page->front().number, 10);
    ASSERT_EQ(next->size(), 1U);
    EXPECT_EQ(next->front().number, 1U);
    EXPECT_TRUE(log->entries_of(ledger_id(3), std::nullopt, 10)->empty());
    EXPECT_TRUE(log->entries(std::nullopt, 0)->empty());
}

TEST_F(AccessLogTest, EachEntryHoldsTheHashOfTheOneBefore) {
    const auto log = open();
    ASSERT_TRUE(log->append({access(1), access(2), access(3)}));
    const auto entries = log->entries(std::nullopt, 10);
    EXPECT_TRUE((*entries)[2].previous.is_zero());
    EXPECT_EQ((*entries)[1].previous, (*entries)[2].hash);
    EXPECT_EQ((*entries)[0].previous, (*entries)[1].hash);
}

// Goal: no byte of an entry can change unnoticed. Method: flip one in each part of the stored
// value.
TEST_F(AccessLogTest, AnAlteredEntryIsFoundAndNamed) {
    for (const std::size_t at : {0U, 33U, 65U, 100U}) {
        storage::MemoryStore fresh;
        const auto log = *AccessLog::open(fresh);
        ASSERT_TRUE(log->append({access(1), access(2), access(3)}));
        base::Bytes key;
        base::append(key, base::as_bytes("access/entry/"));
        base::append_u64(key, 2);
        auto value = fresh.get(key)->value();
        value[at] ^= 1U;
        storage::WriteBatch batch;
        batch.put(key, value);
        ASSERT_TRUE(fresh.write(batch));
        const auto verified = log->verify();
        ASSERT_FALSE(verified) << at;
        EXPECT_EQ(verified.error().code, base::ErrorCode::corrupted);
        EXPECT_NE(verified.error().detail.find("entry 2"), std::string::npos);
    }
}

TEST_F(AccessLogTest, ARemovedEntryIsFound) {
    const auto log = open();
    ASSERT_TRUE(log->append({access(1), access(2), access(3)}));
    base::Bytes key;
    base::append(key, base::as_bytes("access/entry/"));
    base::append_u64(key, 2);
    storage::WriteBatch batch;
    batch.erase(key);
    ASSERT_TRUE(store.write(batch));
    EXPECT_EQ(log->verify().error().code, base::ErrorCode::corrupted);
}

TEST_F(AccessLogTest, ADamagedLastEntryDoesNotOpen) {
    ASSERT_TRUE(open()->append({access(1)}));
    flip("access/entry/", 1, 70);
    EXPECT_EQ(AccessLog::open(store).error().code, base::ErrorCode::corrupted);
}

TEST_F(AccessLogTest, AFullDiskRecordsNothingAndBreaksNoChain) {
    const auto log = open();
    ASSERT_TRUE(log->append({access(1)}));
    store.set_full(true);
    EXPECT_EQ(log->append({access(2)}).error().code, base::ErrorCode::storage_full);
    store.set_full(false);
    ASSERT_TRUE(log->append({access(3)}));
    EXPECT_EQ(*log->verify(), 2U);
}

TEST_F(AccessLogTest, ManyThreadsKeepOneChain) {
    const auto log = open();
    {
        std::vector<std::jthread> threads;
        for (std::uint8_t t = 1; t <= 4; ++t) {
            threads.emplace_back([&log, t] {
                for (int i = 0; i < 50; ++i) EXPECT_TRUE(log->append({access(t)}));
            });
        }
    }
    EXPECT_EQ(*log->verify(), 200U);
}

TEST_F(AccessLogTest, RefusedOperationsAreListedNewestFirst) {
    const auto time = base::from_unix_ms(5);
    ASSERT_TRUE(
        open()->append_refusal({time, std::nullopt, "login", base::ErrorCode::unauthenticated}));
    ASSERT_TRUE(open()->append_refusal(
        {time, ledger_id(4), "approve_report", base::ErrorCode::not_authorised}));
    const auto refusals = open()->refusals(std::nullopt, 10);
    ASSERT_EQ(refusals->size(), 2U);
    EXPECT_EQ((*refusals)[0].refusal.action, "approve_report");
    EXPECT_EQ((*refusals)[0].refusal.actor, ledger_id(4));
    EXPECT_FALSE((*refusals)[1].refusal.actor);
    EXPECT_EQ(open()->refusals((*refusals)[0].number, 10)->size(), 1U);
}

}  // namespace
}  // namespace readmodel
