// SPDX-License-Identifier: Apache-2.0
#include "vault/vault.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <thread>

#include "base/testing.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "storage/files.h"
#include "storage/memory_store.h"
#include "storage/temporary_folder.h"
#include "vault/internal/object.h"

namespace vault {
namespace {

using base::ErrorCode;
namespace fs = std::filesystem;

wire::LedgerId person(std::uint8_t number) {
    wire::LedgerId out;
    out.bytes.fill(number);
    return out;
}
const wire::LedgerId ana = person(1);
const wire::LedgerId lee = person(2);
const wire::LedgerId stranger = person(3);

base::Bytes bytes(std::string_view text) {
    return {text.begin(), text.end()};
}

class VaultTest : public testing::Test {
protected:
    void SetUp() override { reopen(); }

    void reopen() {
        vault.reset();
        vault = std::move(Vault::open(root / "vault", keys, master, random).value());
    }
    fs::path object_path() {
        for (const auto& at : fs::recursive_directory_iterator(root / "vault")) {
            if (at.is_regular_file()) return at.path();
        }
        return {};
    }
    std::size_t key_count() {
        std::size_t count = 0;
        EXPECT_TRUE(keys.scan({}, base::as_bytes("~"), [&](auto, auto) { return ++count > 0; }));
        return count;
    }

