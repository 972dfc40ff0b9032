// SPDX-License-Identifier: Apache-2.0
#include "identity/peers.h"

#include <gtest/gtest.h>

#include "keyagreement/credentials.h"
#include "storage/memory_store.h"

namespace identity {
namespace {

using keyagreement::PeerName;
using keyagreement::Profile;

constexpr base::TimePoint now = base::from_unix_ms(1'700'000'000'000);
constexpr std::uint8_t pda = 1, user = 2;

crypto::Secret32 secret_of(std::uint8_t number) {
    return *crypto::Secret32::from(base::Bytes(32, number));
}
PeerName name_of(std::uint8_t number) {
    PeerName name;
    name.bytes.fill(number);
    return name;
}

struct KnownPeers : testing::Test {
    KnownPeers() {
        directory = std::move(*Directory::open(store));
        PdaRecord record;
        record.id.bytes.fill(pda);
        record.label = "PDA";
        record.patient.bytes.fill(9);
        EXPECT_TRUE(directory->add(record));
        peers.emplace(*directory);
        provide();
    }
    askg::ProvisionedPeer provided(std::uint8_t number) const {
        askg::ProvisionedPeer out;
        out.name = name_of(number);
        out.profile = number == pda ? Profile::pda_cloud : Profile::user_cloud;
        out.record.static_public.fill(number);
        out.record.valid_from = now - std::chrono::days(1);
        out.record.valid_until = now + std::chrono::days(3);
        out.pid_key = secret_of(number);
        const auto month = keyagreement::month_of(now);
        for (std::uint8_t i = 0; i < 3; ++i) {  // the month before, this one and the next
            out.keys.push_back({month + i - 1, secret_of(static_cast<std::uint8_t>(100 + i))});
        }
        return out;
    }
    void provide(bool pda_revoked = false) {
        askg::Provision provision{
            .sequence = ++sequence, .made_at = now, .complete = true, .peers = {}};
        provision.peers.push_back(provided(pda));
        provision.peers.push_back(provided(user));
        provision.peers[0].revoked = pda_revoked;
        peers->take(std::move(provision));
    }
    std::optional<keyagreement::Peer> find(std::uint8_t number, Profile profile,
                                           base::TimePoint at = now,
                                           std::chrono::days ahead = {}) const {
        const auto pid = keyagreement::pid_of(secret_of(number), keyagreement::day_of(at + ahead));
        return peers->find(profile, pid, at);
    }

