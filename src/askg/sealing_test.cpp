// SPDX-License-Identifier: Apache-2.0
// The key generator's secrets on disk.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <set>

#include "askg/public_log.h"
#include "askg/testing.h"
#include "crypto/random.h"
#include "storage/files.h"
#include "storage/temporary_folder.h"

namespace askg {
namespace {

using base::ErrorCode;
using testing::Own;
using testing::World;

/// Every entry of a store.
std::vector<std::pair<base::Bytes, base::Bytes>> entries_of(const storage::KeyValueStore& store) {
    std::vector<std::pair<base::Bytes, base::Bytes>> out;
    const base::Bytes end{0xff};
    (void)store.scan({}, end, [&](base::ByteView key, base::ByteView value) {
        out.emplace_back(base::Bytes(key.begin(), key.end()),
                         base::Bytes(value.begin(), value.end()));
        return true;
    });
    return out;
}

class SealingTest : public ::testing::Test {
protected:
    base::Result<void> open_again(const storage::KeyValueStore& /*changed*/) {
        const auto opened = KeyGenerator::open(
            world.store, UnlockSecret::from_key(world.unlock_key), world.clock, world.random);
        if (!opened) return base::pass(opened);
        // What is read only when it is needed.
        const auto share = (*opened)->renew_pda(pda.grant.id);
        if (!share) return base::pass(share);
        return {};
    }
    void put(const base::Bytes& key, const base::Bytes& value) {
        storage::WriteBatch batch;
        batch.put(key, value);
        ASSERT_TRUE(world.store.write(batch));
    }

