// SPDX-License-Identifier: Apache-2.0
#include "readmodel/read_model.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "storage/memory_store.h"

namespace readmodel {
namespace {

wire::LedgerId ledger_id(std::uint8_t number) {
    wire::LedgerId id;
    id.bytes[0] = number;
    return id;
}
const auto patient = ledger_id(1);
const auto doctor = ledger_id(2);
const auto cloud = ledger_id(3);
const auto miner = ledger_id(4);
const auto stranger = ledger_id(5);

/// A chain in memory, without rules. New blocks reach followers from the thread that adds them.
class FakeChain final : public chain::BlockSource {
public:
    struct Following final : chain::Subscription {
        explicit Following(FakeChain& of) : chain(of) {}
        ~Following() override { chain.follower_ = nullptr; }
        FakeChain& chain;
    };

    [[nodiscard]] wire::Height height() const override { return blocks_.size(); }
    [[nodiscard]] base::Result<wire::Block> block(wire::Height height) const override {
        ++fetched;
        if (height == 0 || height > blocks_.size()) {
            return base::fail(base::ErrorCode::not_found, "above the tip");
        }
        return blocks_[height - 1];
    }
    std::unique_ptr<chain::Subscription> follow(
        wire::Height from, std::function<void(const wire::Block&)> on_block) override {
        follower_ = std::move(on_block);
        for (auto h = from; h <= height(); ++h) follower_(blocks_[h - 1]);
        return std::make_unique<Following>(*this);
    }
    [[nodiscard]] base::Result<base::Bytes> query(std::string_view, base::ByteView) const override {
        return base::fail(base::ErrorCode::unavailable, "no state here");
    }

    void add(const std::vector<wire::Transaction>& transactions) {
        wire::Block block;
        block.header.chain_id = salt;
        block.header.height = height() + 1;
        if (!blocks_.empty()) {
            block.header.previous_hash = wire::hash_of_header(blocks_.back().header_bytes);
        }
        block.header.time =
            base::from_unix_ms(1'700'000'000'000 + static_cast<std::int64_t>(height()) * 1000);
        block.header.miner = miner;
        block.header_bytes = wire::encode(block.header);
        block.seal.round = height() / 100;
        for (const auto& tx : transactions) block.transactions.push_back(wire::encode(tx));
        blocks_.push_back(block);
        if (follower_) follower_(blocks_.back());
    }