    storage::MemoryStore store;
    std::unique_ptr<Directory> directory;
    std::optional<Peers> peers;
    std::uint64_t sequence = 0;
};

TEST_F(KnownPeers, AreFoundByTheNamesOfThreeDaysInTheirProfileAlone) {
    for (const int days : {-1, 0, 1}) {
        const auto found = find(pda, Profile::pda_cloud, now, std::chrono::days(days));
        ASSERT_TRUE(found) << days;
        EXPECT_EQ(found->name, name_of(pda));
        EXPECT_FALSE(found->revoked);
    }
    EXPECT_FALSE(find(pda, Profile::pda_cloud, now, std::chrono::days(2)));
    EXPECT_FALSE(find(pda, Profile::pda_cloud, now, std::chrono::days(-2)));
    EXPECT_FALSE(find(pda, Profile::user_cloud));
    EXPECT_TRUE(find(user, Profile::user_cloud));
    EXPECT_FALSE(find(3, Profile::pda_cloud));
}

TEST_F(KnownPeers, OfAnOlderProvisionAreNotTakenAfterARestartEither) {
    const auto provision_of = [&](std::uint64_t number, bool user_revoked) {
        askg::Provision provision{
            .sequence = number, .made_at = now, .complete = true, .peers = {}};
        provision.peers.push_back(provided(user));
        provision.peers[0].revoked = user_revoked;
        return provision;
    };
    auto first = *Peers::open(*directory, store);
    EXPECT_EQ(first->sequence(), 0U);
    ASSERT_TRUE(first->take(provision_of(4, false)));
    ASSERT_TRUE(first->take(provision_of(5, true)));
    const auto check_refused = [&](Peers& kept) {
        const auto version = kept.version();
        const auto back = kept.take(provision_of(4, false));
        ASSERT_FALSE(back);
        EXPECT_EQ(back.error().code, base::ErrorCode::replayed);
        EXPECT_NE(back.error().detail.find("number 5 was here before"), std::string::npos);
        EXPECT_EQ(kept.version(), version) << "and changes nothing";
    };
    check_refused(*first);
    first.reset();
    auto second = *Peers::open(*directory, store);
    check_refused(*second);
    ASSERT_TRUE(second->take(provision_of(5, true))) << "the one that was there is taken again";
    EXPECT_EQ(second->refused().size(), 1U);
    ASSERT_TRUE(second->take(provision_of(6, false)));
}

TEST_F(KnownPeers, AreNotTakenWhereTheirNumberCannotBeWritten) {
    auto kept = *Peers::open(*directory, store);
    store.set_full(true);
    askg::Provision provision{.sequence = 7, .made_at = now, .complete = true, .peers = {}};
    EXPECT_FALSE(kept->take(std::move(provision)));
    store.set_full(false);
    EXPECT_EQ(kept->sequence(), 0U);
}

TEST_F(KnownPeers, HaveTheKeysOfThisMonthAndTheLast) {
    auto found = find(pda, Profile::pda_cloud);
    ASSERT_TRUE(found && found->psk_previous);
    EXPECT_EQ(found->psk, secret_of(101));
    EXPECT_EQ(*found->psk_previous, secret_of(100));
    const auto later = now + std::chrono::days(30);
    found = find(pda, Profile::pda_cloud, later);
    ASSERT_TRUE(found && found->psk_previous);
    EXPECT_EQ(found->psk, secret_of(102));
    EXPECT_EQ(*found->psk_previous, secret_of(101));
    EXPECT_FALSE(find(pda, Profile::pda_cloud, now + std::chrono::days(60)));
}

TEST_F(KnownPeers, AreRefusedOnceSuspendedRevokedExpiredOrGone) {
    const auto version = peers->version();
    EXPECT_TRUE(peers->refused().empty());
    wire::DeviceId id;
    id.bytes.fill(pda);
    ASSERT_TRUE(directory->set_state(id, DeviceState::suspended));
    EXPECT_GT(peers->version(), version);
    EXPECT_TRUE(find(pda, Profile::pda_cloud)->revoked);
    EXPECT_EQ(peers->refused(), std::vector{name_of(pda)});
    ASSERT_TRUE(directory->set_state(id, DeviceState::active));
    EXPECT_FALSE(find(pda, Profile::pda_cloud)->revoked);
    const auto expired = find(user, Profile::user_cloud, now + std::chrono::days(3));
    ASSERT_TRUE(expired);
    EXPECT_TRUE(expired->revoked);

    provide(true);
    EXPECT_FALSE(find(pda, Profile::pda_cloud)) << "its key is gone";
    EXPECT_EQ(peers->refused(), std::vector{name_of(pda)});
    provide(false);
    EXPECT_TRUE(peers->refused().empty());

    peers->take({.sequence = ++sequence, .made_at = now, .complete = true, .peers = {}});
    EXPECT_FALSE(find(user, Profile::user_cloud));
    EXPECT_EQ(peers->refused(), (std::vector{name_of(pda), name_of(user)}));
}

TEST_F(KnownPeers, KeepTheOthersWhereOneChanges) {
    askg::Provision one{.sequence = ++sequence, .made_at = now, .complete = false, .peers = {}};
    one.peers.push_back(provided(user));
    one.peers[0].revoked = true;
    peers->take(std::move(one));
    EXPECT_TRUE(find(pda, Profile::pda_cloud));
    EXPECT_FALSE(find(user, Profile::user_cloud));
    EXPECT_EQ(peers->refused(), std::vector{name_of(user)});
    EXPECT_EQ(peers->sequence(), sequence);
}

}  // namespace
}  // namespace identity