    storage::TemporaryFolder home;
    const fs::path& root = home.path();
    storage::MemoryStore keys;
    base::Bytes master = base::Bytes(32, 0x4d);
    base::SeededRandom random{42};
    std::unique_ptr<Vault> vault;
    const std::vector<wire::LedgerId> both = {ana, lee};
    const base::Bytes content = bytes("pulse 72, 72, 72, 72, 71, 72, 72, 72, 73, 72, 72, 72");
};

// The CIDs that IPFS gives an empty file and "hello world" as raw leaves.
TEST(ContentIdText, IsWhatIpfsCallsTheSameBytes) {
    EXPECT_EQ(to_text(internal::id_of_object({})),
              "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
    EXPECT_EQ(to_text(internal::id_of_object(base::as_bytes("hello world"))),
              "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");
}

TEST_F(VaultTest, ARecordOpensForThoseEntitledAlsoAfterARestart) {
    const auto record = vault->new_record_key();
    const auto sealed = vault->put(record, content, both).value();
    EXPECT_EQ(sealed.content_hash.bytes, crypto::sha512_256({record.content_salt, content}));
    EXPECT_TRUE(to_text(sealed.content_id).starts_with("bafkrei"));
    reopen();
    for (const auto& reader : both) {
        EXPECT_EQ(vault->open_record(sealed.content_id, reader).value(), content);
        const auto key = vault->record_key(sealed.content_id, reader).value();
        EXPECT_EQ(key.key, record.key);
        EXPECT_EQ(key.content_salt, record.content_salt);
        EXPECT_EQ(key.leaf_salt, record.leaf_salt);
    }
    EXPECT_NE(record.content_salt, record.leaf_salt);
    EXPECT_TRUE(verify_object(root / "vault", sealed.content_id));
    EXPECT_EQ(vault->list().value(), std::vector{sealed.content_id});
}

TEST_F(VaultTest, AStrangerIsRefusedAndAnUnknownNameSaidToBeUnknown) {
    const auto sealed = vault->put(vault->new_record_key(), content, both).value();
    EXPECT_EQ(vault->open_record(sealed.content_id, stranger).error().code,
              ErrorCode::not_authorised);
    EXPECT_EQ(vault->record_key(sealed.content_id, stranger).error().code,
              ErrorCode::not_authorised);
    EXPECT_EQ(vault->entitle(sealed.content_id, stranger, stranger).error().code,
              ErrorCode::not_authorised);
    wire::ContentId unknown = sealed.content_id;
    unknown.bytes[35] ^= 1;
    EXPECT_EQ(vault->open_record(unknown, ana).error().code, ErrorCode::not_found);
    EXPECT_EQ(verify_object(root / "vault", unknown).error().code, ErrorCode::not_found);
}

TEST_F(VaultTest, WhoIsEntitledLaterReadsTheSame) {
    const auto sealed = vault->put(vault->new_record_key(), content, {{ana}}).value();
    EXPECT_FALSE(vault->open_record(sealed.content_id, lee));
    ASSERT_TRUE(vault->entitle(sealed.content_id, ana, lee));
    EXPECT_EQ(vault->open_record(sealed.content_id, lee).value(), content);
    ASSERT_TRUE(vault->entitle(sealed.content_id, lee, lee)) << "twice is no error";
}

TEST_F(VaultTest, TheSameKeyAndContentAgainIsTheSameRecord) {
    const auto record = vault->new_record_key();
    const auto first = vault->put(record, content, {{ana}}).value();
    const auto again = vault->put(record, content, both).value();
    EXPECT_EQ(again.content_id, first.content_id);
    EXPECT_EQ(again.content_hash, first.content_hash);
    EXPECT_EQ(vault->list().value().size(), 1u);
    EXPECT_EQ(key_count(), 2u);
    EXPECT_EQ(vault->open_record(first.content_id, lee).value(), content);
}

TEST_F(VaultTest, TheSameContentUnderTwoKeysCannotBeLinked) {
    const auto one = vault->put(vault->new_record_key(), content, both).value();
    const auto other = vault->put(vault->new_record_key(), content, both).value();
    EXPECT_NE(one.content_id, other.content_id);
    EXPECT_NE(one.content_hash, other.content_hash);
}

// Goal: one key never uses a nonce for two plaintexts, though it is derived.
TEST_F(VaultTest, OneKeySealsTwoContentsUnderTwoNonces) {
    const auto record = vault->new_record_key();
    const auto one = internal::seal_object(record.key, bytes("one"));
    const auto two = internal::seal_object(record.key, bytes("two"));
    EXPECT_FALSE(std::equal(one.begin() + 1, one.begin() + 13, two.begin() + 1));
    EXPECT_EQ(internal::open_object(record.key, one).value(), bytes("one"));
    EXPECT_EQ(internal::open_object(record.key, two).value(), bytes("two"));
}

TEST_F(VaultTest, AnyByteOfAnObjectThatChangesIsFoundAndTheObjectNamed) {
    const auto sealed = vault->put(vault->new_record_key(), content, both).value();
    const auto path = object_path();
    const auto whole = storage::read_file(path, 1 << 20).value();
    for (std::size_t i = 0; i <= whole.size() + 1; ++i) {
        auto damaged = whole;
        if (i < whole.size()) damaged[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
        if (i == whole.size()) damaged.push_back(0);
        if (i > whole.size()) damaged.pop_back();
        ASSERT_TRUE(storage::write_file_synced(path, damaged));
        const auto found = verify_object(root / "vault", sealed.content_id);
        ASSERT_FALSE(found) << i;
        EXPECT_EQ(found.error().code, ErrorCode::corrupted);
        EXPECT_NE(found.error().detail.find(to_text(sealed.content_id)), std::string::npos);
        EXPECT_EQ(vault->open_record(sealed.content_id, ana).error().code, ErrorCode::corrupted);
    }
    fs::remove(path);
    EXPECT_EQ(vault->open_record(sealed.content_id, ana).error().code, ErrorCode::not_found);
}

TEST_F(VaultTest, PuttingARecordAgainHealsItsDamagedObject) {
    const auto record = vault->new_record_key();
    const auto sealed = vault->put(record, content, both).value();
    ASSERT_TRUE(storage::write_file_synced(object_path(), bytes("junk")));
    ASSERT_TRUE(vault->put(record, content, both));
    EXPECT_EQ(vault->open_record(sealed.content_id, ana).value(), content);
}

TEST_F(VaultTest, AnyByteOfAWrappedKeyThatChangesIsFound) {
    const auto sealed = vault->put(vault->new_record_key(), content, {{ana}}).value();
    base::Bytes key;
    base::Bytes wrapped;
    ASSERT_TRUE(keys.scan({}, base::as_bytes("~"), [&](base::ByteView k, base::ByteView v) {
        key.assign(k.begin(), k.end());
        wrapped.assign(v.begin(), v.end());
        return true;
    }));
    for (std::size_t i = 0; i <= wrapped.size(); ++i) {
        auto damaged = wrapped;
        if (i < wrapped.size()) damaged[i] ^= 0x10;
        if (i == wrapped.size()) damaged.pop_back();
        storage::WriteBatch batch;
        batch.put(key, damaged);
        ASSERT_TRUE(keys.write(batch));
        const auto opened = vault->open_record(sealed.content_id, ana);
        ASSERT_FALSE(opened) << i;
        EXPECT_EQ(opened.error().code, ErrorCode::corrupted);
    }
}

// A key wrapped for one person or record is of no use for another.
TEST_F(VaultTest, AWrappedKeyIsBoundToItsReaderAndItsRecord) {
    const auto one = vault->put(vault->new_record_key(), content, {{ana}}).value();
    const auto two = vault->put(vault->new_record_key(), bytes("two"), {{ana}}).value();
    const auto name = [](const wire::ContentId& id, const wire::LedgerId& reader) {
        base::Bytes key = bytes("k/");
        base::append(key, id.view());
        base::append(key, reader.view());
        return key;
    };
    storage::WriteBatch batch;
    batch.put(name(one.content_id, lee), keys.get(name(one.content_id, ana)).value().value());
    batch.put(name(two.content_id, ana), keys.get(name(one.content_id, ana)).value().value());
    ASSERT_TRUE(keys.write(batch));
    EXPECT_EQ(vault->open_record(one.content_id, lee).error().code, ErrorCode::corrupted);
    EXPECT_EQ(vault->open_record(two.content_id, ana).error().code, ErrorCode::corrupted);
}

TEST_F(VaultTest, AnotherMasterKeyOpensNothing) {
    const auto sealed = vault->put(vault->new_record_key(), content, both).value();
    master[0] ^= 1;
    reopen();
    EXPECT_EQ(vault->open_record(sealed.content_id, ana).error().code, ErrorCode::corrupted);
}

TEST_F(VaultTest, ContentIsBoundedAndMayBeEmpty) {
    const auto empty = vault->put(vault->new_record_key(), {}, both).value();
    EXPECT_EQ(vault->open_record(empty.content_id, ana).value(), base::Bytes{});
    base::Bytes large(content_bytes_max);
    random.fill(large);
    const auto largest = vault->put(vault->new_record_key(), large, both).value();
    EXPECT_EQ(vault->open_record(largest.content_id, ana).value(), large);
    large.push_back(0);
    EXPECT_EQ(vault->put(vault->new_record_key(), large, both).error().code, ErrorCode::too_large);
    EXPECT_EQ(vault->put(vault->new_record_key(), content, {}).error().code, ErrorCode::malformed);
}

// Goal: who holds a record key cannot make the reader unpack without bound. Method: objects sealed
// by hand around what zstd would swell, or does not unpack.
TEST_F(VaultTest, ABombOrAWrongPackingIsRefused) {
    const auto record = vault->new_record_key();
    const auto seal = [&](const base::Bytes& packed) {
        const base::Bytes version{1};
        const auto key =
            crypto::hkdf_sha512({}, record.key, base::as_bytes("salus vault 1 encryption"), 32);
        base::Bytes object = version;
        object.resize(13);
        base::append(object, crypto::Aes256Gcm(key).seal({}, version, packed));
        return object;
    };
    const auto pack = [](std::size_t zeros) {
        const base::Bytes swollen(zeros);
        base::Bytes packed(ZSTD_compressBound(zeros));
        packed.resize(ZSTD_compress(packed.data(), packed.size(), swollen.data(), zeros, 19));
        return packed;
    };
    const auto fine = pack(content_bytes_max);
    EXPECT_EQ(internal::open_object(record.key, seal(fine)).value().size(), content_bytes_max);
    auto two_frames = pack(10);
    base::append(two_frames, pack(10));
    auto cut = fine;
    cut.pop_back();
    for (const auto& packed :
         {pack(content_bytes_max + 1), pack(base::testing::rounds(std::size_t{1} << 28)),
          two_frames, cut, base::Bytes{}, bytes("not zstd at all")}) {
        const auto opened = internal::open_object(record.key, seal(packed));
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, ErrorCode::corrupted);
    }
    auto other_version = seal(fine);
    other_version[0] = 2;
    EXPECT_FALSE(internal::open_object(record.key, other_version));
    EXPECT_FALSE(internal::open_object(record.key, bytes("short")));
}

TEST_F(VaultTest, AFullDiskStoresNothingThatOpensAndTheSamePutSucceedsLater) {
    const auto record = vault->new_record_key();
    keys.set_full(true);
    EXPECT_EQ(vault->put(record, content, both).error().code, ErrorCode::storage_full);
    keys.set_full(false);
    EXPECT_EQ(key_count(), 0u);
    const auto sealed = vault->put(record, content, both).value();
    EXPECT_EQ(vault->open_record(sealed.content_id, ana).value(), content);
    EXPECT_EQ(vault->list().value().size(), 1u);
}

TEST_F(VaultTest, TheListPassesOverWhatACutShortWriteLeft) {
    const auto sealed = vault->put(vault->new_record_key(), content, both).value();
    const auto beside = object_path().string() + ".Ab12Cd.new";
    std::ofstream(beside) << "half";
    std::ofstream(root / "vault" / base::to_hex(sealed.content_id.view())) << "misplaced";
    EXPECT_EQ(vault->list().value(), std::vector{sealed.content_id});
    fs::remove_all(root / "vault");
    EXPECT_EQ(vault->list().error().code, ErrorCode::unavailable);
}

TEST_F(VaultTest, ManyThreadsMayPutAndOpen) {
    const auto shared = vault->new_record_key();
    std::vector<std::thread> threads;
    for (std::uint8_t i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            for (int round = 0; round < 10; ++round) {
                const auto own = bytes(std::to_string(i) + "/" + std::to_string(round));
                const auto sealed = vault->put(vault->new_record_key(), own, both);
                EXPECT_EQ(vault->open_record(sealed.value().content_id, lee).value(), own);
                EXPECT_TRUE(vault->put(shared, content, both));
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(vault->list().value().size(), 41u);
}

}  // namespace
}  // namespace vault