    std::string salt = "test";
    mutable std::uint64_t fetched = 0;

private:
    std::vector<wire::Block> blocks_;
    std::function<void(const wire::Block&)> follower_;
};

class ReadModelTest : public testing::Test {
protected:
    wire::Transaction signed_by(const wire::LedgerId& sender, wire::Action action) {
        wire::Transaction tx;
        tx.body = {.chain_id = "test",
                   .sender = sender,
                   .sequence = ++sequence,
                   .timestamp = base::from_unix_ms(1'700'000'000'000),
                   .action = std::move(action)};
        tx.body_bytes = wire::encode(tx.body);
        wire::SignatureBytes signature;
        signature.bytes[0] = 1;   // r
        signature.bytes[63] = 1;  // s
        tx.signatures = {{.signer = sender, .value = signature}};
        return tx;
    }
    wire::Transaction grant(const wire::LedgerId& to) {
        return signed_by(patient, wire::GrantConsent{.grantee = to,
                                                     .category = wire::Category::vital_signs,
                                                     .purpose = wire::Purpose::treatment,
                                                     .from = base::from_unix_ms(1'000),
                                                     .until = base::from_unix_ms(2'000),
                                                     .token_key_hash = {}});
    }
    wire::Transaction report() {
        wire::Report body;
        body.receiver = doctor;
        body.patient = patient;
        body.category = wire::Category::vital_signs;
        body.content_id.bytes = {0x01, 0x55, 0x12, 0x20};
        body.reading_count = 3;
        body.period_start = base::from_unix_ms(1'000);
        body.period_end = base::from_unix_ms(2'000);
        return signed_by(cloud, body);
    }
    static wire::Hash256 ref_of(const wire::Transaction& tx) {
        return wire::body_ref(tx.body_bytes);
    }
    std::unique_ptr<ReadModel> open() {
        auto opened = ReadModel::open(store, chain);
        EXPECT_TRUE(opened) << opened.error().detail;
        return opened ? *std::move(opened) : nullptr;
    }

    FakeChain chain;
    storage::MemoryStore store;
    std::uint64_t sequence = 0;
};

TEST_F(ReadModelTest, BlocksCommittedBeforeAndAfterTheStartAreListedNewestFirst) {
    chain.add({});
    const auto model = open();
    std::vector<wire::Height> heard;
    model->on_block([&](const wire::Block&, const BlockRow& row) { heard.push_back(row.height); });
    chain.add({grant(doctor), report()});
    chain.add({});
    const auto rows = model->blocks(std::nullopt, 10);
    ASSERT_EQ(rows->size(), 3U);
    EXPECT_EQ((*rows)[0].height, 3U);
    EXPECT_EQ((*rows)[1].transactions, 2U);
    EXPECT_EQ((*rows)[1].miner, miner);
    EXPECT_EQ((*rows)[1].hash, wire::hash_of_header(chain.block(2)->header_bytes));
    EXPECT_EQ(model->blocks(2, 1)->front().height, 2U);
    EXPECT_EQ(model->transaction_count(), 2U);
    EXPECT_EQ(heard, (std::vector<wire::Height>{2, 3}));
    EXPECT_EQ(model->block(4).error().code, base::ErrorCode::not_found);
}

// Goal: start-up does not grow with the chain. Method: count what a second start fetches.
TEST_F(ReadModelTest, ASecondStartFetchesOnlyWhatIsNew) {
    for (int i = 0; i < 2'500; ++i) chain.add({});
    open();
    const auto before = chain.fetched;
    const auto model = open();
    EXPECT_LE(chain.fetched - before, 1U);
    EXPECT_EQ(model->height(), 2'500U);
}

TEST_F(ReadModelTest, ADeletedStoreIsBuiltAnewAlike) {
    chain.add({grant(doctor)});
    chain.add({report()});
    const auto first = open()->consents_of(patient);
    storage::MemoryStore empty;
    const auto second = ReadModel::open(empty, chain);
    ASSERT_TRUE(second);
    EXPECT_EQ(*(*second)->consents_of(patient), *first);
    EXPECT_EQ((*second)->height(), 2U);
}

TEST_F(ReadModelTest, AWithdrawnConsentKeepsBothHeights) {
    const auto granted = grant(doctor);
    chain.add({granted});
    const auto model = open();
    ASSERT_FALSE(model->consent(ref_of(granted))->ended_height);
    chain.add({signed_by(patient, wire::RevokeConsent{ref_of(granted)})});
    const auto consent = model->consent(ref_of(granted));
    ASSERT_TRUE(consent);
    EXPECT_EQ(consent->granted_height, 1U);
    EXPECT_EQ(consent->ended_height, 2U);
    EXPECT_EQ(consent->grantee, doctor);
    EXPECT_EQ(consent->transaction, wire::id_of(granted));
}

TEST_F(ReadModelTest, ANewerGrantOfTheSameTakesTheOldOnesPlace) {
    const auto first = grant(doctor);
    const auto second = grant(doctor);
    const auto other = grant(stranger);
    chain.add({first, other, second});  // in one block, so that the rows are still on their way
    const auto consents = open()->consents_of(patient);
    ASSERT_EQ(consents->size(), 3U);
    EXPECT_EQ((*consents)[0].ended_height, 1U);
    EXPECT_FALSE((*consents)[1].ended_height);
    EXPECT_FALSE((*consents)[2].ended_height);
}

TEST_F(ReadModelTest, AConsentGrantedAndWithdrawnInOneBlockIsEnded) {
    const auto granted = grant(doctor);
    chain.add({granted, signed_by(patient, wire::RevokeConsent{ref_of(granted)})});
    EXPECT_EQ(open()->consent(ref_of(granted))->ended_height, 1U);
}

TEST_F(ReadModelTest, EveryoneConcernedIsNamedAndNobodyElse) {
    const auto sent = report();
    chain.add({sent});
    const auto model = open();
    for (const auto& id : {patient, doctor, cloud})
        EXPECT_TRUE(*model->names(wire::id_of(sent), id));
    EXPECT_FALSE(*model->names(wire::id_of(sent), stranger));
    EXPECT_EQ(model->names({}, doctor).error().code, base::ErrorCode::not_found);
    const auto reports = model->reports_of(patient, 10);
    ASSERT_EQ(reports->size(), 1U);
    EXPECT_EQ(reports->front().id, wire::id_of(sent));
    EXPECT_TRUE(model->reports_of(doctor, 10)->empty());
}

TEST_F(ReadModelTest, SearchFindsHeightsIdsHashesAndTheirBeginnings) {
    const auto sent = report();
    chain.add({});
    chain.add({sent});
    const auto model = open();
    const auto tx = base::to_hex(wire::id_of(sent).view());
    const auto hash = base::to_hex(model->block(2)->hash.view());
    for (const auto& query : {tx, tx.substr(0, 8), tx.substr(0, 9), tx.substr(0, 127)}) {
        const auto found = model->search(query, 10);
        ASSERT_EQ(found->size(), 1U) << query;
        EXPECT_EQ(found->front().kind, Found::Kind::transaction);
        EXPECT_EQ(base::to_hex(found->front().id), tx);
        EXPECT_EQ(found->front().height, 2U);
    }
    for (const auto& query : {std::string("2"), hash, hash.substr(0, 11)}) {
        const auto found = model->search(query, 10);
        ASSERT_EQ(found->size(), 1U) << query;
        EXPECT_EQ(found->front().kind, Found::Kind::block);
        EXPECT_EQ(base::to_hex(found->front().id), hash);
    }
}

TEST_F(ReadModelTest, SearchOfNonsenseFindsNothing) {
    chain.add({report()});
    const auto model = open();
    for (const std::string query :
         {"", "0", "99", "abcdef", "zzzzzzzz", "ABCDEF0123", "99999999999999999999", "%", "-1",
          "ffffffffffffffff", "\xff\xff\xff\xff\xff\xff\xff\xff"}) {
        EXPECT_TRUE(model->search(query, 10)->empty()) << query;
    }
    EXPECT_TRUE(model->search(std::string(129, 'a'), 10)->empty());
    EXPECT_TRUE(model->search(std::string(100'000, '1'), 10)->empty());
}

TEST_F(ReadModelTest, AnotherChainsStoreIsRefusedByName) {
    chain.add({});
    open();
    FakeChain other;
    other.salt = "elsewhere";
    other.add({});
    EXPECT_EQ(ReadModel::open(store, other).error().code, base::ErrorCode::corrupted);
    FakeChain cut_back;
    EXPECT_EQ(ReadModel::open(store, cut_back).error().code, base::ErrorCode::corrupted);
}

TEST_F(ReadModelTest, AFullDiskIsSaidAndMadeGoodWithTheNextBlock) {
    const auto model = open();
    const auto granted = grant(doctor);
    store.set_full(true);
    chain.add({granted});
    ASSERT_TRUE(model->failure());
    EXPECT_FALSE(model->wait_for(1, std::chrono::milliseconds{1}));
    EXPECT_EQ(model->failure()->code, base::ErrorCode::storage_full);
    EXPECT_EQ(model->height(), 0U);
    store.set_full(false);
    chain.add({});
    EXPECT_FALSE(model->failure());
    EXPECT_TRUE(model->wait_for(2, std::chrono::milliseconds{0}));
    EXPECT_EQ(model->height(), 2U);
    EXPECT_TRUE(model->consent(ref_of(granted)));
}

}  // namespace
}  // namespace readmodel
