// SPDX-License-Identifier: Apache-2.0
// Enrolment where a process ends in the middle of it. A killed process is an `Enrolment` that is
// dropped before `commit`: the key generator has written, and nobody else knows.
#include "cli/enrolment.h"

#include <gtest/gtest.h>

#include "cli/enrolment_world.h"

namespace cli {
namespace {

using base::ErrorCode;
using identity::DeviceState;
using wire::CertificationEvent;

class EnrolmentTest : public ::testing::Test {
protected:
    /// What a device hands over each time it asks.
    [[nodiscard]] DeviceKeys keys() const {
        return {.static_public = own.public_key(), .token_verifier = verifier.clone()};
    }
    [[nodiscard]] NewDevice device() const {
        return {world.patient, "Implant", {wire::Vital::spo2}, 1000};
    }
    std::uint32_t issued() { return askg_domain().issued; }
    askg::Domain askg_domain() { return world.generator()->domain(world.patient).value(); }
    bool told(const askg::Record& record, CertificationEvent event) const {
        return std::ranges::count(world.told, wire::Certify{askg::hash_of(record), event}) == 1;
    }

    EnrolmentWorld world;
    crypto::X25519PrivateKey own = crypto::X25519PrivateKey::draw(world.random);
    crypto::Secret32 verifier = crypto::Secret32::draw(world.random);
};

TEST_F(EnrolmentTest, ADeviceWhoseEnrolmentWasCutOffAsksAgainAndIsTheSameDevice) {
    auto killed = world.open();
    ASSERT_TRUE(killed.enrol_device(device(), keys()));
    {
        Enrolment dropped = std::move(killed);
    }
    ASSERT_TRUE(world.told.empty()) << "it was killed before the chain heard of it";
    const auto shares = issued();

    auto enrolment = world.open();
    const auto again = enrolment.enrol_device(device(), keys());
    ASSERT_TRUE(again) << again.error().detail;
    ASSERT_TRUE(enrolment.commit());
    EXPECT_TRUE(told(again->grant.certificate.record, CertificationEvent::certified));
    EXPECT_EQ(world.directory->device(again->record.id)->label, "Implant");
    EXPECT_EQ(world.directory->devices().size(), 1U);
    const auto third = enrolment.enrol_device(device(), keys());
    ASSERT_TRUE(third) << "also where all was done and the answer alone got lost";
    EXPECT_EQ(third->record.id, again->record.id);
    {
        Enrolment dropped = std::move(enrolment);
    }
    EXPECT_EQ(issued(), shares) << "no further share";
}

// The directory had no time to learn of it.
TEST_F(EnrolmentTest, ADeviceOfWhichTheKeyGeneratorAloneKnowsIsTheSameDeviceToo) {
    const auto pda = world.directory->pdas()[0].id;
    const auto before = world.generator()
                            ->enrol_device({.patient = world.patient,
                                            .id = base::draw<wire::DeviceId>(world.random),
                                            .pda = pda,
                                            .static_public = own.public_key(),
                                            .token_verifier = verifier.clone()})
                            .value();
    auto enrolment = world.open();
    const auto again = enrolment.enrol_device(device(), keys());
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(again->record.id, before.id);
    EXPECT_EQ(again->record.sealed_to, identity::SealedTo::cloud);
    EXPECT_TRUE(world.directory->device(before.id));
}

TEST_F(EnrolmentTest, ARevocationThatWasCutOffIsToldWhenItIsAskedForAgain) {
    auto enrolment = world.open();
    const auto enrolled = enrolment.enrol_device(device(), keys()).value();
    ASSERT_TRUE(enrolment.commit());
    ASSERT_TRUE(enrolment.end(enrolled.record.id, DeviceState::revoked, {}));
    {
        Enrolment killed = std::move(enrolment);
    }
    const auto& record = enrolled.grant.certificate.record;
    ASSERT_FALSE(told(record, CertificationEvent::revoked));

    auto after = world.open();
    ASSERT_TRUE(after.end(enrolled.record.id, DeviceState::revoked, {}));
    ASSERT_TRUE(after.commit());
    EXPECT_TRUE(told(record, CertificationEvent::revoked));
}

// Nobody asks again: the next start takes it up.
TEST_F(EnrolmentTest, AtAStartTheChainHearsWhatItLacksAndPartiesGetTheirFiles) {
    auto enrolment = world.open();
    const auto stays = enrolment.enrol_device(device(), keys()).value();
    ASSERT_TRUE(enrolment.commit());
    const auto goes = world.enrol_oximeter(enrolment);
    ASSERT_TRUE(enrolment.commit());
    const auto chain = world.told;
    ASSERT_TRUE(enrolment.end(goes.record.id, DeviceState::revoked, {}));
    {
        Enrolment killed = std::move(enrolment);
    }
    // And one that was killed earlier still: the directory alone says that it ended.
    ASSERT_TRUE(world.directory->set_state(stays.record.id, DeviceState::retired));
    world.told.clear();

    auto start = world.open();
    const auto shown = [&](const wire::Certify& certify) -> base::Result<bool> {
        return std::ranges::find(chain, certify) != chain.end();
    };
    ASSERT_TRUE(start.take_up(shown));
    ASSERT_TRUE(start.commit());
    EXPECT_TRUE(told(goes.grant.certificate.record, CertificationEvent::revoked));
    EXPECT_TRUE(told(stays.grant.certificate.record, CertificationEvent::revoked));
    const auto pda = askg::read_file<askg::PdaCredentials>(world.pda_file()).value();
    ASSERT_EQ(pda.grant.devices.size(), 2U);
    EXPECT_TRUE(pda.grant.devices[0].revoked);
    EXPECT_TRUE(pda.grant.devices[1].revoked);

    world.told.clear();
    ASSERT_TRUE(start.take_up([](const auto&) -> base::Result<bool> { return true; }));
    ASSERT_TRUE(start.commit());
    EXPECT_TRUE(world.told.empty()) << "the chain has it all";
}

TEST_F(EnrolmentTest, AUserWhoAsksAgainWithTheSameClientKeepsHerRegistration) {
    const auto applied = [&, id = base::draw<wire::LedgerId>(world.random)] {
        return askg::UserApplication{.id = id,
                                     .role = wire::Role::doctor,
                                     .static_public = own.public_key(),
                                     .token_verifier = verifier.clone()};
    };
    auto enrolment = world.open();
    const auto first = enrolment.register_user(applied());
    ASSERT_TRUE(first) << first.error().detail;
    {
        Enrolment killed = std::move(enrolment);
    }
    auto after = world.open();
    const auto again = after.register_user(applied());
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(again->record, first->record);
    ASSERT_TRUE(after.commit());
    ASSERT_EQ(world.told.size(), 1U);
    EXPECT_EQ(world.told[0].event, CertificationEvent::certified);
}

class RevokedUserTest : public EnrolmentTest {
protected:
    RevokedUserTest() {
        EXPECT_TRUE(enrolment.register_user(applied(own)));
        EXPECT_TRUE(enrolment.commit());
        record = at_server().record;
    }
    [[nodiscard]] askg::UserApplication applied(const crypto::X25519PrivateKey& client) const {
        return {.id = user,
                .role = wire::Role::doctor,
                .static_public = client.public_key(),
                .token_verifier = verifier.clone()};
    }
    /// What the cloud server has of her client.
    [[nodiscard]] askg::ProvisionedPeer at_server() const {
        auto face = read_cloud_server(world.folder, 0).value();
        const auto found = std::ranges::find(face.provision.peers, user.bytes,
                                             [](const auto& peer) { return peer.name.bytes; });
        EXPECT_NE(found, face.provision.peers.end());
        return std::move(*found);
    }

