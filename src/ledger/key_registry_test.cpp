// SPDX-License-Identifier: Apache-2.0
// Keys come, change and go, as a chain sees them.
#include <gtest/gtest.h>

#include "chain/queries.h"
#include "ledger/testing.h"

namespace ledger {
namespace {

using base::ErrorCode;
using testing::Chain;
using testing::Identity;
using testing::Person;
using wire::Role;

class KeyRegistryTest : public ::testing::Test {
protected:
    base::Result<chain::KeyView> key_of(const Person& person) {
        const auto answer = chain.app->query(chain::path::key, person->id().view());
        if (!answer) return base::pass(answer);
        return chain::encoding::decode_key_view(*answer);
    }
    static ErrorCode outcome(const Finalized& mined, std::size_t index) {
        return static_cast<ErrorCode>(mined.results[index].code);
    }
    Chain chain;
};

TEST_F(KeyRegistryTest, AnIdIsEnrolledOnce) {
    const auto doctor = chain.enrolled(Role::doctor);
    EXPECT_EQ(chain.refusal(chain.signed_by(chain.admin, doctor->enrolment())),
              ErrorCode::conflict);
    const auto twice = chain.person(Role::nurse);
    const auto mined = chain.mine({chain.signed_by(chain.admin, twice->enrolment()),
                                   chain.signed_by(chain.admin, twice->enrolment())});
    EXPECT_EQ(outcome(mined, 0), ErrorCode{});
    EXPECT_EQ(outcome(mined, 1), ErrorCode::conflict);
}

TEST_F(KeyRegistryTest, AKeyWorksFromTheNextBlockOn) {
    const auto patient = chain.person(Role::patient);
    const auto fresh = Identity(patient->id(), Role::patient);
    const auto rotation = wire::RotateKey{fresh.public_key(), wire::Custody::node};
    const auto mined = chain.mine(
        {chain.signed_by(chain.admin, patient->enrolment()), chain.signed_by(patient, rotation)});
    EXPECT_EQ(outcome(mined, 0), ErrorCode{});
    EXPECT_EQ(outcome(mined, 1), ErrorCode::unknown_signer);
    EXPECT_EQ(key_of(patient)->valid_from, chain.app->info().height + 1);
    EXPECT_EQ(chain.refusal(chain.signed_by(patient, rotation)), ErrorCode{});
}

TEST_F(KeyRegistryTest, RefusesAKeyThatIsNoPointOfTheCurve) {
    const auto person = chain.person(Role::nurse);
    auto enrolment = std::get<wire::Enrol>(person->enrolment());
    enrolment.public_key.bytes[40] ^= 1;
    EXPECT_EQ(chain.refusal(chain.signed_by(chain.admin, enrolment)), ErrorCode::bad_key);
    enrolment.public_key = {};
    EXPECT_EQ(chain.refusal(chain.signed_by(chain.admin, enrolment)), ErrorCode::bad_key);
    enrolment.public_key = person->public_key();
    enrolment.subject = {};
    EXPECT_EQ(chain.refusal(chain.signed_by(chain.admin, enrolment)), ErrorCode::malformed);
    EXPECT_EQ(chain.refusal(chain.signed_by(
                  chain.admin, wire::RotateKey{enrolment.public_key, wire::Custody::node})),
              ErrorCode{});
}

// Goal: the old key signs up to the rotation's block, the new one from the next. Method: both,
// before and after, and a second change in the same block.
TEST_F(KeyRegistryTest, ARotationTakesEffectWithTheNextBlock) {
    const auto cast = chain.cast();
    const auto fresh = std::make_shared<Identity>(cast.doctor->id(), Role::doctor);
    const auto another = std::make_shared<Identity>(cast.doctor->id(), Role::doctor);
    auto with_new = cast;
    with_new.doctor = fresh;
    const auto rotation = wire::RotateKey{fresh->public_key(), wire::Custody::own_device};
    const auto mined =
        chain.mine({chain.signed_report(cast), chain.signed_by(cast.doctor, rotation),
                    chain.signed_report(cast), chain.signed_report(with_new),
                    chain.signed_by(cast.doctor,
                                    wire::RotateKey{another->public_key(), wire::Custody::node})});
    EXPECT_EQ(outcome(mined, 0), ErrorCode{});
    EXPECT_EQ(outcome(mined, 1), ErrorCode{});
    EXPECT_EQ(outcome(mined, 2), ErrorCode{});
    EXPECT_EQ(outcome(mined, 3), ErrorCode::bad_signature);
    EXPECT_EQ(outcome(mined, 4), ErrorCode::conflict);
    EXPECT_EQ(key_of(cast.doctor)->custody, wire::Custody::own_device);
    EXPECT_EQ(key_of(cast.doctor)->public_key, fresh->public_key());
    EXPECT_EQ(chain.refusal(chain.signed_report(cast)), ErrorCode::bad_signature);
    EXPECT_EQ(chain.refusal(chain.signed_report(with_new)), ErrorCode{});
    EXPECT_EQ(chain.refusal(chain.signed_by(fresh, rotation)), ErrorCode::conflict);
}

TEST_F(KeyRegistryTest, ARevokedKeyEndsWithItsBlock) {
    const auto cast = chain.cast();
    const auto mined =
        chain.mine({chain.signed_by(chain.admin, wire::RevokeKey{cast.doctor->id()}),
                    chain.signed_report(cast),
                    chain.signed_by(chain.admin, wire::RevokeKey{cast.doctor->id()})});
    EXPECT_EQ(outcome(mined, 0), ErrorCode{});
    EXPECT_EQ(outcome(mined, 1), ErrorCode{});
    EXPECT_EQ(outcome(mined, 2), ErrorCode::conflict);
    EXPECT_EQ(chain.refusal(chain.signed_report(cast)), ErrorCode::key_not_valid);
    EXPECT_EQ(key_of(cast.doctor)->valid_until, mined.results[0].place->height + 1);
    EXPECT_EQ(chain.refusal(chain.signed_by(chain.admin, wire::RevokeKey{cast.doctor->id()})),
              ErrorCode::conflict);
}

TEST_F(KeyRegistryTest, NobodyIsRevokedWhoNeverWas) {
    EXPECT_EQ(chain.refusal(
                  chain.signed_by(chain.admin, wire::RevokeKey{chain.person(Role::nurse)->id()})),
              ErrorCode::not_found);
}

TEST_F(KeyRegistryTest, AChainKeepsAnAdministrator) {
    EXPECT_EQ(chain.refusal(chain.signed_by(chain.admin, wire::RevokeKey{chain.admin->id()})),
              ErrorCode::not_authorised);
    const auto second = chain.enrolled(Role::administrator);
    const auto mined = chain.mine({chain.signed_by(chain.admin, wire::RevokeKey{second->id()}),
                                   chain.signed_by(second, wire::RevokeKey{chain.admin->id()})});
    EXPECT_EQ(outcome(mined, 0), ErrorCode{});
    EXPECT_EQ(outcome(mined, 1), ErrorCode::key_not_valid);
}

TEST_F(KeyRegistryTest, AChainKeepsAMiner) {
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(
            chain.refusal(chain.signed_by(chain.admin, wire::RevokeKey{chain.miners[i]->id()})),
            ErrorCode{});
    }
    EXPECT_EQ(chain.refusal(chain.signed_by(chain.admin, wire::RevokeKey{chain.miners[2]->id()})),
              ErrorCode::conflict);
    const auto next = chain.enrolled(Role::miner);
    chain.miners.push_back(next);
    EXPECT_EQ(chain.refusal(chain.signed_by(chain.admin, wire::RevokeKey{chain.miners[2]->id()})),
              ErrorCode{});
    EXPECT_EQ(chain.app->next_turn()->miner, next->id());
}

TEST_F(KeyRegistryTest, AnEnrolledMinerJoinsTheOrderOfMining) {
    const auto newcomer = chain.enrolled(Role::miner);
    const auto answer = chain.app->query(chain::path::mining, {});
    ASSERT_TRUE(answer);
    const auto mining = chain::encoding::decode_mining_view(*answer);
    ASSERT_TRUE(mining);
    ASSERT_EQ(mining->miners.size(), 4U);
    EXPECT_EQ(mining->miners.back().id, newcomer->id());
    EXPECT_EQ(mining->miners.back().joined_height, 1U);
    EXPECT_EQ(mining->miners.front().turns, 1U);
    EXPECT_EQ(mining->miners.back().turns, 0U);
    EXPECT_EQ(mining->next, 1U);
    EXPECT_EQ(mining->coming,
              (std::vector<std::uint64_t>{1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0}));
}

TEST_F(KeyRegistryTest, RefusesAKeyThatIsOrWasSomebodyElses) {
    const auto cast = chain.cast();
    const auto twin = [&](const wire::PublicKeyBytes& key) {
        auto enrolment = std::get<wire::Enrol>(chain.person(Role::nurse)->enrolment());
        enrolment.public_key = key;
        return chain.refusal(chain.signed_by(chain.admin, enrolment));
    };
    EXPECT_EQ(twin(cast.doctor->public_key()), ErrorCode::duplicate_key);
    const auto rotated = [&](const testing::Person& person, const wire::PublicKeyBytes& key) {
        return chain.refusal(chain.signed_by(person, wire::RotateKey{key, wire::Custody::node}));
    };
    EXPECT_EQ(rotated(cast.patient, cast.doctor->public_key()), ErrorCode::duplicate_key);
    const auto old_key = cast.doctor->public_key();
    const auto fresh = std::make_shared<testing::Identity>(cast.doctor->id(), Role::doctor);
    EXPECT_EQ(rotated(cast.doctor, fresh->public_key()), ErrorCode{});
    EXPECT_EQ(twin(old_key), ErrorCode::duplicate_key) << "one that was rotated away";
    EXPECT_EQ(rotated(fresh, old_key), ErrorCode::duplicate_key) << "not even by its owner";
    chain.must_accept({chain.signed_by(chain.admin, wire::RevokeKey{cast.doctor->id()})});
    EXPECT_EQ(twin(fresh->public_key()), ErrorCode::duplicate_key) << "one that is revoked";
    // Two within one block.
    auto first = std::get<wire::Enrol>(chain.person(Role::nurse)->enrolment());
    auto second = std::get<wire::Enrol>(chain.person(Role::nurse)->enrolment());
    second.public_key = first.public_key;
    const auto mined =
        chain.mine({chain.signed_by(chain.admin, first), chain.signed_by(chain.admin, second)});
    EXPECT_EQ(outcome(mined, 0), ErrorCode{});
    EXPECT_EQ(outcome(mined, 1), ErrorCode::duplicate_key);
}

}  // namespace
}  // namespace ledger
