// SPDX-License-Identifier: Apache-2.0
#include "identity/key_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "crypto/ecdsa.h"
#include "crypto/hash.h"
#include "identity/consent_keys.h"
#include "storage/memory_store.h"
#include "storage/temporary_folder.h"

namespace identity {
namespace {

using namespace std::chrono_literals;

wire::LedgerId ledger_id(std::uint8_t number) {
    wire::LedgerId id;
    id.bytes[0] = number;
    return id;
}

class KeyStoreTest : public testing::Test {
protected:
    void SetUp() override {
        keys = open();
        ASSERT_TRUE(keys);
    }
    std::unique_ptr<KeyStore> open() {
        auto opened = KeyStore::open(folder, clock, random);
        EXPECT_TRUE(opened) << opened.error().detail;
        return opened ? *std::move(opened) : nullptr;
    }
    static bool verifies(const wire::PublicKeyBytes& key, const wire::Signer& signer) {
        const auto message = base::as_bytes("a report");
        const auto signature = signer.sign(message);
        if (!signature) return false;
        const auto decoded = crypto::EcdsaPublicKey::decode(key.view());
        return decoded && decoded->verify(message, signature->view());
    }

    storage::TemporaryFolder root;
    std::filesystem::path folder = root.path() / "keys";
    base::ManualClock clock{base::from_unix_ms(1'700'000'000'000)};
    base::SeededRandom random{7};
    std::unique_ptr<KeyStore> keys;
};

TEST_F(KeyStoreTest, AServiceSignsAlsoAfterARestart) {
    const auto key = keys->create_for_service(ledger_id(1));
    ASSERT_TRUE(key) << key.error().detail;
    keys = open();
    const auto signer = keys->service_signer(ledger_id(1));
    ASSERT_TRUE(signer) << signer.error().detail;
    EXPECT_EQ((*signer)->id(), ledger_id(1));
    EXPECT_TRUE(verifies(*key, **signer));
}

TEST_F(KeyStoreTest, KeysAreEncryptedFilesThatOnlyTheOwnerReads) {
    ASSERT_TRUE(keys->create_for_service(ledger_id(1)));
    ASSERT_TRUE(keys->create_for_person(ledger_id(2), "correct horse"));
    struct stat info{};
    ASSERT_EQ(::stat(folder.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0700U);
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 0777U, 0600U) << entry.path();
        if (entry.path().extension() == ".pem") {
            std::ifstream in(entry.path());
            std::string first_line;
            std::getline(in, first_line);
            EXPECT_EQ(first_line, "-----BEGIN ENCRYPTED PRIVATE KEY-----");
        }
        ++files;
    }
    EXPECT_EQ(files, 3U);
}

TEST_F(KeyStoreTest, APersonSignsOnlyWhileUnlocked) {
    const auto key = keys->create_for_person(ledger_id(2), "correct horse");
    ASSERT_TRUE(key);
    const auto signer = keys->person_signer(ledger_id(2));
    EXPECT_EQ(signer->sign({}).error().code, base::ErrorCode::unauthenticated);
    EXPECT_EQ(keys->unlock(ledger_id(2), "wrong").error().code, base::ErrorCode::unauthenticated);
    EXPECT_FALSE(keys->is_unlocked(ledger_id(2)));
    ASSERT_TRUE(keys->unlock(ledger_id(2), "correct horse"));
    EXPECT_TRUE(verifies(*key, *signer));
    keys->lock(ledger_id(2));
    EXPECT_EQ(signer->sign({}).error().code, base::ErrorCode::unauthenticated);
}

// Goal: the limit is 15 minutes after the last use, not after the login.
TEST_F(KeyStoreTest, AKeyIsDroppedAfterFifteenIdleMinutes) {
    ASSERT_TRUE(keys->create_for_person(ledger_id(2), "pw"));
    ASSERT_TRUE(keys->unlock(ledger_id(2), "pw"));
    const auto signer = keys->person_signer(ledger_id(2));
    clock.advance(KeyStore::idle_limit - 1ms);
    EXPECT_TRUE(signer->sign({}));
    clock.advance(KeyStore::idle_limit - 1ms);
    EXPECT_TRUE(signer->sign({}));
    clock.advance(KeyStore::idle_limit);
    EXPECT_FALSE(keys->is_unlocked(ledger_id(2)));
    EXPECT_EQ(signer->sign({}).error().code, base::ErrorCode::unauthenticated);
}

TEST_F(KeyStoreTest, AKeyIsNeverOverwritten) {
    ASSERT_TRUE(keys->create_for_person(ledger_id(2), "pw"));
    EXPECT_EQ(keys->create_for_person(ledger_id(2), "other").error().code,
              base::ErrorCode::conflict);
    EXPECT_EQ(keys->create_for_service(ledger_id(2)).error().code, base::ErrorCode::conflict);
    EXPECT_TRUE(keys->unlock(ledger_id(2), "pw"));
}

TEST_F(KeyStoreTest, MissingKeysAreNotFound) {
    EXPECT_EQ(keys->unlock(ledger_id(5), "pw").error().code, base::ErrorCode::not_found);
    EXPECT_EQ(keys->service_signer(ledger_id(5)).error().code, base::ErrorCode::not_found);
}

TEST_F(KeyStoreTest, ANodeKeyThatOthersCanReadIsRefused) {
    keys.reset();
    std::filesystem::permissions(folder / "node.key", std::filesystem::perms::group_read,
                                 std::filesystem::perm_options::add);
    const auto opened = KeyStore::open(folder, clock, random);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, base::ErrorCode::not_authorised);
}

