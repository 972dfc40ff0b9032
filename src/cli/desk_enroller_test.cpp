// SPDX-License-Identifier: Apache-2.0
// The desk of a node whose chain stands still: no quorum, or a block that takes long.
#include "cli/desk_enroller.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "chain/queries.h"
#include "cli/closable_submitter.h"
#include "cli/enrolment_world.h"
#include "gateway/broker_config.h"
#include "keyagreement/credentials.h"
#include "storage/files.h"

namespace cli {
namespace {

using base::ErrorCode;
using identity::DeviceState;
using namespace std::chrono_literals;

/// A chain that makes blocks when it is told to. An envelope is the record's hash and the event.
class SlowChain final : public chain::TransactionSubmitter, public chain::BlockSource {
public:
    static base::Bytes envelope_of(const wire::Certify& certify) {
        const auto hash = certify.record_hash.view();
        base::Bytes out(hash.begin(), hash.end());
        out.push_back(static_cast<std::uint8_t>(certify.event));
        return out;
    }
    void submit(base::Bytes envelope, Done done) override {
        std::unique_lock lock(mutex_);
        ++submitted_;
        waiting_.emplace_back(std::move(envelope), std::move(done));
        const bool at_once = running_;
        lock.unlock();
        if (at_once) make_block();
    }
    /// From now on every transaction is in a block at once.
    void run() {
        {
            const std::scoped_lock lock(mutex_);
            running_ = true;
        }
        make_block();
    }
    /// As an engine whose height is overdue.
    void give_up() {
        for (const auto& [envelope, done] : take()) {
            done(base::fail(ErrorCode::unavailable, "no quorum"));
        }
    }
    [[nodiscard]] std::size_t submitted() const {
        const std::scoped_lock lock(mutex_);
        return submitted_;
    }
    [[nodiscard]] bool shows_revoked(const wire::Hash256& record) const {
        const std::scoped_lock lock(mutex_);
        return revoked_.contains(record);
    }

    [[nodiscard]] wire::Height height() const override { return 1; }
    [[nodiscard]] base::Result<wire::Block> block(wire::Height) const override {
        return base::fail(ErrorCode::not_found, "no test looks at blocks");
    }
    [[nodiscard]] std::unique_ptr<chain::Subscription> follow(
        wire::Height, std::function<void(const wire::Block&)>) override {
        return nullptr;
    }
    [[nodiscard]] base::Result<base::Bytes> query(std::string_view,
                                                  base::ByteView data) const override {
        const std::scoped_lock lock(mutex_);
        const auto record = *wire::Hash256::from(data);
        if (!certified_.contains(record)) return base::fail(ErrorCode::not_found, "not there");
        return chain::encoding::encode(chain::CertificationView{
            .certifier = {}, .certified_height = 1, .revoked_height = revoked_.contains(record)});
    }

private:
    std::deque<std::pair<base::Bytes, Done>> take() {
        const std::scoped_lock lock(mutex_);
        return std::exchange(waiting_, {});
    }
    void make_block() {
        for (const auto& [envelope, done] : take()) done(execute(envelope));
    }
    base::Result<chain::Committed> execute(base::ByteView envelope) {
        const std::scoped_lock lock(mutex_);
        const auto record = *wire::Hash256::from(envelope.first(wire::Hash256::size_bytes));
        const bool revokes =
            envelope.back() == static_cast<std::uint8_t>(wire::CertificationEvent::revoked);
        if (revokes && !certified_.contains(record)) {
            return base::fail(ErrorCode::not_found, "no record of this hash was certified");
        }
        if (!(revokes ? revoked_ : certified_).insert(record).second) {
            return base::fail(ErrorCode::conflict, "it is there already");
        }
        return chain::Committed{};
    }

