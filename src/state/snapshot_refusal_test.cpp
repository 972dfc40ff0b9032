// SPDX-License-Identifier: Apache-2.0
// Goal: a snapshot that is not the state it names is refused with the reason, and nothing of it
// stays. Method: sound snapshots changed entry by entry and bit by bit, with hashes that hold.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "base/testing.h"
#include "crypto/hash.h"
#include "state/internal/made_snapshot.h"
#include "state/keys.h"
#include "state/proof.h"
#include "state/snapshot.h"

namespace state {
namespace {

using base::Bytes;
using base::ErrorCode;
using namespace testing;

/// A snapshot of one chunk with any entries: its hashes hold, whatever it says.
Snapshot claimed(const std::vector<SnapshotEntry>& entries, const wire::Hash256& root) {
    Snapshot out;
    out.chunks.push_back(encode(SnapshotChunk{.height = 7, .index = 0, .entries = entries}));
    out.metadata = {.height = 7, .root = root, .entries = entries.size(), .chunks = {}};
    out.metadata.chunks.push_back(
        {.hash = {crypto::sha256(out.chunks[0])},
         .first = {
             .main = path_of(entries.empty() ? Bytes{}
                                             : Bytes(entries[0].key.begin(), entries[0].key.end())),
             .own = std::nullopt}});
    return out;
}

/// The entries of a sound snapshot: three keys and a patient with one consent.
class LyingSnapshot : public ::testing::Test {
protected:
    void SetUp() override {
        grown_.commit(7, {{numbered_key(1), value_of(1)},
                          {numbered_key(2), value_of(2)},
                          {numbered_key(3), value_of(3)},
                          {numbered_consent(1, 2), value_of(4)}});
        sound_ = snapshot_of(*grown_.tree, 7);
        entries_ = decode_snapshot_chunk(sound_.chunks[0]).value().entries;
        while (entries_[patient_].key[0] != patient_of({})[0]) ++patient_;
        ASSERT_EQ(entries_.size(), 7U);
        ASSERT_TRUE(entries_[patient_ + 2].own);
    }
    /// The reason for which the entries are refused, at whichever step. Nothing may be left.
    static std::string refusal(const Snapshot& snapshot) {
        storage::MemoryStore disk;
        auto import = SnapshotImport::begin(disk, snapshot.metadata);
        if (!import) return import.error().detail;
        auto outcome = (*import)->apply(0, snapshot.chunks[0]);
        if (outcome) {
            storage::WriteBatch batch;
            outcome = (*import)->finish(batch);
            EXPECT_EQ(outcome.has_value(), !batch.empty());
        }
        if (outcome) return "nothing";
        EXPECT_EQ(outcome.error().code, ErrorCode::malformed);
        EXPECT_TRUE(dump(disk).empty());
        EXPECT_TRUE(StateTree::open(disk).value()->empty());
        return outcome.error().detail;
    }
    std::string refusal() const { return refusal(claimed(entries_, sound_.metadata.root)); }
    /// Where a main entry other than the patient's leaf stands.
    std::size_t plain() const { return patient_ == 0 ? 3 : 0; }

