// SPDX-License-Identifier: Apache-2.0
#include "askg/provision.h"

#include <gtest/gtest.h>

#include "askg/testing.h"
#include "base/testing.h"
#include "keyagreement/credentials.h"

namespace askg {
namespace {

using base::ErrorCode;
using testing::World;
using namespace std::chrono_literals;

class ProvisionTest : public ::testing::Test {
protected:
    World world;
    KeyGenerator& generator = *world.generator;
    wire::LedgerId patient = world.new_patient();
    PdaCredentials pda = world.pda(patient);
    DeviceCredentials plain_device = world.device(patient, pda.grant.id);
    DeviceCredentials cloud_device = world.device(patient, pda.grant.id, true);
    UserCredentials user = world.user();
    CloudServerCredentials server = world.server();

    template <class Id>
    static const ProvisionedPeer* peer(const Provision& provision, const Id& id) {
        for (const auto& one : provision.peers) {
            if (std::ranges::equal(one.name.view(), id.view())) return &one;
        }
        return nullptr;
    }
};

TEST_F(ProvisionTest, AServerLearnsOfPdasUsersAndDevicesSealedToTheCloudAlone) {
    const auto sealed = generator.provision(server.grant.id).value();
    const auto opened = open_provision(server.grant, sealed, 0);
    ASSERT_TRUE(opened) << opened.error().detail;
    EXPECT_TRUE(opened->complete);
    EXPECT_EQ(opened->peers.size(), 3U);
    EXPECT_EQ(peer(*opened, plain_device.grant.id), nullptr);
    EXPECT_EQ(peer(*opened, pda.grant.id)->profile, keyagreement::Profile::pda_cloud);
    EXPECT_EQ(peer(*opened, cloud_device.grant.id)->role, PartyRole::device);
    const auto* person = peer(*opened, user.grant.id);
    EXPECT_EQ(person->profile, keyagreement::Profile::user_cloud);
    EXPECT_EQ(person->user_role, wire::Role::doctor);
    EXPECT_TRUE(person->pid_key == user.grant.pid_key);
}

// Goal: both ends have one V, of this epoch and the next, and an earlier one is still accepted.
TEST_F(ProvisionTest, ServerAndClientDeriveTheSameSecretForEachEpoch) {
    const auto renewed = generator.renew_pda(pda.grant.id).value();
    ASSERT_EQ(renewed.cloud_servers.size(), 1U);
    const auto id = renewed.cloud_servers[0].id;
    const auto opened =
        open_provision(server.grant, generator.provision(server.grant.id).value(), 0).value();
    const auto* at_server = peer(opened, pda.grant.id);
    for (const auto& temporary : renewed.temporary) {
        const auto at_client =
            keyagreement::psk_of_temporary(temporary.value, id.view(), temporary.epoch);
        ASSERT_NE(at_server->key_of(temporary.epoch), nullptr);
        EXPECT_TRUE(*at_server->key_of(temporary.epoch) == at_client);
    }
    const auto epoch = generator.epoch();
    EXPECT_NE(at_server->key_of(epoch - 1), nullptr);
    EXPECT_EQ(at_server->key_of(epoch - 2), nullptr);
    EXPECT_EQ(at_server->key_of(epoch + 2), nullptr);
}

TEST_F(ProvisionTest, EachServerHasItsOwnSecretsAndCannotOpenAnothersProvision) {
    const auto second = world.server();
    const auto first =
        open_provision(server.grant, generator.provision(server.grant.id).value(), 0);
    const auto sealed = generator.provision(second.grant.id).value();
    const auto other = open_provision(second.grant, sealed, 0);
    const auto epoch = generator.epoch();
    EXPECT_FALSE(*peer(*first, pda.grant.id)->key_of(epoch) ==
                 *peer(*other, pda.grant.id)->key_of(epoch));
    EXPECT_EQ(open_provision(server.grant, sealed, 0).error().code, ErrorCode::bad_signature);
}

TEST_F(ProvisionTest, ARevokedPeerComesWithoutSecrets) {
    ASSERT_TRUE(
        generator.revoke(PartyRole::user, *keyagreement::PeerName::from(user.grant.id.view())));
    const auto opened =
        open_provision(server.grant, generator.provision(server.grant.id).value(), 0).value();
    const auto* gone = peer(opened, user.grant.id);
    EXPECT_TRUE(gone->revoked);
    EXPECT_TRUE(gone->keys.empty());
    EXPECT_TRUE(gone->pid_key == Secret32());
    EXPECT_EQ(gone->serial(), user.grant.serial);
    EXPECT_FALSE(peer(opened, pda.grant.id)->revoked);
}

TEST_F(ProvisionTest, TheOneThatChangedIsSentAlone) {
    const auto name = *keyagreement::PeerName::from(user.grant.id.view());
    const auto opened =
        open_provision(server.grant, generator.provision(server.grant.id, name).value(), 0);
    ASSERT_TRUE(opened);
    EXPECT_FALSE(opened->complete);
    EXPECT_EQ(opened->peers.size(), 1U);
    const auto device = *keyagreement::PeerName::from(plain_device.grant.id.view());
    EXPECT_EQ(generator.provision(server.grant.id, device).error().code, ErrorCode::not_found)
        << "a device that speaks with its PDA alone";
}

// Goal: nobody brings a revoked peer back by an old provision. Method: the sequence only rises,
// also over a restart of the key generator.
TEST_F(ProvisionTest, AnOlderProvisionIsRefused) {
    const auto old = generator.provision(server.grant.id).value();
    world.start();
    const auto fresh = world.generator->provision(server.grant.id).value();
    const auto opened = open_provision(server.grant, fresh, 0).value();
    EXPECT_EQ(open_provision(server.grant, old, opened.sequence).error().code, ErrorCode::replayed);
    EXPECT_EQ(open_provision(server.grant, fresh, opened.sequence).error().code,
              ErrorCode::replayed);
}

TEST_F(ProvisionTest, EveryChangedOrMissingByteIsRefused) {
    auto sealed = generator.provision(server.grant.id).value();
    for (std::size_t i = 0; i < sealed.size(); i += base::testing::stride) {
        sealed[i] ^= 0x01;
        ASSERT_FALSE(open_provision(server.grant, sealed, 0)) << "byte " << i;
        sealed[i] ^= 0x01;
    }
    for (std::size_t size = 0; size < sealed.size(); size += 7) {
        ASSERT_FALSE(open_provision(server.grant, base::ByteView(sealed).first(size), 0));
    }
    EXPECT_TRUE(open_provision(server.grant, sealed, 0));
}

// Goal: a swapped S_X is seen. Method: who holds CK but not the signing key exchanges the key in a
// record; the record's signature says so, and its hash is not the certified one.
TEST_F(ProvisionTest, ARecordWithAnotherKeyIsNotTheCertifiedOne) {
    auto provision =
        open_provision(server.grant, generator.provision(server.grant.id).value(), 0).value();
    const auto certified = hash_of(provision.peers[0].record);
    provision.peers[0].record.static_public[5] ^= 1;
    EXPECT_NE(hash_of(provision.peers[0].record), certified);
    const auto forged = seal_provision(server.grant.channel_key, server.grant.certificate.authority,
                                       server.grant.id, provision, world.random);
    EXPECT_EQ(open_provision(server.grant, forged, 0).error().code, ErrorCode::bad_signature);
}

TEST_F(ProvisionTest, ARevokedServerGetsNone) {
    ASSERT_TRUE(generator.revoke(server.grant.certificate.record.serial));
    EXPECT_EQ(protocol_word(generator.provision(server.grant.id).error().code), "E_REVOKED");
    EXPECT_TRUE(generator.renew_pda(pda.grant.id).value().cloud_servers.empty());
}

}  // namespace
}  // namespace askg