    mutable std::mutex mutex_;  // guards all below
    std::deque<std::pair<base::Bytes, Done>> waiting_;
    std::set<wire::Hash256> certified_;
    std::set<wire::Hash256> revoked_;
    std::size_t submitted_ = 0;
    bool running_ = false;
};

class DeskEnrollerTest : public ::testing::Test {
protected:
    DeskEnrollerTest() {
        EXPECT_TRUE(storage::make_folder(world.folder.broker()));
        EXPECT_TRUE(storage::write_file_synced(gateway::BrokerFiles{world.folder.broker()}.ca(),
                                               base::as_bytes("a CA")));
        // The PDA and the cloud server, as at a node's first start.
        sender.emplace(sender_parts());
    }
    CertificationSender::Parts sender_parts() {
        return {.submitter = submitter,
                .blocks = chain,
                .sign = [](const wire::Certify& certify) -> base::Result<base::Bytes> {
                    return SlowChain::envelope_of(certify);
                },
                .on_error = [this](const base::Error&) { ++complaints; }};
    }
    DeviceDesk desk() {
        return {.folder = world.folder,
                .broker = {},
                .keys = *world.keys,
                .directory = *world.directory,
                .clock = world.clock,
                .random = world.random,
                .chain = &*sender};
    }
    api::DeviceClaim claim() {
        api::DeviceClaim out;
        out.patient = world.patient;
        out.static_public = own.public_key();
        out.label = "Wrist band";
        out.vitals = {wire::Vital::spo2};
        return out;
    }
    std::uint32_t issued() { return world.generator()->domain(world.patient)->issued; }

