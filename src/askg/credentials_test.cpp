// SPDX-License-Identifier: Apache-2.0
#include "askg/credentials.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "askg/testing.h"
#include "base/testing.h"
#include "storage/files.h"
#include "storage/temporary_folder.h"

namespace askg {
namespace {

using base::ErrorCode;
using testing::World;

class CredentialsTest : public ::testing::Test {
protected:
    /// One of each kind, as their files hold them.
    struct Files {
        SecretBytes device, pda, server, user;
    };
    Files files() const { return {encode(device), encode(pda), encode(server), encode(user)}; }
    template <class T>
    static ErrorCode refusal(base::ByteView bytes) {
        const auto decoded = decode<T>(bytes);
        return decoded ? ErrorCode{} : decoded.error().code;
    }

    World world;
    wire::LedgerId patient = world.new_patient();
    CloudServerCredentials server = world.server();
    PdaCredentials pda = world.pda(patient);
    DeviceCredentials device = world.device(patient, pda.grant.id, true);
    UserCredentials user = world.user();
};

// Goal: what is read is what was written, in the one encoding. Method: decode, encode, compare.
TEST_F(CredentialsTest, EachKindRoundTripsToTheSameBytes) {
    pda.grant = world.generator->renew_pda(pda.grant.id).value();
    user.factor.helper = {1, 2, 3};
    const auto all = files();
    EXPECT_EQ(encode(decode<DeviceCredentials>(all.device).value()), all.device);
    EXPECT_EQ(encode(decode<PdaCredentials>(all.pda).value()), all.pda);
    EXPECT_EQ(encode(decode<CloudServerCredentials>(all.server).value()), all.server);
    EXPECT_EQ(encode(decode<UserCredentials>(all.user).value()), all.user);
    EXPECT_EQ(encode(decode<PdaGrant>(encode(pda.grant)).value()), encode(pda.grant));
    EXPECT_EQ(encode(decode<DeviceGrant>(encode(device.grant)).value()), encode(device.grant));
    EXPECT_EQ(encode(decode<CloudServerGrant>(encode(server.grant)).value()), encode(server.grant));
    EXPECT_EQ(encode(decode<UserGrant>(encode(user.grant)).value()), encode(user.grant));
    EXPECT_TRUE(decode<DeviceCredentials>(all.device)->token == device.token);
    EXPECT_EQ(decode<UserCredentials>(all.user)->factor.helper, user.factor.helper);
    EXPECT_EQ(decode<PdaCredentials>(all.pda)->grant.devices.size(), 1U);
}

TEST_F(CredentialsTest, HaveTheSizesThatTheDocumentSays) {
    EXPECT_EQ(record_bytes, 147U);
    EXPECT_EQ(encode(world.device(patient, pda.grant.id)).size(), 1'613U);
}

TEST_F(CredentialsTest, AFileCutShortAtAnyByteIsRefused) {
    const auto all = files();
    for (std::size_t size = 0; size < all.device.size(); ++size) {
        const auto code = refusal<DeviceCredentials>(base::ByteView(all.device).first(size));
        ASSERT_TRUE(code == ErrorCode::malformed || code == ErrorCode::corrupted) << size;
    }
}

TEST_F(CredentialsTest, AFileWithAnyByteChangedOrOneMoreIsRefused) {
    auto file = files().user;
    for (std::size_t i = 0; i < file.size(); i += base::testing::stride) {
        file[i] ^= 0x10;
        ASSERT_NE(refusal<UserCredentials>(file), ErrorCode{}) << "byte " << i;
        file[i] ^= 0x10;
    }
    file.push_back(0);
    EXPECT_EQ(refusal<UserCredentials>(file), ErrorCode::corrupted);
}

TEST_F(CredentialsTest, OneKindIsNotTakenForAnother) {
    const auto all = files();
    EXPECT_EQ(refusal<PdaCredentials>(all.device), ErrorCode::malformed);
    EXPECT_EQ(refusal<UserCredentials>(all.server), ErrorCode::malformed);
    EXPECT_EQ(refusal<DeviceGrant>(all.device), ErrorCode::malformed) << "a grant has no key in it";
}

// Goal: what the checksum cannot see is seen. Method: credentials put together wrongly, encoded as
// they should be.
TEST_F(CredentialsTest, KeysAndRecordsMustBelongTogether) {
    auto other = world.device(patient, pda.grant.id);
    other.static_private = device.static_private.clone();
    EXPECT_EQ(refusal<DeviceCredentials>(encode(other)), ErrorCode::bad_key);
    auto swapped = decode<DeviceCredentials>(encode(device)).value();
    swapped.grant.pda_record.static_public[0] ^= 1;
    EXPECT_EQ(refusal<DeviceCredentials>(encode(swapped)), ErrorCode::bad_signature);
    auto foreign = decode<PdaCredentials>(encode(pda)).value();
    World elsewhere(2);
    foreign.grant.cloud_servers[0].record = elsewhere.server().grant.certificate.record;
    EXPECT_EQ(refusal<PdaCredentials>(encode(foreign)), ErrorCode::malformed);
    auto role = decode<UserCredentials>(encode(user)).value();
    role.grant.cloud_servers[0].record = pda.grant.certificate.record;
    EXPECT_EQ(refusal<UserCredentials>(encode(role)), ErrorCode::malformed)
        << "a PDA is no cloud server";
}

TEST_F(CredentialsTest, EpochsRiseAndOnlyADeviceSealedToTheCloudHasThem) {
    auto falling = decode<PdaCredentials>(encode(pda)).value();
    std::swap(falling.grant.temporary[0], falling.grant.temporary[1]);
    EXPECT_EQ(refusal<PdaCredentials>(encode(falling)), ErrorCode::malformed);
    auto plain = decode<DeviceCredentials>(encode(device)).value();
    plain.grant.sealed_to_cloud = false;
    EXPECT_EQ(refusal<DeviceCredentials>(encode(plain)), ErrorCode::malformed);
}

// Whoever finds a client's file must not be able to try guesses of u with it.
TEST_F(CredentialsTest, AUsersFileDoesNotHoldHerStaticPublicKeyOrTokenVerifier) {
    const testing::Own own(world.random);
    const auto verifier = token_verifier(own.token);
    auto registered = world.generator
                          ->register_user({.id = world.draw<wire::LedgerId>(),
                                           .role = wire::Role::nurse,
                                           .static_public = own.key.public_key(),
                                           .token_verifier = verifier.clone()})
                          .value();
    const UserCredentials credentials{.factor = draw_user_factor(world.random),
                                      .grant = std::move(registered.grant)};
    const auto file = encode(credentials);
    const auto holds = [&](base::ByteView secret) {
        return !std::ranges::search(file, secret).empty();
    };
    EXPECT_TRUE(holds(credentials.grant.serial.view())) << "the search finds what is there";
    EXPECT_FALSE(holds(own.key.public_key()));
    EXPECT_FALSE(holds(verifier.view()));
    EXPECT_FALSE(holds(hash_of(registered.record).view()));
}

TEST_F(CredentialsTest, AFileIsWrittenForItsOwnerAloneAndRefusedWhenOthersCanReadIt) {
    const storage::TemporaryFolder folder;
    const auto file = folder.path() / "device.credentials";
    ASSERT_TRUE(write_file(file, device));
    struct stat info{};
    ASSERT_EQ(::stat(file.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    EXPECT_EQ(encode(read_file<DeviceCredentials>(file).value()), encode(device));
    for (const mode_t mode : {0640U, 0604U, 0620U}) {
        ASSERT_EQ(::chmod(file.c_str(), mode), 0);
        const auto read = read_file<DeviceCredentials>(file);
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, ErrorCode::not_authorised);
    }
    EXPECT_EQ(read_file<DeviceCredentials>(folder.path() / "none").error().code,
              ErrorCode::not_found);
}

}  // namespace
}  // namespace askg