    Grown grown_;
    Snapshot sound_;
    std::vector<SnapshotEntry> entries_;
    std::size_t patient_ = 0;
};

TEST_F(LyingSnapshot, IsNotWhatATruthfulOneIs) {
    EXPECT_EQ(refusal(), "nothing");
}

TEST_F(LyingSnapshot, IsRefusedWithAnEntryLeftOut) {
    for (std::size_t left_out = 0; left_out < 7; ++left_out) {
        auto some = entries_;
        some.erase(some.begin() + static_cast<std::ptrdiff_t>(left_out));
        EXPECT_NE(refusal(claimed(some, sound_.metadata.root)), "nothing") << left_out;
    }
}

TEST_F(LyingSnapshot, IsRefusedWithAnotherValue) {
    const auto other = value_of(99);
    for (std::size_t i = 0; i < 7; ++i) {
        auto some = entries_;
        some[i].value = other;
        EXPECT_NE(refusal(claimed(some, sound_.metadata.root)), "nothing") << i;
    }
}

TEST_F(LyingSnapshot, IsRefusedOutOfOrder) {
    const auto at = static_cast<std::ptrdiff_t>(patient_);
    std::swap(entries_[patient_ + 1], entries_[patient_ + 2]);
    EXPECT_NE(refusal().find("entry " + std::to_string(at + 2) + " is out of order"),
              std::string::npos);
    std::swap(entries_[patient_ + 1], entries_[patient_ + 2]);
    std::rotate(entries_.begin() + at, entries_.begin() + at + 3, entries_.end());
    EXPECT_NE(refusal(), "nothing");
}

TEST_F(LyingSnapshot, IsRefusedWithAKeyTwice) {
    entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(plain()), entries_[plain()]);
    EXPECT_NE(refusal().find("is out of order"), std::string::npos);
}

TEST_F(LyingSnapshot, IsRefusedWithoutThePatientsOwnTree) {
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(patient_ + 1),
                   entries_.begin() + static_cast<std::ptrdiff_t>(patient_ + 3));
    EXPECT_NE(refusal().find("own tree is missing"), std::string::npos);
}

TEST_F(LyingSnapshot, IsRefusedWithAnotherTreeThanThePatientsLeafSays) {
    const auto other = value_of(5);
    entries_[patient_ + 2].value = other;
    EXPECT_NE(refusal().find("has another root than its leaf says"), std::string::npos);
}

TEST_F(LyingSnapshot, IsRefusedWithAConsentInTheMainTree) {
    auto consent = entries_[patient_ + 2];
    consent.own = false;
    EXPECT_NE(refusal(claimed({consent}, {})).find("cannot stand in the main tree"),
              std::string::npos);
}

TEST_F(LyingSnapshot, IsRefusedWithAnotherPatientsConsent) {
    const auto other = numbered_consent(2, 2);
    entries_[patient_ + 2].key = other;
    EXPECT_NE(refusal().find("cannot stand in that patient's own tree"), std::string::npos);
}

TEST_F(LyingSnapshot, IsRefusedWithAConsentKeyThatIsCutShort) {
    entries_[patient_ + 2].key = entries_[patient_ + 2].key.first(20);
    EXPECT_NE(refusal().find("cannot stand in that patient's own tree"), std::string::npos);
}

TEST_F(LyingSnapshot, IsRefusedWithAnOrdinaryKeyInAPatientsTree) {
    const auto other = numbered_key(9);
    entries_[patient_ + 2].key = other;
    EXPECT_NE(refusal().find("cannot stand in that patient's own tree"), std::string::npos);
}

TEST_F(LyingSnapshot, IsRefusedWithAnOwnEntryBeforeAnyPatient) {
    auto snapshot = claimed({{.own = true, .key = entries_[0].key, .value = entries_[0].value}},
                            sound_.metadata.root);
    EXPECT_NE(refusal(snapshot).find("does not begin as the metadata says"), std::string::npos);
    const auto main = entries_[plain()];
    const auto own = entries_[patient_ + 1];
    EXPECT_NE(
        refusal(claimed({main, own}, sound_.metadata.root)).find("no patient's leaf is before it"),
        std::string::npos);
}

TEST_F(LyingSnapshot, IsRefusedWithAPatientsLeafThatIsNone) {
    auto some = entries_;
    some[patient_].key = some[patient_].key.first(16);
    EXPECT_NE(refusal(claimed({some[patient_]}, {})).find("is no patient's leaf"),
              std::string::npos);
    some = entries_;
    some[patient_].value = some[patient_].value.first(31);
    EXPECT_NE(refusal(claimed({some[patient_]}, {})).find("is no patient's leaf"),
              std::string::npos);
}

