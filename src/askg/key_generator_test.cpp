// SPDX-License-Identifier: Apache-2.0
#include "askg/key_generator.h"

#include <gtest/gtest.h>

#include <set>

#include "askg/testing.h"
#include "keyagreement/credentials.h"

namespace askg {
namespace {

using base::ErrorCode;
using testing::Own;
using testing::World;
using namespace std::chrono_literals;

template <class T>
std::string_view word(const base::Result<T>& result) {
    return result ? "accepted" : protocol_word(result.error().code);
}

keyagreement::PeerName name_of_id(const wire::DeviceId& id) {
    return *keyagreement::PeerName::from(id.view());
}
keyagreement::PeerName name_of_id(const wire::LedgerId& id) {
    return *keyagreement::PeerName::from(id.view());
}

class KeyGeneratorTest : public ::testing::Test {
protected:
    World world;
    KeyGenerator& generator = *world.generator;
    wire::LedgerId patient = world.new_patient();
};

// ---- a domain ----

TEST_F(KeyGeneratorTest, DeviceAndPdaOfAPatientComputeOneKeyAndOthersAnother) {
    const auto pda = world.pda(patient);
    const auto one = world.device(patient, pda.grant.id);
    const auto two = world.device(patient, pda.grant.id);
    const auto renewed = generator.renew_pda(pda.grant.id).value();
    ASSERT_EQ(renewed.devices.size(), 2U);
    for (const auto* device : {&one, &two}) {
        const auto& grant = device->grant;
        const auto at_device = pair_secret(grant.domain, grant.pda_x);
        const auto entry = std::ranges::find(renewed.devices, grant.id, &DeviceEntry::id);
        ASSERT_NE(entry, renewed.devices.end());
        EXPECT_TRUE(at_device == pair_secret(renewed.domain, entry->x));
        EXPECT_TRUE(entry->pid_key == grant.pid_key);
        EXPECT_EQ(entry->record, grant.certificate.record);
        EXPECT_EQ(grant.pda_record, renewed.certificate.record);
    }
    EXPECT_FALSE(pair_secret(one.grant.domain, one.grant.pda_x) ==
                 pair_secret(two.grant.domain, two.grant.pda_x));
}

TEST_F(KeyGeneratorTest, PatientsHavePolynomialsOfTheirOwn) {
    const auto pda = world.pda(patient);
    const auto other = world.pda(world.new_patient());
    EXPECT_FALSE(pair_secret(pda.grant.domain, other.grant.domain.x) ==
                 pair_secret(other.grant.domain, pda.grant.domain.x));
}

TEST_F(KeyGeneratorTest, ADomainIsFullAfterThirtyOneSharesUntilANewGeneration) {
    const auto pda = world.pda(patient);
    std::vector<DeviceCredentials> devices;
    while (generator.domain(patient)->issued < collusion_bound) {
        devices.push_back(world.device(patient, pda.grant.id));
    }
    EXPECT_EQ(devices.size(), collusion_bound - 1);
    const Own own(world.random);
    const auto late = world.device_application(patient, pda.grant.id, own);
    EXPECT_EQ(word(generator.enrol_device(late)), "E_DOMAIN_FULL");
    // A revoked member's share stays known to whoever captured it: it frees no place.
    ASSERT_TRUE(generator.revoke(PartyRole::device, name_of_id(devices.back().grant.id)));
    EXPECT_EQ(word(generator.enrol_device(late)), "E_DOMAIN_FULL");

    EXPECT_EQ(generator.new_generation(patient)->generation, 2U);
    const auto renewed_pda = generator.renew_pda(pda.grant.id).value();
    const auto device = generator.enrol_device(late);
    ASSERT_TRUE(device) << device.error().detail;
    EXPECT_EQ(device->domain.generation, 2U);
    EXPECT_TRUE(pair_secret(device->domain, device->pda_x) ==
                pair_secret(renewed_pda.domain, device->domain.x));
    EXPECT_EQ(generator.domain(patient)->issued, 2U) << "the PDA and the new device";
    // Who holds a share of the old generation has no common key with who holds a new one.
    EXPECT_FALSE(pair_secret(devices[0].grant.domain, devices[0].grant.pda_x) ==
                 pair_secret(renewed_pda.domain, devices[0].grant.domain.x));
    const auto back = generator.renew_device(devices[0].grant.id).value();
    EXPECT_TRUE(pair_secret(back.domain, back.pda_x) ==
                pair_secret(renewed_pda.domain, back.domain.x));
    EXPECT_TRUE(back.domain.x == devices[0].grant.domain.x) << "the point is the member's";
}

TEST_F(KeyGeneratorTest, RenewingWithinAGenerationIssuesNoFurtherShare) {
    const auto pda = world.pda(patient);
    const auto again = generator.renew_pda(pda.grant.id).value();
    EXPECT_EQ(generator.domain(patient)->issued, 1U);
    EXPECT_TRUE(again.domain.share == pda.grant.domain.share);
    EXPECT_TRUE(again.domain.x == pda.grant.domain.x);
}

// ---- refusals ----

TEST_F(KeyGeneratorTest, AnIdIsEnrolledOnceAndNeitherAsDeviceNorAsPdaAgain) {
    const auto pda = world.pda(patient);
    const Own own(world.random);
    auto device = world.device_application(patient, pda.grant.id, own);
    device.id = pda.grant.id;  // the point would repeat
    EXPECT_EQ(word(generator.enrol_device(device)), "E_DUP_ID");
    device.id = world.draw<wire::DeviceId>();
    ASSERT_TRUE(generator.enrol_device(device));
    const Own fresh(world.random);
    device.static_public = fresh.key.public_key();
    EXPECT_EQ(word(generator.enrol_device(device)), "E_DUP_ID");
    ASSERT_TRUE(generator.revoke(PartyRole::device, name_of_id(device.id)));
    EXPECT_EQ(word(generator.enrol_device(device)), "E_DUP_ID");
    EXPECT_EQ(word(generator.new_domain(patient)), "E_DUP_ID");
    EXPECT_EQ(generator.domain(patient)->issued, 2U) << "a refusal issues nothing";
}

// Every point of low order on curve and twist, and their other encodings (RFC 7748 section 7).
TEST_F(KeyGeneratorTest, RefusesKeysOfLowOrderAndKeysOutOfForm) {
    const std::vector<std::string_view> bad{
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0900000000000000000000000000000000000000000000000000000000000080",
        "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
    for (const auto hex : bad) {
        const Own own(world.random);
        auto application = world.pda_application(patient, own);
        std::ranges::copy(*base::from_hex(hex), application.static_public.begin());
        EXPECT_EQ(word(generator.enrol_pda(application)), "E_BAD_KEY") << hex;
        EXPECT_EQ(word(generator.enrol_cloud_server({.id = world.draw<wire::LedgerId>(),
                                                     .static_public = application.static_public})),
                  "E_BAD_KEY")
            << hex;
    }
}

TEST_F(KeyGeneratorTest, AStaticKeyHasOneHolderForEver) {
    const Own own(world.random);
    const auto first = world.pda_application(patient, own);
    ASSERT_TRUE(generator.enrol_pda(first));
    EXPECT_EQ(word(generator.enrol_pda(world.pda_application(patient, own))), "E_BAD_KEY");
    ASSERT_TRUE(generator.revoke(PartyRole::pda, name_of_id(first.id)));
    world.start();
    EXPECT_EQ(word(world.generator->enrol_pda(world.pda_application(patient, own))), "E_BAD_KEY");
}

// Goal: whoever asks again because the answer was lost gets it, and nobody else. Method: the very
// same application, and each that differs in one point.
TEST_F(KeyGeneratorTest, TheSameApplicationAgainGetsTheSameMembersGrantAndIssuesNothing) {
    const auto pda = world.pda(patient);
    const Own own(world.random);
    const auto applied = [&] {
        auto out = world.device_application(patient, pda.grant.id, own);
        out.token_verifier = token_verifier(own.token);
        return out;
    };
    EXPECT_FALSE(generator.enrolled_before(applied())->has_value()) << "nobody applied yet";
    const auto first = generator.enrol_device(applied()).value();
    const auto issued = generator.domain(patient)->issued;
    const auto again = generator.enrolled_before(applied()).value();
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->id, first.id);
    EXPECT_EQ(again->certificate.record, first.certificate.record);
    EXPECT_EQ(generator.domain(patient)->issued, issued);
    EXPECT_EQ(generator.log_head().size, 2U) << "the PDA and the device";

    const auto other = [&](const auto& change) {
        auto changed = applied();
        change(changed);
        return generator.enrolled_before(changed)->has_value();
    };
    EXPECT_FALSE(other([&](auto& it) { it.patient = world.new_patient(); }));
    EXPECT_FALSE(other([&](auto& it) { it.pda = world.pda(patient).grant.id; }));
    EXPECT_FALSE(other([&](auto& it) { it.clockless = true; }));
    EXPECT_FALSE(other([&](auto& it) { it.token_verifier.reset(); }));
    EXPECT_FALSE(other([&](auto& it) { it.token_verifier = Secret32::draw(world.random); }));
    EXPECT_FALSE(other([&](auto& it) { it.static_public = Own(world.random).key.public_key(); }));
    ASSERT_TRUE(generator.revoke(PartyRole::device, name_of_id(first.id)));
    EXPECT_FALSE(generator.enrolled_before(applied())->has_value()) << "revoked for ever";
}

TEST_F(KeyGeneratorTest, TheSameRegistrationAgainGetsTheSameUsersGrant) {
    const Own own(world.random);
    const auto applied = [&, id = world.draw<wire::LedgerId>()] {
        return UserApplication{.id = id,
                               .role = wire::Role::doctor,
                               .static_public = own.key.public_key(),
                               .token_verifier = token_verifier(own.token)};
    };
    EXPECT_FALSE(generator.registered_before(applied())->has_value());
    const auto first = generator.register_user(applied()).value();
    const auto again = generator.registered_before(applied()).value();
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->record, first.record);
    auto other = applied();
    other.token_verifier = Secret32::draw(world.random);
    EXPECT_FALSE(generator.registered_before(other)->has_value());
    other = applied();
    other.role = wire::Role::nurse;
    EXPECT_FALSE(generator.registered_before(other)->has_value());
    ASSERT_TRUE(generator.revoke(PartyRole::user, name_of_id(first.grant.id)));
    EXPECT_FALSE(generator.registered_before(applied())->has_value());
}

TEST_F(KeyGeneratorTest, ADeviceBelongsToALivingPdaOfItsOwnPatient) {
    const auto pda = world.pda(patient);
    const auto foreign = world.pda(world.new_patient());
    const Own own(world.random);
    EXPECT_EQ(
        word(generator.enrol_device(world.device_application(patient, foreign.grant.id, own))),
        "E_ROLE");
    EXPECT_EQ(
        generator.enrol_device(world.device_application(patient, world.draw<wire::DeviceId>(), own))
            .error()
            .code,
        ErrorCode::not_found);
    ASSERT_TRUE(generator.revoke(PartyRole::pda, name_of_id(pda.grant.id)));
    EXPECT_EQ(word(generator.enrol_device(world.device_application(patient, pda.grant.id, own))),
              "E_REVOKED");
    EXPECT_EQ(
        generator.enrol_pda(world.pda_application(world.draw<wire::LedgerId>(), own)).error().code,
        ErrorCode::not_found)
        << "a patient without a domain";
}

TEST_F(KeyGeneratorTest, OnlyPeopleAreUsers) {
    for (const auto role : {wire::Role::cloud_server, wire::Role::miner, wire::Role::demo_program,
                            wire::Role::key_generator, wire::Role{}}) {
        const Own own(world.random);
        EXPECT_EQ(word(generator.register_user({.id = world.draw<wire::LedgerId>(),
                                                .role = role,
                                                .static_public = own.key.public_key(),
                                                .token_verifier = token_verifier(own.token)})),
                  "E_ROLE");
    }
    EXPECT_EQ(world.user(wire::Role::patient).grant.role, wire::Role::patient);
}

TEST_F(KeyGeneratorTest, IdsOfZerosNameNobody) {
    const Own own(world.random);
    auto application = world.pda_application(patient, own);
    application.id = {};
    EXPECT_EQ(generator.enrol_pda(application).error().code, ErrorCode::malformed);
    EXPECT_EQ(generator.new_domain({}).error().code, ErrorCode::malformed);
}

// ---- time ----

TEST_F(KeyGeneratorTest, GrantsCarryThisEpochsCredentialAndTheNext) {
    const auto pda = world.pda(patient);
    const auto epoch = keyagreement::month_of(world.clock.now());
    ASSERT_EQ(pda.grant.temporary.size(), 2U);
    EXPECT_EQ(pda.grant.temporary[0].epoch, epoch);
    EXPECT_EQ(pda.grant.temporary[1].epoch, epoch + 1);
    EXPECT_FALSE(pda.grant.temporary[0].value == pda.grant.temporary[1].value);
    EXPECT_EQ(newest_until(pda.grant.temporary, epoch + 5)->epoch, epoch + 1);
    EXPECT_EQ(newest_until(pda.grant.temporary, epoch - 1), nullptr);

    world.clock.advance(30 * 24h);
    EXPECT_EQ(generator.rotate_epoch().value(), epoch + 1);
    const auto renewed = generator.renew_pda(pda.grant.id).value();
    EXPECT_EQ(renewed.temporary[0].epoch, epoch + 1);
    EXPECT_TRUE(renewed.temporary[0].value == pda.grant.temporary[1].value)
        << "a client that missed the renewal had it already";
    world.clock.advance(-31 * 24h);
    const auto back = generator.rotate_epoch();
    EXPECT_EQ(back.error().code, ErrorCode::conflict);
    EXPECT_TRUE(back.error().detail.starts_with("the clock")) << back.error().detail;
}

// Parties speak to the first server that they are told of: one that comes later, under whatever id,
// must not take that place.
TEST_F(KeyGeneratorTest, ServersAreToldInTheOrderInWhichTheyWereEnrolled) {
    const auto enrol = [&](std::uint8_t first_byte) {
        wire::LedgerId id;
        id.bytes.fill(first_byte);
        const Own own(world.random);
        EXPECT_TRUE(
            generator.enrol_cloud_server({.id = id, .static_public = own.key.public_key()}));
        return id;
    };
    const auto first = enrol(0x80);
    const auto second = enrol(0x01);
    const auto third = enrol(0xff);
    const auto pda = world.pda(patient);
    std::vector<wire::LedgerId> told;
    for (const auto& server : pda.grant.cloud_servers) told.push_back(server.id);
    EXPECT_EQ(told, (std::vector{first, second, third}));
}

TEST_F(KeyGeneratorTest, ARecordExpiresWithItsHolder) {
    const auto pda = world.pda(patient);
    const auto device = world.device(patient, pda.grant.id);
    world.clock.advance(3 * 365 * 24h);
    EXPECT_EQ(word(generator.renew_pda(pda.grant.id)), "E_REVOKED");
    EXPECT_EQ(word(generator.renew_device(device.grant.id)), "E_REVOKED");
}

// ---- revocation ----

TEST_F(KeyGeneratorTest, WhoIsRevokedGetsNothingAnyMoreAndItsPdaIsTold) {
    const auto pda = world.pda(patient);
    const auto kept = world.device(patient, pda.grant.id);
    const auto gone = world.device(patient, pda.grant.id);
    ASSERT_TRUE(generator.revoke(gone.grant.certificate.record.serial));
    EXPECT_EQ(word(generator.renew_device(gone.grant.id)), "E_REVOKED");
    EXPECT_EQ(word(generator.revoke(gone.grant.certificate.record.serial)), "E_REVOKED");
    EXPECT_EQ(generator.revoke(world.draw<Serial>()).error().code, ErrorCode::not_found);
    const auto renewed = generator.renew_pda(pda.grant.id).value();
    for (const auto& device : renewed.devices) {
        EXPECT_EQ(device.revoked, device.id == gone.grant.id);
        EXPECT_EQ(device.pid_key == Secret32(), device.revoked) << "its secrets are gone";
    }
    EXPECT_TRUE(generator.renew_device(kept.grant.id));
}

TEST_F(KeyGeneratorTest, AUserWhoLostHerClientRegistersAnewAndTheOldCredentialsAreOthers) {
    const auto id = world.draw<wire::LedgerId>();
    const auto register_with = [&](const Own& own) {
        return generator.register_user({.id = id,
                                        .role = wire::Role::nurse,
                                        .static_public = own.key.public_key(),
                                        .token_verifier = token_verifier(own.token)});
    };
    const Own lost(world.random);
    const auto before = register_with(lost).value();
    const Own fresh(world.random);
    EXPECT_EQ(word(register_with(fresh)), "E_DUP_ID") << "not while the old one holds";
    ASSERT_TRUE(generator.revoke(PartyRole::user, name_of_id(id)));
    world.clock.advance(1s);
    const auto after = register_with(fresh);
    ASSERT_TRUE(after) << after.error().detail;
    EXPECT_NE(after->record.serial, before.record.serial);
    EXPECT_FALSE(after->grant.temporary[0].value == before.grant.temporary[0].value);
    EXPECT_EQ(generator.members().size(), 1U);
}

// ---- what is on disk ----

TEST_F(KeyGeneratorTest, EverythingIsThereAfterARestart) {
    const auto pda = world.pda(patient);
    const auto device = world.device(patient, pda.grant.id, true);
    const auto server = world.server();
    const auto user = world.user();
    const auto head = generator.log_head();
    const auto before = generator.renew_device(device.grant.id).value();
    world.start();
    auto& again = *world.generator;
    EXPECT_EQ(again.log_head(), head);
    EXPECT_EQ(again.members().size(), 4U);
    EXPECT_EQ(again.members()[0].role, PartyRole::pda) << "in the order of enrolment";
    EXPECT_EQ(again.members()[3].role, PartyRole::user);
    const auto after = again.renew_device(device.grant.id).value();
    EXPECT_EQ(encode(after), encode(before));
    EXPECT_TRUE(again.renew_cloud_server(server.grant.id)->channel_key == server.grant.channel_key);
    EXPECT_TRUE(again.renew_user(user.grant.id)->pid_key == user.grant.pid_key);
}

// Goal: a crash at any write loses nothing that was acknowledged and half-writes nothing. Method:
// every call is one batch; the disk refuses it, and what comes from the store again is as before.
TEST_F(KeyGeneratorTest, AWriteThatFailsChangesNothing) {
    const auto pda = world.pda(patient);
    const auto device = world.device(patient, pda.grant.id);
    const auto server = world.server();
    const auto head = generator.log_head();
    const Own own(world.random);
    const auto application = world.device_application(patient, pda.grant.id, own);
    world.store.set_full(true);
    EXPECT_EQ(generator.enrol_device(application).error().code, ErrorCode::storage_full);
    EXPECT_EQ(generator.revoke(device.grant.certificate.record.serial).error().code,
              ErrorCode::storage_full);
    EXPECT_EQ(generator.new_generation(patient).error().code, ErrorCode::storage_full);
    EXPECT_EQ(generator.new_domain(world.draw<wire::LedgerId>()).error().code,
              ErrorCode::storage_full);
    EXPECT_EQ(generator.provision(server.grant.id).error().code, ErrorCode::storage_full);
    world.store.set_full(false);
    for (const bool restarted : {false, true}) {
        if (restarted) world.start();
        EXPECT_EQ(world.generator->log_head(), head);
        EXPECT_EQ(world.generator->domain(patient)->issued, 2U);
        EXPECT_EQ(world.generator->domain(patient)->generation, 1U);
        EXPECT_EQ(world.generator->members().size(), 3U);
        EXPECT_EQ(world.generator->domains().size(), 1U);
        EXPECT_TRUE(world.generator->renew_device(device.grant.id));
    }
    EXPECT_TRUE(world.generator->enrol_device(application)) << "the same application, later";
}

}  // namespace
}  // namespace askg