    EnrolmentWorld world;
    SlowChain chain;
    ClosableSubmitter submitter{chain};
    std::atomic<int> complaints = 0;
    std::optional<CertificationSender> sender;
    crypto::X25519PrivateKey own = crypto::X25519PrivateKey::draw(world.random);
};

TEST_F(DeskEnrollerTest, WhenNoBlockComesPairingIsUnavailableAndTheSameRequestGetsItsGrantLater) {
    DeskEnroller enroller(desk(), 1ms);
    const auto first = enroller.enrol(claim());
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().code, ErrorCode::unavailable);
    const auto shares = issued();
    const auto second = enroller.enrol(claim());
    ASSERT_FALSE(second) << "still no block";
    EXPECT_EQ(issued(), shares) << "no share is burnt by asking again";
    chain.run();
    const auto third = enroller.enrol(claim());
    ASSERT_TRUE(third) << third.error().detail;
    EXPECT_EQ(world.directory->devices().size(), 1U);
    EXPECT_EQ(issued(), shares);
    EXPECT_EQ(complaints, 0);
}

// Goal: a stolen device is cut off although the chain stands still and somebody pairs another.
// Method: one thread waits for a block that never comes; this one revokes, suspends and obeys.
TEST_F(DeskEnrollerTest, WhileOneWaitsForABlockAnotherDeviceIsRevokedAndOrdersAreObeyed) {
    auto enrolment = world.open();
    const auto stolen = world.enrol_oximeter(enrolment);
    const auto suspect = world.enrol_oximeter(enrolment);
    ASSERT_TRUE(enrolment.commit());
    {
        Enrolment closed = std::move(enrolment);
    }
    DeskEnroller enroller(desk(), 1h);
    ASSERT_TRUE(enroller.take_up()) << "nor does a start wait";
    const auto sent = chain.submitted();
    auto waiting = std::async(std::launch::async, [&] { return enroller.enrol(claim()); });
    while (chain.submitted() == sent) std::this_thread::yield();

    ASSERT_TRUE(enroller.set_state(suspect.record.id, DeviceState::suspended, {}));
    ASSERT_TRUE(enroller.set_state(stolen.record.id, DeviceState::revoked, {}));
    EXPECT_EQ(world.directory->device(stolen.record.id)->state, DeviceState::revoked);
    EXPECT_TRUE(world.generator()
                    ->member(askg::PartyRole::device,
                             *keyagreement::PeerName::from(stolen.record.id.view()))
                    ->revoked);
    ASSERT_TRUE(enroller.obey_orders());
    EXPECT_EQ(waiting.wait_for(0s), std::future_status::timeout) << "it still waits";

    chain.run();
    EXPECT_TRUE(waiting.get());
    sender->retry();
    EXPECT_TRUE(chain.shows_revoked(askg::hash_of(stolen.grant.certificate.record)))
        << "the chain was told later";
}

TEST_F(DeskEnrollerTest, TheEndOfTheNodeEndsEveryWait) {
    DeskEnroller enroller(desk(), 1h);
    auto waiting = std::async(std::launch::async, [&] { return enroller.enrol(claim()); });
    while (chain.submitted() == 0) std::this_thread::yield();
    sender->stop();
    EXPECT_EQ(waiting.get().error().code, ErrorCode::unavailable);
    // And whoever waits for any other transaction.
    auto report = std::async(std::launch::async,
                             [&] { return chain::submit_and_wait(submitter, base::Bytes{1}); });
    while (chain.submitted() == 1) std::this_thread::yield();
    submitter.close(0ms);
    EXPECT_EQ(report.get().error().code, ErrorCode::unavailable);
    EXPECT_EQ(chain::submit_and_wait(submitter, base::Bytes{1}).error().code,
              ErrorCode::unavailable)
        << "nothing more is taken";
    chain.give_up();  // answers that come late find nobody
}

TEST_F(DeskEnrollerTest, WhatTheChainRefusedForNowIsSentAgain) {
    DeskEnroller enroller(desk(), 1ms);
    EXPECT_FALSE(enroller.enrol(claim()));
    chain.give_up();
    EXPECT_EQ(complaints, 1) << "said once";
    sender->retry();
    chain.give_up();
    EXPECT_EQ(complaints, 1);
    chain.run();
    sender->retry();
    EXPECT_TRUE(enroller.enrol(claim()));
}

// Goal: what was certified before a kill -9 gets onto the chain at the next start, in its order.
TEST_F(DeskEnrollerTest, ANodesStartTellsTheChainWhatItLacks) {
    auto enrolment = world.open();
    const auto device = world.enrol_oximeter(enrolment);
    ASSERT_TRUE(enrolment.end(device.record.id, DeviceState::revoked, {}));
    {
        Enrolment killed = std::move(enrolment);
    }
    chain.run();
    DeskEnroller enroller(desk());
    ASSERT_TRUE(enroller.take_up());
    EXPECT_TRUE(chain.shows_revoked(askg::hash_of(device.grant.certificate.record)));
    const auto sent = chain.submitted();
    ASSERT_TRUE(enroller.take_up());
    EXPECT_EQ(chain.submitted(), sent) << "the chain has it all";
    EXPECT_EQ(complaints, 0);
}

// Goal: a revocation that could not be written is not forgotten, although the directory says
// already that the device ended. Method: an operator's command holds the key generator meanwhile.
TEST_F(DeskEnrollerTest, ARevocationThatFailedIsTakenUpByTheNodeItself) {
    auto enrolment = world.open();
    const auto device = world.enrol_oximeter(enrolment);
    ASSERT_TRUE(enrolment.commit());
    chain.run();
    DeskEnroller enroller(desk());
    const auto busy = enroller.set_state(device.record.id, DeviceState::revoked, {});
    ASSERT_FALSE(busy) << "the enrolment above still holds the key generator";
    EXPECT_EQ(world.directory->device(device.record.id)->state, DeviceState::revoked)
        << "refused at once all the same";
    EXPECT_FALSE(enroller.tick());
    {
        Enrolment closed = std::move(enrolment);
    }
    ASSERT_TRUE(enroller.tick());
    sender->retry();
    EXPECT_TRUE(chain.shows_revoked(askg::hash_of(device.grant.certificate.record)));
}

// Goal: a node that runs for 200 days keeps everybody it serves. Method: a clock of ours, day by
// day; what each end makes of its file for that day is what the cloud server has, and the device
// that is elsewhere asks within its last 30 days.
TEST_F(DeskEnrollerTest, ANodeThatRunsForTwoHundredDaysRenewsWhoeverItServes) {
    constexpr int days = 200;
    auto enrolment = world.open();
    const auto implant = enrolment.enrol_device(
        {world.patient, "Implant", {wire::Vital::spo2}, 1000}, identity::SealedTo::cloud, {});
    ASSERT_TRUE(implant) << implant.error().detail;
    auto paired = enrolment
                      .enrol_device({world.patient, "Elsewhere", {wire::Vital::spo2}, 1000},
                                    {.static_public = own.public_key(),
                                     .token_verifier = crypto::Secret32::draw(world.random)})
                      .value();
    ASSERT_TRUE(enrolment.commit());
    {
        Enrolment closed = std::move(enrolment);
    }
    chain.run();
    DeskEnroller enroller(desk());
    int asked = 0;
    for (int day = 0; day < days; ++day) {
        world.clock.advance(std::chrono::days(1));
        ASSERT_TRUE(enroller.tick()) << "day " << day;
        const auto month = keyagreement::month_of(world.clock.now());
        if (paired.grant.temporary.back().epoch == month) {
            paired.grant = *world.open().renew_device(paired.record.id);
            ++asked;
        }
        const auto face = read_cloud_server(world.folder, 0).value();
        const auto at_server = [&](const wire::DeviceId& id) {
            const auto peer = std::ranges::find(face.provision.peers, id.bytes,
                                                [](const auto& each) { return each.name.bytes; });
            const auto* key = peer->key_of(month);
            return key == nullptr ? crypto::Secret32() : key->clone();
        };
        const auto made = [&](const std::vector<askg::EpochSecret>& temporary) {
            const auto* newest = askg::newest_until(temporary, month);
            return keyagreement::psk_of_temporary(newest->value, world.server.view(),
                                                  newest->epoch);
        };
        const auto pda = askg::read_file<askg::PdaCredentials>(world.pda_file()).value();
        const auto here = askg::read_file<askg::DeviceCredentials>(
                              Enrolment::credentials_of_device(world.folder, implant->id))
                              .value();
        ASSERT_TRUE(made(pda.grant.temporary) == at_server(world.pda_id)) << "day " << day;
        ASSERT_TRUE(made(here.grant.temporary) == at_server(implant->id)) << "day " << day;
        ASSERT_TRUE(made(paired.grant.temporary) == at_server(paired.record.id)) << "day " << day;
    }
    EXPECT_GE(asked, 6) << "each 30 days";
}

class DeviceOrdersTest : public DeskEnrollerTest {
protected:
    DeviceOrdersTest() { EXPECT_TRUE(storage::make_folder(world.folder.device_orders())); }
    void leave(std::string_view name, const std::string& order) {
        ASSERT_TRUE(
            storage::write_file_synced(world.folder.device_orders() / name, base::as_bytes(order)));
    }
    std::string answer(std::string_view name) {
        const auto bytes = storage::read_file(world.folder.device_orders() / name, 4'096);
        return bytes ? std::string(base::as_text(*bytes)) : std::string();
    }
    [[nodiscard]] std::string enrol_order() const {
        return R"({"order":"enrol","label":"Oximeter","sealed_to":"pda","vitals":["spo2"],)"
               R"("out":")" +
               (world.folder.root / "new.credentials").string() + R"(","patient":")" +
               base::to_hex(world.patient.view()) + R"("})";
    }
    DeskEnroller enroller{desk()};
};

