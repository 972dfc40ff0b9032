// SPDX-License-Identifier: Apache-2.0
// Goal: a version's entries come once each, in the order that state/entry.h defines, from any place
// on. Method: random trees against the oracle's list of entries.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "state/internal/grown_tree.h"
#include "state/tree.h"

namespace state {
namespace {

using namespace testing;
using Listed = std::vector<std::pair<Position, base::Bytes>>;

EntryVisitor into(Listed& out) {
    return [&out](const Entry& entry) {
        out.emplace_back(position_of(entry), base::Bytes(entry.value.begin(), entry.value.end()));
        return true;
    };
}

Listed listed(const std::map<Position, base::Bytes>& entries) {
    return {entries.begin(), entries.end()};
}

TEST(StateVisit, MeetsEachEntryOfEachVersionInOrder) {
    base::SeededRandom random(21);
    Grown grown;
    std::vector<Listed> history;
    for (wire::Height version = 0; version < 20; ++version) {
        grown.commit(version, random_changes(random, 60, 300));
        history.push_back(listed(grown.oracle.entries()));
    }
    for (wire::Height version = 0; version < 20; ++version) {
        Listed met;
        ASSERT_TRUE(grown.tree->visit(version, into(met)));
        ASSERT_EQ(met, history[version]) << "version " << version;
    }
    EXPECT_EQ(grown.tree->visit(20, [](const Entry&) { return true; }).error().code,
              base::ErrorCode::not_found);
}

TEST(StateVisit, NamesThePatientInWhoseTreeAnEntryStands) {
    Grown grown;
    grown.commit(0, {{numbered_consent(1, 2), value_of(3)}, {numbered_key(5), value_of(4)}});
    std::vector<base::Bytes> main;
    std::vector<base::Bytes> own;
    ASSERT_TRUE(grown.tree->visit(0, [&](const Entry& entry) {
        EXPECT_EQ(entry.patient.value_or(numbered_id(1)), numbered_id(1));
        (entry.patient ? own : main).emplace_back(entry.key.begin(), entry.key.end());
        return true;
    }));
    EXPECT_THAT(main, ::testing::UnorderedElementsAre(sentinel_key(), numbered_key(5),
                                                      patient_of(numbered_id(1))));
    EXPECT_THAT(own, ::testing::UnorderedElementsAre(sentinel_key(), numbered_consent(1, 2)));
}

TEST(StateVisit, BeginsAtAnyPlace) {
    base::SeededRandom random(22);
    Grown grown;
    for (wire::Height version = 0; version < 8; ++version) {
        grown.commit(version, random_changes(random, 60, 150));
    }
    const auto all = grown.oracle.entries();
    std::vector<Position> places;
    for (const auto& [place, value] : all) {
        places.push_back(place);
        // Right behind it, and at a random place in the same own tree or in its leaf's stead.
        auto behind = place;
        auto& path = behind.own ? *behind.own : behind.main;
        path.bytes[31] = static_cast<std::uint8_t>(path.bytes[31] + 1);
        places.push_back(behind);
        places.push_back({.main = place.main, .own = base::draw<wire::Hash256>(random)});
        places.push_back({.main = base::draw<wire::Hash256>(random), .own = std::nullopt});
    }
    for (const auto& place : places) {
        Listed met;
        ASSERT_TRUE(grown.tree->visit_from(7, place, into(met)));
        ASSERT_EQ(met, Listed(all.lower_bound(place), all.end()));
    }
}

TEST(StateVisit, StopsWhereTheVisitorSaysSo) {
    base::SeededRandom random(23);
    Grown grown;
    grown.commit(0, random_changes(random, 100, 100));
    const auto count = grown.oracle.entries().size();
    for (std::size_t stop = 1; stop <= count; ++stop) {
        std::size_t met = 0;
        ASSERT_TRUE(grown.tree->visit(0, [&](const Entry&) { return ++met < stop; }));
        ASSERT_EQ(met, stop);
    }
}

}  // namespace
}  // namespace state