    wire::LedgerId user = base::draw<wire::LedgerId>(world.random);
    Enrolment enrolment = world.open();
    askg::Record record;
};

TEST_F(RevokedUserTest, TheChainIsToldAndTheCloudServerLosesHerKeys) {
    EXPECT_FALSE(at_server().revoked);
    ASSERT_TRUE(enrolment.revoke_user(user));
    ASSERT_TRUE(enrolment.commit());
    EXPECT_TRUE(told(record, CertificationEvent::revoked));
    EXPECT_TRUE(at_server().revoked);
    EXPECT_TRUE(at_server().keys.empty());
}

TEST_F(RevokedUserTest, ARevocationThatWasCutOffIsToldWhenItIsAskedForAgain) {
    ASSERT_TRUE(enrolment.revoke_user(user));
    {
        Enrolment killed = std::move(enrolment);
    }
    ASSERT_FALSE(told(record, CertificationEvent::revoked));
    auto after = world.open();
    ASSERT_TRUE(after.revoke_user(user));
    ASSERT_TRUE(after.commit());
    EXPECT_TRUE(told(record, CertificationEvent::revoked));
    EXPECT_TRUE(at_server().revoked);
}

TEST_F(RevokedUserTest, SheMayRegisterAnotherClient) {
    ASSERT_TRUE(enrolment.revoke_user(user));
    ASSERT_TRUE(enrolment.commit());
    ASSERT_TRUE(enrolment.register_user(applied(crypto::X25519PrivateKey::draw(world.random))));
    ASSERT_TRUE(enrolment.commit());
    EXPECT_FALSE(at_server().revoked);
    EXPECT_NE(at_server().record, record);
}

TEST_F(RevokedUserTest, WhoHasNoClientHasNoneToRevoke) {
    const auto refused = enrolment.revoke_user(world.patient);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::not_found);
}

// Goal: a second cloud server, under whatever id, takes nobody away from the node's own. Method:
// one whose id comes first, and one that the key generator knew before the node's.
TEST_F(EnrolmentTest, PartiesAreToldOfTheFoldersOwnServerFirst) {
    const auto other = [&](std::uint8_t byte) {
        wire::LedgerId id;
        id.bytes.fill(byte);
        const auto key = crypto::X25519PrivateKey::draw(world.random);
        ASSERT_TRUE(
            world.generator()->enrol_cloud_server({.id = id, .static_public = key.public_key()}));
    };
    other(0x00 + 1);
    // The node's own comes back, so that the other one is the older member.
    ASSERT_TRUE(world.generator()->revoke(askg::PartyRole::cloud_server,
                                          *keyagreement::PeerName::from(world.server.view())));
    auto enrolment = world.open();
    ASSERT_TRUE(enrolment.enrol_cloud_server(world.server));
    const auto implant = enrolment.enrol_device(device(), keys()).value();
    ASSERT_TRUE(enrolment.commit());
    const auto pda = askg::read_file<askg::PdaCredentials>(world.pda_file()).value();
    ASSERT_EQ(pda.grant.cloud_servers.size(), 2U);
    EXPECT_EQ(pda.grant.cloud_servers.front().id, world.server);
    EXPECT_EQ(implant.grant.cloud_servers.front().id, world.server);
    const auto face = read_cloud_server(world.folder, 0);
    ASSERT_TRUE(face) << "the provision is the node's own: " << face.error().detail;
    EXPECT_EQ(face->credentials.grant.id, world.server);
}

// Goal: a patient may have a new device for a lifetime. Method: 70 are paired, each but one retired
// before the next.
TEST_F(EnrolmentTest, AFullDomainBeginsANewGenerationAndWhoeverIsHereIsRenewed) {
    auto enrolment = world.open();
    const auto here = enrolment.enrol_device({world.patient, "Here", {wire::Vital::spo2}, 1000},
                                             identity::SealedTo::pda, {});
    ASSERT_TRUE(here) << here.error().detail;
    const auto elsewhere = world.enrol_oximeter(enrolment);
    for (int i = 0; i < 70; ++i) {
        const auto one = world.enrol_oximeter(enrolment);
        ASSERT_TRUE(enrolment.end(one.record.id, DeviceState::retired, {}));
    }
    const auto last = world.enrol_oximeter(enrolment);
    ASSERT_TRUE(enrolment.commit());
    const auto pda = askg::read_file<askg::PdaCredentials>(world.pda_file()).value();
    EXPECT_EQ(pda.grant.domain.generation, 3U);
    const auto agrees = [&](const askg::DeviceGrant& device) {
        const auto entry = std::ranges::find(pda.grant.devices, device.id, &askg::DeviceEntry::id);
        return askg::pair_secret(device.domain, device.pda_x) ==
               askg::pair_secret(pda.grant.domain, entry->x);
    };
    const auto file = Enrolment::credentials_of_device(world.folder, here->id);
    EXPECT_TRUE(agrees(askg::read_file<askg::DeviceCredentials>(file)->grant));
    EXPECT_TRUE(agrees(last.grant));
    EXPECT_FALSE(agrees(elsewhere.grant)) << "it has its old share";
    EXPECT_EQ(enrolment.left_behind(), std::vector{elsewhere.record.id});
    const auto renewed = enrolment.renew_device(elsewhere.record.id);
    ASSERT_TRUE(renewed) << renewed.error().detail;
    EXPECT_TRUE(agrees(*renewed)) << "until it is renewed";
    EXPECT_TRUE(enrolment.left_behind().empty());
}

TEST_F(EnrolmentTest, AGenerationThatHadJustBegunWhenTheProcessWasKilledIsTakenUp) {
    auto enrolment = world.open();
    const auto here = enrolment.enrol_device({world.patient, "Here", {wire::Vital::spo2}, 1000},
                                             identity::SealedTo::pda, {});
    ASSERT_TRUE(enrolment.commit());
    {
        Enrolment killed = std::move(enrolment);
    }
    ASSERT_TRUE(world.generator()->new_generation(world.patient));
    auto start = world.open();
    ASSERT_TRUE(start.take_up([](const auto&) -> base::Result<bool> { return true; }));
    ASSERT_TRUE(start.commit());
    const auto file = Enrolment::credentials_of_device(world.folder, here->id);
    EXPECT_EQ(askg::read_file<askg::DeviceCredentials>(file)->grant.domain.generation, 2U);
    EXPECT_EQ(askg::read_file<askg::PdaCredentials>(world.pda_file())->grant.domain.generation, 2U);
}

// Goal: who needs all 31 places has to choose, and is told so. Method: the PDA and 30 devices.
TEST_F(EnrolmentTest, ADomainWhoseMembersAllServeIsFull) {
    auto enrolment = world.open();
    for (int i = 0; i < 30; ++i) (void)world.enrol_oximeter(enrolment);
    const auto refused = enrolment.enrol_device(device(), keys());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::too_large);
    EXPECT_NE(refused.error().detail.find("retire"), std::string::npos);
    {
        Enrolment closed = std::move(enrolment);
    }
    EXPECT_EQ(askg_domain().generation, 1U) << "and nobody lost a share";
}

}  // namespace
}  // namespace cli
