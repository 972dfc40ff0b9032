// SPDX-License-Identifier: Apache-2.0
#include "witness/publisher.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "storage/files.h"
#include "witness/internal/test_log.h"

namespace witness {
namespace {

using base::ErrorCode;
using testing::at_second;

/// Blocks that hold nothing but what a checkpoint needs; `history` tells two chains apart.
class FakeChain final : public chain::BlockSource {
public:
    void grow(wire::Height to, std::uint8_t history = 1) {
        while (blocks.size() < to) {
            wire::Block block{};
            block.header.chain_id = testing::chain_id;
            block.header.height = blocks.size() + 1;
            block.header.history_size = 3 * block.header.height;
            block.header.history_root.bytes.fill(history);
            block.header_bytes = wire::encode(block.header);
            blocks.push_back(std::move(block));
        }
    }
    [[nodiscard]] wire::Height height() const override { return blocks.size(); }
    [[nodiscard]] base::Result<wire::Block> block(wire::Height height) const override {
        if (height == 0 || height > blocks.size()) return base::fail(ErrorCode::not_found, "");
        return blocks[height - 1];
    }
    [[nodiscard]] std::unique_ptr<chain::Subscription> follow(
        wire::Height, std::function<void(const wire::Block&)>) override {
        return nullptr;
    }
    [[nodiscard]] base::Result<base::Bytes> query(std::string_view, base::ByteView) const override {
        return base::fail(ErrorCode::not_found, "");
    }

    std::vector<wire::Block> blocks;
};

class PublisherTest : public ::testing::Test {
protected:
    PublisherTest() {
        std::filesystem::remove_all(folder_);
        open({"regulator", "hospital"});
    }
    ~PublisherTest() override { std::filesystem::remove_all(folder_); }

