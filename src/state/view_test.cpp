// SPDX-License-Identifier: Apache-2.0
// Goal: what is written above a view is seen there and, if it is discarded, nowhere else.
#include "state/view.h"

#include <gtest/gtest.h>

#include "state/keys.h"

namespace state {
namespace {

using base::Bytes;

class FixedView final : public StateView {
public:
    base::Result<std::optional<Bytes>> get(base::ByteView key) const override {
        if (broken) return base::fail(base::ErrorCode::corrupted, "broken");
        const auto found = values.find(Bytes(key.begin(), key.end()));
        if (found == values.end()) return std::nullopt;
        return found->second;
    }
    std::map<Bytes, Bytes> values{{{1}, {10}}, {{2}, {20}}};
    bool broken = false;
};

TEST(Overlay, ShowsItsOwnWritesAboveWhatLiesBelow) {
    const FixedView below;
    Overlay overlay(below);
    overlay.put({1}, {11});
    overlay.erase({2});
    overlay.put({3}, {30});
    EXPECT_EQ(overlay.get(Bytes{1}).value(), Bytes{11});
    EXPECT_EQ(overlay.get(Bytes{2}).value(), std::nullopt);
    EXPECT_EQ(overlay.get(Bytes{3}).value(), Bytes{30});
    EXPECT_EQ(below.get(Bytes{1}).value(), Bytes{10});
}

TEST(Overlay, LeavesNothingWhenATransactionFails) {
    const FixedView below;
    Overlay block(below);
    block.put({1}, {11});
    {
        Overlay transaction(block);
        transaction.put({1}, {12});
        transaction.erase({2});
        EXPECT_EQ(transaction.get(Bytes{1}).value(), Bytes{12});
        transaction.discard();
        EXPECT_EQ(transaction.get(Bytes{1}).value(), Bytes{11});
    }
    EXPECT_EQ(block.changes(), (Changes{{{1}, Bytes{11}}}));
}

TEST(Overlay, HandsItsChangesToItsParentInTheOrderOfKeys) {
    const FixedView below;
    Overlay block(below);
    block.put({9}, {1});
    Overlay transaction(block);
    transaction.put({3}, {30});
    transaction.erase({1});
    transaction.put({9}, {2});
    transaction.commit_to_parent();
    EXPECT_TRUE(transaction.changes().empty());
    const Changes expected{{{1}, std::nullopt}, {{3}, Bytes{30}}, {{9}, Bytes{2}}};
    EXPECT_EQ(block.take_changes(), expected);
    EXPECT_TRUE(block.changes().empty());
}

TEST(Overlay, PassesErrorsFromBelow) {
    FixedView below;
    below.broken = true;
    const Overlay overlay(below);
    EXPECT_EQ(overlay.get(Bytes{1}).error().code, base::ErrorCode::corrupted);
}

TEST(StateKeys, AreReadBackAndRefusedWhenTheyAreNotConsents) {
    ConsentKey consent{.patient = {},
                       .grantee = {},
                       .category = wire::Category::imaging,
                       .purpose = wire::Purpose::research};
    consent.patient.bytes[2] = 5;
    consent.grantee.bytes[15] = 6;
    EXPECT_EQ(parse_consent_key(consent_of(consent)), consent);
    EXPECT_EQ(parse_consent_key(replaced_consent_of(consent)), consent);
    EXPECT_NE(consent_of(consent), replaced_consent_of(consent));
    EXPECT_EQ(patient_tree_of(consent_of(consent)), consent.patient);
    EXPECT_EQ(patient_tree_of(key_of(consent.patient)), std::nullopt);
    EXPECT_EQ(parse_consent_key(key_of(consent.patient)), std::nullopt);
    auto wrong = consent_of(consent);
    wrong[33] = 200;
    EXPECT_EQ(parse_consent_key(wrong), std::nullopt);
    wrong = consent_of(consent);
    wrong.push_back(0);
    EXPECT_EQ(parse_consent_key(wrong), std::nullopt);
}

/// Counts what it is asked.
class CountingView final : public StateView {
public:
    base::Result<std::optional<Bytes>> get(base::ByteView key) const override {
        ++asked;
        return below.get(key);
    }
    FixedView below;
    mutable int asked = 0;
};

TEST(RememberingView, AsksForAValueOnce) {
    const CountingView below;
    const RememberingView view(below);
    EXPECT_EQ(view.get(Bytes{1}).value(), Bytes{10});
    EXPECT_EQ(view.get(Bytes{1}).value(), Bytes{10});
    EXPECT_EQ(below.asked, 1);
}

TEST(RememberingView, ShowsWhatWasCommittedSince) {
    CountingView below;
    RememberingView view(below);
    EXPECT_EQ(view.get(Bytes{1}).value(), Bytes{10});
    EXPECT_EQ(view.get(Bytes{2}).value(), Bytes{20});
    below.below.values[{1}] = {11};
    below.below.values.erase({2});
    below.below.values[{3}] = {30};
    view.committed({{{1}, Bytes{11}}, {{2}, std::nullopt}, {{3}, Bytes{30}}});
    EXPECT_EQ(view.get(Bytes{1}).value(), Bytes{11});
    EXPECT_EQ(view.get(Bytes{2}).value(), std::nullopt);
    EXPECT_EQ(view.get(Bytes{3}).value(), Bytes{30});
}

TEST(RememberingView, AsksAgainForWhatWasAbsent) {
    CountingView below;
    const RememberingView view(below);
    EXPECT_EQ(view.get(Bytes{9}).value(), std::nullopt);
    below.below.values[{9}] = {90};
    EXPECT_EQ(view.get(Bytes{9}).value(), Bytes{90});
}

TEST(RememberingView, ForgetsAllOfAStateThatIsReplaced) {
    CountingView below;
    RememberingView view(below);
    EXPECT_EQ(view.get(Bytes{1}).value(), Bytes{10});
    below.below.values[{1}] = {99};
    view.forget();
    EXPECT_EQ(view.get(Bytes{1}).value(), Bytes{99});
}

TEST(RememberingView, KeepsNothingOfAReadThatFailed) {
    CountingView below;
    below.below.broken = true;
    const RememberingView view(below);
    EXPECT_FALSE(view.get(Bytes{1}));
    below.below.broken = false;
    EXPECT_EQ(view.get(Bytes{1}).value(), Bytes{10});
}

}  // namespace
}  // namespace state