TEST_F(DeviceOrdersTest, AnOrderIsCarriedOutOnceAndAnswered) {
    leave("1.order", enrol_order());
    ASSERT_TRUE(enroller.obey_orders());
    EXPECT_NE(answer("1.answer").find("\"state\":\"active\""), std::string::npos)
        << answer("1.answer");
    ASSERT_TRUE(enroller.obey_orders());
    EXPECT_EQ(world.directory->devices().size(), 1U);
    const auto left = std::filesystem::directory_iterator(world.folder.device_orders());
    EXPECT_EQ(std::distance(begin(left), end(left)), 1) << "the answer alone";
}

// Goal: kill -9 between the enrolment and its answer makes no second device, whose keys would
// overwrite those in use. Method: what such a node leaves behind, then the next start.
TEST_F(DeviceOrdersTest, AnEnrolmentThatAKilledNodeHadBegunIsNotCarriedOutAgain) {
    leave("1.order", enrol_order());
    ASSERT_TRUE(enroller.obey_orders());
    const auto keys = storage::read_file(world.folder.root / "new.credentials", 65'536).value();
    ASSERT_TRUE(std::filesystem::remove(world.folder.device_orders() / "1.answer"));
    leave("1.begun", enrol_order());
    ASSERT_TRUE(enroller.obey_orders());
    EXPECT_EQ(world.directory->devices().size(), 1U);
    EXPECT_EQ(storage::read_file(world.folder.root / "new.credentials", 65'536), keys);
    EXPECT_NE(answer("1.answer").find("error"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(world.folder.device_orders() / "1.begun"));
}

TEST_F(DeviceOrdersTest, ARevocationThatAKilledNodeHadBegunIsCarriedOut) {
    auto enrolment = world.open();
    const auto device = world.enrol_oximeter(enrolment);
    ASSERT_TRUE(enrolment.commit());
    {
        Enrolment closed = std::move(enrolment);
    }
    leave("1.begun", R"({"order":"state","state":"revoked","id":")" +
                         base::to_hex(device.record.id.view()) + R"("})");
    ASSERT_TRUE(enroller.obey_orders());
    EXPECT_EQ(world.directory->device(device.record.id)->state, DeviceState::revoked);
    EXPECT_NE(answer("1.answer").find("revoked"), std::string::npos);
}

class RevokeOrdersTest : public DeviceOrdersTest {
protected:
    RevokeOrdersTest() {
        identity::Person lee;
        lee.id = base::draw<wire::LedgerId>(world.random);
        lee.role = wire::Role::doctor;
        lee.name = "Dr Lee";
        lee.login = "dr.lee";
        EXPECT_TRUE(world.directory->add(lee));
        lee_id = lee.id;
        auto enrolment = world.open();
        EXPECT_TRUE(
            enrolment.register_user({.id = lee_id,
                                     .role = lee.role,
                                     .static_public = own.public_key(),
                                     .token_verifier = crypto::Secret32::draw(world.random)}));
        EXPECT_TRUE(enrolment.commit());
        auto face = read_cloud_server(world.folder, 0).value();
        EXPECT_TRUE(peers.take(std::move(face.provision)));
    }
    DeviceDesk desk_of_a_node() {
        auto out = desk();
        out.peers = &peers;
        return out;
    }
    [[nodiscard]] bool is_refused() const {
        const auto refused = peers.refused();
        return std::ranges::count(refused, *keyagreement::PeerName::from(lee_id.view())) == 1;
    }
    static std::string order_for(std::string_view user) {
        return R"({"order":"revoke_user","user":")" + std::string(user) + R"("})";
    }

    wire::LedgerId lee_id;
    identity::Peers peers{*world.directory};
    DeskEnroller node{desk_of_a_node()};
};

TEST_F(RevokeOrdersTest, TheRunningNodeRefusesHerClientAtOnce) {
    ASSERT_FALSE(is_refused());
    leave("1.order", order_for("dr.lee"));
    ASSERT_TRUE(node.obey_orders());
    EXPECT_NE(answer("1.answer").find("revoked"), std::string::npos) << answer("1.answer");
    EXPECT_TRUE(is_refused()) << "whoever holds its sessions closes them";
}

TEST_F(RevokeOrdersTest, TheIdNamesHerToo) {
    leave("1.order", order_for(base::to_hex(lee_id.view())));
    ASSERT_TRUE(node.obey_orders());
    EXPECT_TRUE(is_refused());
}

TEST_F(RevokeOrdersTest, OneThatAKilledNodeHadBegunIsCarriedOut) {
    leave("1.begun", order_for("dr.lee"));
    ASSERT_TRUE(node.obey_orders());
    EXPECT_TRUE(is_refused());
}

TEST_F(RevokeOrdersTest, AStrangersLoginAndAPersonWithoutAClientAreNamedAsThatAndChangeNothing) {
    leave("1.order", order_for("dr.nobody"));
    leave("2.order", order_for(base::to_hex(world.patient.view())));
    ASSERT_TRUE(node.obey_orders());
    EXPECT_NE(answer("1.answer").find("nobody has the login or id 'dr.nobody'"), std::string::npos);
    EXPECT_NE(answer("2.answer").find("has registered no client"), std::string::npos);
    EXPECT_FALSE(is_refused());
}

}  // namespace
}  // namespace cli