TEST_F(KeyStoreTest, AnotherNodeKeyDoesNotOpenAServicesKey) {
    ASSERT_TRUE(keys->create_for_service(ledger_id(1)));
    keys.reset();
    ASSERT_TRUE(std::filesystem::remove(folder / "node.key"));
    keys = open();
    EXPECT_EQ(keys->service_signer(ledger_id(1)).error().code, base::ErrorCode::corrupted);
}

TEST_F(KeyStoreTest, ANodeKeyCutShortIsNamed) {
    keys.reset();
    std::filesystem::resize_file(folder / "node.key", 31);
    const auto opened = KeyStore::open(folder, clock, random);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, base::ErrorCode::corrupted);
    EXPECT_NE(opened.error().detail.find("node.key"), std::string::npos);
}

TEST_F(KeyStoreTest, DerivedKeysDifferByPurposeAndStay) {
    const auto vault = keys->derived_key("vault");
    EXPECT_EQ(vault.size(), 32U);
    EXPECT_NE(vault, keys->derived_key("consent"));
    keys = open();
    EXPECT_EQ(vault, keys->derived_key("vault"));
}

TEST_F(KeyStoreTest, ManyThreadsSignUnderOneKeyWhileItIsLockedAndUnlocked) {
    const auto key = keys->create_for_service(ledger_id(1));
    ASSERT_TRUE(key);
    ASSERT_TRUE(keys->create_for_person(ledger_id(2), "pw"));
    ASSERT_TRUE(keys->unlock(ledger_id(2), "pw"));
    std::vector<std::jthread> threads;
    std::atomic<int> good = 0;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 50; ++i) {
                const auto signer = keys->service_signer(ledger_id(1));
                if (signer && verifies(*key, **signer)) ++good;
                // Either outcome is right here; the point is that neither crashes.
                static_cast<void>(keys->person_signer(ledger_id(2))->sign({}));
            }
        });
    }
    keys->lock(ledger_id(2));
    threads.clear();
    EXPECT_EQ(good, 200);
}

class ConsentKeysTest : public testing::Test {
protected:
    storage::MemoryStore store;
    base::SeededRandom random{3};
    ConsentKeys keys{store, base::Bytes(32, 1), random};
};

TEST_F(ConsentKeysTest, ATokenStaysTheSameAndFollowsTheReadings) {
    const auto hash = keys.create();
    ASSERT_TRUE(hash);
    const wire::Hash256 root{crypto::sha256(base::as_bytes("readings"))};
    const auto token = keys.token(*hash, root);
    ASSERT_TRUE(token) << token.error().detail;
    const ConsentKeys after_restart{store, base::Bytes(32, 1), random};
    EXPECT_EQ(*after_restart.token(*hash, root), *token);
    EXPECT_NE(*keys.token(*hash, wire::Hash256{}), *token);
    const auto other = keys.create();
    EXPECT_NE(*keys.token(*other, root), *token);
}

TEST_F(ConsentKeysTest, AnUnknownKeyIsNotFoundAndAWrongNodeKeyIsNamed) {
    EXPECT_EQ(keys.token({}, {}).error().code, base::ErrorCode::not_found);
    const auto hash = keys.create();
    const ConsentKeys elsewhere{store, base::Bytes(32, 2), random};
    EXPECT_EQ(elsewhere.token(*hash, {}).error().code, base::ErrorCode::corrupted);
}

TEST_F(ConsentKeysTest, AFullDiskIsSaid) {
    store.set_full(true);
    EXPECT_EQ(keys.create().error().code, base::ErrorCode::storage_full);
}

}  // namespace
}  // namespace identity
