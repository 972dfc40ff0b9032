// SPDX-License-Identifier: Apache-2.0
// Every action by every role: who may is a table, everybody else is refused.
#include <gtest/gtest.h>

#include <set>

#include "crypto/hash.h"
#include "ledger/testing.h"

namespace ledger {
namespace {

using base::ErrorCode;
using testing::Chain;
using testing::Person;
using wire::Role;

constexpr std::uint8_t first_role = 1;
constexpr std::uint8_t last_role = 14;

class RolesTest : public ::testing::Test {
protected:
    /// So many miners that the one among `people`, whose key is rotated, has no turn afterwards.
    RolesTest() : chain({.miners = 20, .demo = true, .seed = 3}) {
        for (auto role = first_role; role <= last_role; ++role) {
            people[static_cast<Role>(role)] = chain.enrolled(static_cast<Role>(role));
        }
        other = chain.enrolled(Role::nurse);
    }
    /// Asks for each role whether `action_of(person)`, sent and signed by that person, is accepted.
    template <class ActionOf>
    void expect_only(const std::set<Role>& allowed, const ActionOf& action_of) {
        for (const auto& [role, person] : people) {
            const auto code = chain.refusal(chain.signed_by(person, action_of(person)));
            const auto wanted = allowed.contains(role) ? ErrorCode{} : ErrorCode::not_authorised;
            EXPECT_EQ(code, wanted) << name_of(role) << ": " << name_of(code);
        }
    }
    std::set<Role> all() const {
        std::set<Role> out;
        for (const auto& [role, person] : people) out.insert(role);
        return out;
    }

    Chain chain;
    std::map<Role, Person> people;
    Person other;
};

TEST_F(RolesTest, OnlyAnAdministratorEnrols) {
    expect_only({Role::administrator},
                [&](const Person&) { return chain.person(Role::family)->enrolment(); });
}

TEST_F(RolesTest, EverybodyRotatesTheOwnKey) {
    expect_only(all(), [&](const Person&) {
        const testing::Identity fresh({}, Role::family);
        return wire::Action{wire::RotateKey{fresh.public_key(), wire::Custody::own_device}};
    });
}

TEST_F(RolesTest, OnlyAnAdministratorRevokesTheKeyOfAnother) {
    expect_only({Role::administrator},
                [&](const Person&) { return wire::Action{wire::RevokeKey{other->id()}}; });
}

TEST_F(RolesTest, EverybodyButAnAdministratorRevokesTheOwnKey) {
    auto allowed = all();
    allowed.erase(Role::administrator);
    expect_only(allowed,
                [&](const Person& self) { return wire::Action{wire::RevokeKey{self->id()}}; });
}

TEST_F(RolesTest, OnlyAKeyGeneratorOrAnAdministratorCertifies) {
    expect_only({Role::administrator, Role::key_generator}, [&](const Person& self) {
        return wire::Action{wire::Certify{wire::Hash256{crypto::sha512_256(self->id().view())},
                                          wire::CertificationEvent::certified}};
    });
}

TEST_F(RolesTest, OnlyAPatientGrantsConsent) {
    expect_only({Role::patient},
                [&](const Person&) { return wire::Action{chain.grant_to(other)}; });
}

TEST_F(RolesTest, OnlyAPatientWithdrawsConsent) {
    const auto consent = chain.grant(people[Role::patient], other);
    expect_only({Role::patient},
                [&](const Person&) { return wire::Action{wire::RevokeConsent{consent}}; });
}

TEST_F(RolesTest, OnlyACloudServerSendsAReport) {
    auto cast = chain.cast();
    for (const auto& [role, person] : people) {
        cast.cloud_server = person;
        const auto code = chain.refusal(chain.signed_report(cast));
        EXPECT_EQ(code, role == Role::cloud_server ? ErrorCode{} : ErrorCode::not_authorised)
            << name_of(role);
    }
}

TEST_F(RolesTest, OnlyADoctorApprovesAReportAndAProgramOnADemoChain) {
    auto cast = chain.cast();
    for (const auto& [role, person] : people) {
        cast.doctor = person;
        cast.consent = chain.grant(cast.patient, person);
        const auto code = chain.refusal(chain.signed_report(cast));
        const bool may = role == Role::doctor || role == Role::demo_program;
        EXPECT_EQ(code, may ? ErrorCode{} : ErrorCode::not_authorised) << name_of(role);
    }
}

TEST_F(RolesTest, OnlyTheNamedDoctorSignsAReport) {
    const auto cast = chain.cast();
    const auto second_signed_by = [&](const Person& person) {
        return chain.refusal(Chain::sign(chain.body(cast.cloud_server, chain.report(cast)),
                                         {cast.cloud_server, person}));
    };
    EXPECT_EQ(second_signed_by(people[Role::doctor]), ErrorCode::wrong_doctor);
    EXPECT_EQ(second_signed_by(people[Role::nurse]), ErrorCode::not_authorised);
    EXPECT_EQ(second_signed_by(people[Role::demo_program]), ErrorCode::not_authorised);
    EXPECT_EQ(second_signed_by(chain.person(Role::doctor)), ErrorCode::unknown_signer);
    EXPECT_EQ(chain.refusal(chain.signed_by(cast.cloud_server, chain.report(cast))),
              ErrorCode::not_authorised);
    // Without the sender's own signature it is not even a transaction.
    auto tx = *wire::decode_transaction(chain.signed_report(cast));
    tx.signatures.erase(tx.signatures.begin());
    EXPECT_EQ(chain.refusal(encode(tx)), ErrorCode::malformed);
    EXPECT_EQ(chain.refusal(Chain::sign(chain.body(cast.cloud_server, chain.report(cast)),
                                        {cast.cloud_server, cast.doctor, cast.patient})),
              ErrorCode::not_authorised);
    EXPECT_EQ(second_signed_by(cast.doctor), ErrorCode{});
}

TEST(Roles, AProgramNeitherJoinsNorApprovesWhereTheGenesisSaysNoDemo) {
    Chain chain;
    const auto program = chain.person(Role::demo_program);
    EXPECT_EQ(chain.refusal(chain.signed_by(chain.admin, program->enrolment())),
              ErrorCode::not_authorised);
}

}  // namespace
}  // namespace ledger