TEST_F(LyingSnapshot, IsRefusedWithAnEmptyKey) {
    EXPECT_NE(refusal(claimed({{.own = false, .key = {}, .value = {}}}, {}))
                  .find("cannot stand in the main tree"),
              std::string::npos);
}

TEST_F(LyingSnapshot, IsRefusedWhenItsMetadataSaysOtherwise) {
    auto other = claimed(entries_, sound_.metadata.root);
    other.metadata.height = 8;
    EXPECT_NE(refusal(other).find("does not begin as the metadata says"), std::string::npos);
    other = claimed(entries_, sound_.metadata.root);
    other.metadata.entries += 1;
    EXPECT_NE(refusal(other).find("the number"), std::string::npos);
    other = claimed(entries_, sound_.metadata.root);
    other.metadata.root.bytes[0] ^= 1;
    EXPECT_NE(refusal(other).find("do not have the root"), std::string::npos);
    other = claimed(entries_, sound_.metadata.root);
    other.metadata.chunks[0].first.main.bytes[5] ^= 1;
    EXPECT_NE(refusal(other).find("does not begin as the metadata says"), std::string::npos);
    other = claimed(entries_, sound_.metadata.root);
    other.metadata.chunks.clear();
    EXPECT_NE(refusal(other).find("names no chunk"), std::string::npos);
}

TEST_F(LyingSnapshot, IsRefusedWhereItsBytesAreNoChunk) {
    const auto good = sound_.chunks[0];
    const auto refused = [&](const Bytes& bytes) {
        auto snapshot = sound_;
        snapshot.chunks[0] = bytes;
        snapshot.metadata.chunks[0].hash = {crypto::sha256(bytes)};
        return refusal(snapshot);
    };
    ASSERT_EQ(refused(good), "nothing");
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_NE(refused(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))),
                  "nothing")
            << size;
    }
    for (std::size_t bit = 0; bit < good.size() * 8; bit += base::testing::stride) {
        auto bad = good;
        bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_NE(refused(bad), "nothing") << bit;
    }
    auto bad = good;
    bad.push_back(0);
    EXPECT_NE(refused(bad).find("cut short"), std::string::npos);
    bad = good;
    bad[20] = 2;
    EXPECT_NE(refused(bad).find("of no known kind"), std::string::npos);
    EXPECT_NE(refused(Bytes(good.begin(), good.begin() + 20)).find("holds no entry"),
              std::string::npos);
    const auto large = Bytes(snapshot_chunk_bytes_max + 1);
    EXPECT_EQ(decode_snapshot_chunk(large).error().code, ErrorCode::too_large);
}

TEST_F(LyingSnapshot, HasMetadataThatDecodesToItselfOrNotAtAll) {
    base::SeededRandom random(47);
    Grown large;
    large.commit(7, large_changes(random, 900));
    const auto good = encode(snapshot_of(*large.tree, 7).metadata);
    ASSERT_EQ(encode(decode_snapshot_metadata(good).value()), good);
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_FALSE(decode_snapshot_metadata(base::ByteView(good).first(size))) << size;
    }
    auto longer = good;
    longer.push_back(0);
    EXPECT_FALSE(decode_snapshot_metadata(longer));
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        auto bad = good;
        bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        const auto decoded = decode_snapshot_metadata(bad);
        EXPECT_EQ(decoded ? encode(*decoded) : bad, bad);
    }
    auto unordered = decode_snapshot_metadata(good).value();
    std::swap(unordered.chunks[0].first, unordered.chunks[1].first);
    EXPECT_NE(decode_snapshot_metadata(encode(unordered)).error().detail.find("does not begin"),
              std::string::npos);
    EXPECT_EQ(decode_snapshot_metadata(Bytes(snapshot_metadata_bytes_max + 1)).error().code,
              ErrorCode::too_large);
}

}  // namespace
}  // namespace state