    void open(const std::vector<std::string>& witnesses) {
        policy_ = policy_of(testing::trust(witnesses), 0).value();
        publisher_.reset();
        publisher_ = CheckpointPublisher::open({.blocks = chain_,
                                                .clock = clock_,
                                                .signer = testing::log_signer(),
                                                .policy = policy_,
                                                .folder = folder_})
                         .value();
    }
    void publish(wire::Height height) {
        chain_.grow(height);
        clock_.advance(CheckpointPublisher::interval);
        ASSERT_TRUE(publisher_->publish());
    }
    VerifiedCheckpoint newest(std::size_t witnesses = 0) {
        return verify_checkpoint(publisher_->checkpoint(witnesses).value(), policy_).value();
    }
    std::string cosigned(const std::string& note, const std::string& witness) {
        auto out = decode_note(note).value();
        out.signatures.push_back(testing::cosigner(witness).cosign(out.text, clock_.now()));
        return encode(out);
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() /
        ("salus-publisher-" +
         std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    base::ManualClock clock_{at_second(1'700'000'000)};
    FakeChain chain_;
    Policy policy_;
    std::unique_ptr<CheckpointPublisher> publisher_;
};

TEST_F(PublisherTest, SignsTheTipAtMostOnceInAnInterval) {
    ASSERT_TRUE(publisher_->publish());
    EXPECT_EQ(publisher_->checkpoint(0).error().code, ErrorCode::not_found) << "no block yet";
    publish(1);
    EXPECT_EQ(newest().header.height, 1U);
    EXPECT_EQ(newest().size, 3U);
    EXPECT_EQ(newest().header.hash, wire::hash_of_header(chain_.blocks[0].header_bytes));
    chain_.grow(5);
    clock_.advance(CheckpointPublisher::interval - std::chrono::milliseconds{1});
    ASSERT_TRUE(publisher_->publish());
    EXPECT_EQ(newest().header.height, 1U);
    clock_.advance(std::chrono::milliseconds{1});
    ASSERT_TRUE(publisher_->publish());
    EXPECT_EQ(newest().header.height, 5U);
}

TEST_F(PublisherTest, ServesTheCosignaturesThatWereTakenIn) {
    publish(2);
    const auto plain = publisher_->checkpoint(0).value();
    EXPECT_EQ(publisher_->checkpoint(1).error().code, ErrorCode::not_found);
    ASSERT_TRUE(publisher_->add_cosignatures(cosigned(plain, "hospital")));
    ASSERT_TRUE(publisher_->add_cosignatures(cosigned(plain, "regulator")));
    EXPECT_EQ(newest().witnesses.size(), 2U);
    EXPECT_EQ(newest(1), newest(2));
    EXPECT_EQ(newest(2).header.height, 2U);
    publish(3);
    EXPECT_EQ(newest().header.height, 3U);
    EXPECT_TRUE(newest().witnesses.empty());
    EXPECT_EQ(newest(2).header.height, 2U) << "the newest that both have cosigned";
    ASSERT_TRUE(
        publisher_->add_cosignatures(cosigned(publisher_->checkpoint(0).value(), "regulator")));
    EXPECT_EQ(newest(1).header.height, 3U);
    EXPECT_EQ(newest(2).header.height, 2U);
}

TEST_F(PublisherTest, RemembersAcrossARestart) {
    publish(2);
    ASSERT_TRUE(
        publisher_->add_cosignatures(cosigned(publisher_->checkpoint(0).value(), "hospital")));
    const auto before = publisher_->checkpoint(1).value();
    open({"regulator", "hospital"});
    EXPECT_EQ(publisher_->checkpoint(1).value(), before);
    EXPECT_EQ(publisher_->checkpoint(0).value(), before);
    open({"regulator"});
    EXPECT_EQ(publisher_->checkpoint(1).error().code, ErrorCode::not_found)
        << "a witness that is trusted no longer does not count";
}

// Goal: a cosignature counts only from a named witness, on a checkpoint of ours.
TEST_F(PublisherTest, RefusesCosignaturesThatDoNotCount) {
    publish(2);
    const auto plain = publisher_->checkpoint(0).value();
    const auto refused = [&](const std::string& note) {
        return publisher_->add_cosignatures(note).error().code;
    };
    EXPECT_EQ(refused("x"), ErrorCode::malformed);
    EXPECT_EQ(refused(plain), ErrorCode::not_authorised);
    EXPECT_EQ(refused(cosigned(plain, "stranger")), ErrorCode::not_authorised);
    auto broken = decode_note(cosigned(plain, "hospital")).value();
    broken.signatures.back().bytes.back() ^= 1;
    EXPECT_EQ(refused(encode(broken)), ErrorCode::bad_signature);
    auto forged = decode_note(plain).value();
    forged.text.replace(forged.text.find("\n6\n"), 3, "\n7\n");
    EXPECT_EQ(refused(cosigned(encode(forged), "hospital")), ErrorCode::bad_signature);
    forged.signatures = {testing::cosigner("hospital").cosign(forged.text, clock_.now())};
    EXPECT_EQ(refused(encode(forged)), ErrorCode::unknown_signer);
    const auto ahead = clock_.now() + CheckpointPublisher::clock_skew_max;
    auto future = decode_note(plain).value();
    future.signatures.push_back(
        testing::cosigner("hospital").cosign(future.text, ahead + std::chrono::seconds{1}));
    EXPECT_EQ(refused(encode(future)), ErrorCode::malformed);
    future.signatures.back() = testing::cosigner("hospital").cosign(future.text, ahead);
    EXPECT_TRUE(publisher_->add_cosignatures(encode(future)));
}

TEST_F(PublisherTest, AnOldCheckpointGainsNothingOnceANewerOneIsCosigned) {
    publish(2);
    const auto old = publisher_->checkpoint(0).value();
    publish(3);
    ASSERT_TRUE(
        publisher_->add_cosignatures(cosigned(publisher_->checkpoint(0).value(), "hospital")));
    const auto refused = publisher_->add_cosignatures(cosigned(old, "regulator"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_TRUE(publisher_->add_cosignatures(cosigned(cosigned(old, "regulator"), "hospital")))
        << "two cosignatures are more than the newer one has";
    EXPECT_EQ(newest(2).header.height, 2U);
    EXPECT_EQ(newest(1).header.height, 3U);
}

// Goal: a log restored from an older backup signs no second history. Method: the chain is cut back
// and grows otherwise.
TEST_F(PublisherTest, SignsNothingOnceTheChainLacksWhatWasSigned) {
    publish(5);
    const auto signed_before = publisher_->checkpoint(0).value();
    for (const wire::Height height : {4U, 5U, 9U}) {
        chain_.blocks.resize(2);
        chain_.grow(height, 2);
        open({"regulator", "hospital"});
        clock_.advance(CheckpointPublisher::interval);
        const auto published = publisher_->publish();
        ASSERT_FALSE(published) << height;
        EXPECT_EQ(published.error().code, ErrorCode::conflict) << height;
        EXPECT_EQ(publisher_->checkpoint(0).value(), signed_before);
    }
}

TEST_F(PublisherTest, DamagedFilesAndAnotherKeyAreRefusedAtTheStart) {
    publish(2);
    publisher_.reset();
    const auto wrong_key = CheckpointPublisher::open(
        {.blocks = chain_,
         .clock = clock_,
         .signer = {origin_of(testing::chain_id), testing::key_of("other")},
         .policy = policy_,
         .folder = folder_});
    ASSERT_FALSE(wrong_key);
    EXPECT_EQ(wrong_key.error().code, ErrorCode::malformed);
    const auto file = folder_ / "latest.note";
    auto bytes = storage::read_file(file, note_bytes_max).value();
    bytes[bytes.size() / 2] ^= 1;
    ASSERT_TRUE(storage::write_file_synced(file, bytes));
    const auto damaged = CheckpointPublisher::open({.blocks = chain_,
                                                    .clock = clock_,
                                                    .signer = testing::log_signer(),
                                                    .policy = policy_,
                                                    .folder = folder_});
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error().code, ErrorCode::corrupted);
}

}  // namespace
}  // namespace witness