    World world;
    wire::LedgerId patient = world.new_patient();
    PdaCredentials pda = world.pda(patient);
    CloudServerCredentials server = world.server();
};

TEST_F(SealingTest, AWrongUnlockSecretOpensNothing) {
    base::SeededRandom other(99);
    const auto wrong = UnlockSecret::from_key(Secret32::draw(other));
    EXPECT_EQ(KeyGenerator::open(world.store, wrong, world.clock, world.random).error().code,
              ErrorCode::unauthenticated);
    const auto word = UnlockSecret::from_passphrase("a long passphrase").value();
    EXPECT_EQ(KeyGenerator::open(world.store, word, world.clock, world.random).error().code,
              ErrorCode::unauthenticated);
    EXPECT_EQ(KeyGenerator::create(world.store, wrong, {.id = base::as_bytes("x")}, world.clock,
                                   world.random)
                  .error()
                  .code,
              ErrorCode::conflict);
}

TEST_F(SealingTest, APassphraseOpensWhatItSealedThroughArgon2id) {
    storage::MemoryStore store;
    const auto right = UnlockSecret::from_passphrase("correct horse battery").value();
    const auto wrong = UnlockSecret::from_passphrase("correct horse battern").value();
    ASSERT_TRUE(
        KeyGenerator::create(store, right, {.id = base::as_bytes("x")}, world.clock, world.random));
    EXPECT_TRUE(KeyGenerator::open(store, right, world.clock, world.random));
    EXPECT_EQ(KeyGenerator::open(store, wrong, world.clock, world.random).error().code,
              ErrorCode::unauthenticated);
    EXPECT_EQ(UnlockSecret::from_passphrase("too short").error().code, ErrorCode::malformed);
}

// Goal: whoever reads the disk learns no secret. Method: the shares and keys handed out are nowhere
// in the store.
TEST_F(SealingTest, NoSecretStandsInClear) {
    bool found_public = false;
    for (const auto& [key, value] : entries_of(world.store)) {
        const auto holds = [&](base::ByteView secret) {
            return !std::ranges::search(value, secret).empty();
        };
        EXPECT_FALSE(holds(pda.grant.pid_key.view()));
        EXPECT_FALSE(holds(server.grant.channel_key.view()));
        EXPECT_FALSE(holds(token_verifier(pda.token).view()));
        EXPECT_FALSE(holds(pda.grant.domain.x.bytes()));
        EXPECT_FALSE(holds(patient.view()));
        found_public = found_public || holds(pda.grant.certificate.record.static_public);
    }
    EXPECT_TRUE(found_public) << "the log is in clear, so the search finds what is there";
}

// Goal: no entry can be changed, moved or taken out unseen. Method: each in turn, then opened.
TEST_F(SealingTest, AnEntryThatWasChangedIsRefused) {
    for (const auto& [key, value] : entries_of(world.store)) {
        for (const std::size_t at : {std::size_t{0}, value.size() / 2, value.size() - 1}) {
            auto damaged = value;
            damaged[at] ^= 0x01;
            put(key, damaged);
            EXPECT_FALSE(open_again(world.store)) << base::to_hex(key) << " byte " << at;
        }
        put(key, value);
        ASSERT_TRUE(open_again(world.store));
    }
}

TEST_F(SealingTest, AnEntryThatWasTakenOutIsMissed) {
    for (const auto& [key, value] : entries_of(world.store)) {
        storage::WriteBatch batch;
        batch.erase(key);
        ASSERT_TRUE(world.store.write(batch));
        EXPECT_FALSE(open_again(world.store)) << base::to_hex(key);
        put(key, value);
    }
}

TEST_F(SealingTest, AnEntryPutInAnothersPlaceIsRefused) {
    (void)world.pda(patient);
    std::vector<std::pair<base::Bytes, base::Bytes>> members;
    for (const auto& one : entries_of(world.store)) {
        if (one.first[0] == 'X') members.push_back(one);
    }
    ASSERT_GE(members.size(), 2U);
    put(members[0].first, members[1].second);
    EXPECT_EQ(open_again(world.store).error().code, ErrorCode::corrupted);
}

// Goal: who can write the folder but not open it cannot undo what was done. Method: each sealed
// entry in turn is put back as it was before, with all the rest as it is now; then several of them.
TEST_F(SealingTest, AnEntryThatIsOlderThanTheRestIsRefused) {
    const auto device = world.device(patient, pda.grant.id);
    const auto keep = entries_of(world.store);
    const auto old_of = [&](const base::Bytes& key) -> const base::Bytes* {
        const auto found =
            std::ranges::find(keep, key, &std::pair<base::Bytes, base::Bytes>::first);
        return found == keep.end() ? nullptr : &found->second;
    };
    const auto name = *keyagreement::PeerName::from(device.grant.id.view());
    ASSERT_TRUE(world.generator->revoke(PartyRole::device, name));
    ASSERT_TRUE(world.generator->new_generation(patient));
    ASSERT_TRUE(world.generator->renew_pda(pda.grant.id));
    ASSERT_TRUE(world.generator->provision(server.grant.id));
    const auto refused = [&] {
        const auto opened = open_again(world.store);
        return !opened && opened.error().code == ErrorCode::corrupted;
    };
    std::set<std::uint8_t> kinds;
    const auto now = entries_of(world.store);
    for (const auto& [key, value] : now) {
        const auto* before = old_of(key);
        if (before == nullptr || *before == value) continue;
        kinds.insert(key[0]);
        put(key, *before);
        EXPECT_TRUE(refused()) << base::to_hex(key) << " as it was before";
        put(key, value);
    }
    EXPECT_EQ(kinds, (std::set<std::uint8_t>{'D', 'H', 'P', 'R', 'X'}));
    ASSERT_TRUE(open_again(world.store)) << "the rest is as it was";
    for (const auto& [key, value] : now) {
        const auto* before = old_of(key);
        if (before != nullptr && key[0] != 'R' && key[0] != 'H') put(key, *before);
    }
    EXPECT_TRUE(refused()) << "several at once";
}

TEST_F(SealingTest, AFolderOfAnOlderProgramIsRefusedInOneSentence) {
    auto lock = world.store.get(base::Bytes{'L'}).value().value();
    lock[0] = 1;
    put(base::Bytes{'L'}, lock);
    const auto refused = open_again(world.store);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unsupported_version);
    EXPECT_NE(refused.error().detail.find("make a new one"), std::string::npos);
}

// ---- files ----

class FolderTest : public ::testing::Test {
protected:
    base::Result<std::unique_ptr<KeyGenerator>> create() {
        const auto unlock = UnlockSecret::from_or_new_key_file(key_file, random);
        if (!unlock) return base::pass(unlock);
        return KeyGenerator::create(folder.path() / "askg", *unlock,
                                    {.id = base::as_bytes("clinic")}, clock, random);
    }
    base::Result<std::unique_ptr<KeyGenerator>> open() {
        const auto unlock = UnlockSecret::from_key_file(key_file);
        if (!unlock) return base::pass(unlock);
        return KeyGenerator::open(folder.path() / "askg", *unlock, clock, random);
    }

