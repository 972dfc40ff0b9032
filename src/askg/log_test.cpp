// SPDX-License-Identifier: Apache-2.0
#include "askg/log.h"

#include <gtest/gtest.h>

#include "askg/public_log.h"
#include "askg/testing.h"

namespace askg {
namespace {

using base::ErrorCode;
using testing::World;

class LogTest : public ::testing::Test {
protected:
    LogTest() {
        const auto patient = world.new_patient();
        const auto pda = world.pda(patient);
        (void)world.device(patient, pda.grant.id);
        (void)world.user();
        EXPECT_TRUE(world.generator->revoke(pda.grant.certificate.record.serial));
        log = read_public_log(world.store).value();
    }

    World world;
    PublicLog log;
};

TEST_F(LogTest, HoldsWhatWasCertifiedAndRevokedInOrder) {
    ASSERT_EQ(log.entries.size(), 4U);
    EXPECT_EQ(log.entries[0].record.role, PartyRole::pda);
    EXPECT_EQ(log.entries[1].record.role, PartyRole::device);
    EXPECT_EQ(log.entries[2].record.role, PartyRole::user);
    EXPECT_EQ(log.entries[3].event, LogEvent::revoked);
    EXPECT_EQ(log.entries[3].record, log.entries[0].record);
    EXPECT_EQ(world.generator->log().value(), log.entries);
    EXPECT_EQ(world.generator->log(3).value().size(), 1U);
    EXPECT_EQ(world.generator->log_head(), log.head);
    EXPECT_EQ(log.authority_key, world.generator->authority_key());
    EXPECT_TRUE(verify(log));
}

TEST_F(LogTest, AnEntryChangedTakenOutAddedOrMovedIsSeen) {
    const auto broken = [&](const auto& change) {
        auto copy = log;
        change(copy);
        const auto verdict = verify(copy);
        return !verdict && verdict.error().code == ErrorCode::corrupted;
    };
    EXPECT_FALSE(broken([](PublicLog&) {}));
    EXPECT_TRUE(broken([](PublicLog& it) { it.entries.pop_back(); }));
    EXPECT_TRUE(broken([](PublicLog& it) { it.entries.erase(it.entries.begin() + 1); }));
    EXPECT_TRUE(broken([](PublicLog& it) { it.entries.push_back(it.entries[1]); }));
    EXPECT_TRUE(broken([](PublicLog& it) { std::swap(it.entries[1], it.entries[2]); }));
    EXPECT_TRUE(broken([](PublicLog& it) { it.entries[1].at += std::chrono::milliseconds(1); }));
    EXPECT_TRUE(broken([](PublicLog& it) { it.entries[1].record.static_public[0] ^= 1; }))
        << "a swapped key";
    EXPECT_TRUE(broken([](PublicLog& it) { it.entries[3].record = it.entries[1].record; }));
    EXPECT_TRUE(broken([](PublicLog& it) { it.head.signature[0] ^= 1; }));
    EXPECT_TRUE(broken([](PublicLog& it) { it.authority.bytes[0] ^= 1; }));
    EXPECT_TRUE(broken([](PublicLog& it) {
        it.entries.pop_back();
        it.head.size = 3;  // a head that fits, but nobody signed
        it.head.hash = {};
        for (const auto& entry : it.entries) it.head.hash = chain_hash(it.head.hash, entry);
    }));
}

TEST_F(LogTest, EntriesHaveOneEncoding) {
    const auto bytes = encode(log.entries[0]);
    EXPECT_EQ(decode_log_entry(bytes).value(), log.entries[0]);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(decode_log_entry(base::ByteView(bytes).first(size)));
    }
    auto other = bytes;
    other[0] = 3;
    EXPECT_FALSE(decode_log_entry(other)) << "no such event";
    other = bytes;
    other.push_back(0);
    EXPECT_FALSE(decode_log_entry(other));
}

}  // namespace
}  // namespace askg