    storage::TemporaryFolder folder;
    std::filesystem::path key_file = folder.path() / "askg.key";
    base::SystemClock clock;
    crypto::SystemRandom random;
};

TEST_F(FolderTest, OneProcessHoldsTheFolderAtATime) {
    EXPECT_EQ(open().error().code, ErrorCode::not_found);
    auto held = create();
    ASSERT_TRUE(held) << held.error().detail;
    EXPECT_EQ(open().error().code, ErrorCode::busy);
    held->reset();
    EXPECT_TRUE(open());
    EXPECT_EQ(create().error().code, ErrorCode::conflict);
}

TEST_F(FolderTest, AKeyFileThatOthersCanReadOrOfAnotherLengthIsRefused) {
    ASSERT_TRUE(create());
    ASSERT_EQ(::chmod(key_file.c_str(), 0644), 0);
    EXPECT_EQ(open().error().code, ErrorCode::not_authorised);
    ASSERT_EQ(::chmod(key_file.c_str(), 0600), 0);
    EXPECT_TRUE(open());
    const auto good = storage::read_file(key_file, 64).value();
    ASSERT_TRUE(storage::write_file_synced(key_file, base::ByteView(good).first(31)));
    EXPECT_EQ(open().error().code, ErrorCode::corrupted);
    ASSERT_TRUE(storage::write_file_synced(key_file, base::Bytes(33)));
    EXPECT_EQ(open().error().code, ErrorCode::corrupted);
    ASSERT_TRUE(storage::write_file_synced(key_file, base::Bytes(32)));
    EXPECT_EQ(open().error().code, ErrorCode::unauthenticated);
}

constexpr const char* child_folder = "SALUS_TEST_ASKG_FOLDER";
constexpr int child_output = 3;

/// Not a test: what the test below starts as a process of its own. It enrols PDAs until it is
/// killed, and writes each id once it is told that it is enrolled.
TEST(KilledChild, DISABLED_Enrols) {
    const char* folder = std::getenv(child_folder);
    ASSERT_NE(folder, nullptr) << "started by another test";
    const base::SystemClock clock;
    crypto::SystemRandom random;
    const std::filesystem::path root = folder;
    const auto unlock = UnlockSecret::from_key_file(root / "askg.key");
    ASSERT_TRUE(unlock);
    const auto generator = KeyGenerator::open(root / "askg", *unlock, clock, random);
    ASSERT_TRUE(generator);
    for (;;) {
        const auto patient = base::draw<wire::LedgerId>(random);
        const Own own(random);
        const PdaApplication application{.patient = patient,
                                         .id = base::draw<wire::DeviceId>(random),
                                         .static_public = own.key.public_key(),
                                         .token_verifier = token_verifier(own.token)};
        ASSERT_TRUE((*generator)->new_domain(patient));
        ASSERT_TRUE((*generator)->enrol_pda(application));
        ASSERT_EQ(::write(child_output, application.id.bytes.data(), application.id.bytes.size()),
                  static_cast<ssize_t>(application.id.bytes.size()));
    }
}

/// That child, and the ids it tells.
class Child {
public:
    explicit Child(const std::filesystem::path& folder) {
        std::array<int, 2> pipe{};
        CHECK(::pipe2(pipe.data(), O_CLOEXEC) == 0);
        output_ = pipe[0];
        posix_spawn_file_actions_t actions;
        CHECK(::posix_spawn_file_actions_init(&actions) == 0);
        CHECK(::posix_spawn_file_actions_adddup2(&actions, pipe[1], child_output) == 0);
        std::string program = "/proc/self/exe";
        std::string filter = "--gtest_filter=KilledChild.DISABLED_Enrols";
        std::string disabled = "--gtest_also_run_disabled_tests";
        std::string brief = "--gtest_brief=1";
        std::array<char*, 5> words{program.data(), filter.data(), disabled.data(), brief.data(),
                                   nullptr};
        std::string variable = std::string(child_folder) + "=" + folder.string();
        std::array<char*, 2> environment{variable.data(), nullptr};
        CHECK(::posix_spawn(&process_, program.c_str(), &actions, nullptr, words.data(),
                            environment.data()) == 0);
        CHECK(::posix_spawn_file_actions_destroy(&actions) == 0);
        CHECK(::close(pipe[1]) == 0);
    }
    ~Child() { ::close(output_); }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// Nothing once it has ended.
    std::optional<wire::DeviceId> told() {
        wire::DeviceId id;
        const auto got = ::read(output_, id.bytes.data(), id.bytes.size());
        if (got != static_cast<ssize_t>(id.bytes.size())) return std::nullopt;
        return id;
    }
    void kill() {
        CHECK(::kill(process_, SIGKILL) == 0);
        CHECK(::waitpid(process_, nullptr, 0) == process_);
    }

private:
    pid_t process_ = 0;
    int output_ = 0;
};

// Goal: kill -9 at any moment loses nothing acknowledged. Method: a child enrols and tells; killed
// in the middle, the folder opens, holds every member that was told, and its log is whole.
TEST_F(FolderTest, AKilledKeyGeneratorHasAllThatItAcknowledged) {
    ASSERT_TRUE(create());
    std::set<wire::DeviceId> told;
    for (int round = 0; round < 3; ++round) {
        Child child(folder.path());
        for (int count = 0; count < 5 + round; ++count) {
            const auto id = child.told();
            ASSERT_TRUE(id) << "the child ended by itself";
            told.insert(*id);
        }
        child.kill();
        while (const auto id = child.told()) told.insert(*id);
        const auto opened = open();
        ASSERT_TRUE(opened) << opened.error().detail;
        for (const auto& one : told) {
            ASSERT_TRUE((*opened)->renew_pda(one)) << "an acknowledged member is gone";
        }
        EXPECT_EQ((*opened)->members().size(), (*opened)->log_head().size);
    }
    const auto log = read_public_log(folder.path() / "askg");
    ASSERT_TRUE(log) << log.error().detail;
    EXPECT_TRUE(verify(*log));
    EXPECT_GE(log->entries.size(), told.size());
}

}  // namespace
}  // namespace askg
