// SPDX-License-Identifier: Apache-2.0
// A hospital in memory for the tests of this folder: real ledger, vault, series, monitor and
// directory; a disk and a chain that can be told to fail.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>

#include "chain/queries.h"
#include "crypto/random.h"
#include "ledger/testing.h"
#include "review/review.h"
#include "storage/forwarding_store.h"
#include "storage/memory_store.h"
#include "storage/temporary_folder.h"

namespace review::testing {

class TestClock final : public base::Clock {
public:
    explicit TestClock(base::TimePoint start) : now_ms_(base::to_unix_ms(start)) {}
    [[nodiscard]] base::TimePoint now() const override { return base::from_unix_ms(now_ms_); }
    void set(base::TimePoint to) { now_ms_ = base::to_unix_ms(to); }

private:
    std::atomic<std::int64_t> now_ms_;
};

/// A disk that dies after so many writes: later ones fail, as if the process had been killed.
class DyingStore final : public storage::ForwardingStore {
public:
    DyingStore() : ForwardingStore(inner_) {}
    [[nodiscard]] base::Result<void> write(const storage::WriteBatch& batch) override {
        if (left_ <= 0) return base::fail(base::ErrorCode::storage_full, "the disk is dead");
        --left_;
        return ForwardingStore::write(batch);
    }
    void die_after(int writes) { left_ = writes; }
    void revive() { left_ = many; }

private:
    static constexpr int many = 1'000'000;
    storage::MemoryStore inner_;
    std::atomic<int> left_ = many;
};

/// The real ledger behind the two seams; each transaction is a block.
class TestChain final : public chain::TransactionSubmitter, public chain::BlockSource {
public:
    enum class Fault { none, refuses_for_now, commits_but_does_not_answer };

    TestChain() : chain_(ledger::testing::ChainOptions{.miners = 3, .demo = true, .seed = 1}) {}

    void submit(base::Bytes envelope, Done done) override { done(commit(std::move(envelope))); }
    [[nodiscard]] wire::Height height() const override {
        const std::lock_guard lock(mutex_);
        return chain_.app->info().height;
    }
    [[nodiscard]] base::Result<wire::Block> block(wire::Height height) const override {
        const std::lock_guard lock(mutex_);
        return chain_.app->blocks().block(height);
    }
    [[nodiscard]] std::unique_ptr<chain::Subscription> follow(
        wire::Height, std::function<void(const wire::Block&)>) override {
        return nullptr;
    }
    [[nodiscard]] base::Result<base::Bytes> query(std::string_view path,
                                                  base::ByteView data) const override {
        const std::lock_guard lock(mutex_);
        return chain_.app->query(path, data);
    }

    void set_fault(Fault fault) { fault_ = fault; }
    /// For setting the scene, on one thread.
    ledger::testing::Chain& scene() { return chain_; }
    /// Report transactions in all blocks.
    [[nodiscard]] std::vector<wire::Transaction> reports() const {
        std::vector<wire::Transaction> out;
        for (wire::Height at = 1; at <= height(); ++at) {
            const auto found = block(at);
            for (const auto& envelope : found->transactions) {
                auto tx = wire::decode_transaction(envelope);
                if (tx && std::holds_alternative<wire::Report>(tx->body.action)) {
                    out.push_back(std::move(*tx));
                }
            }
        }
        return out;
    }

private:
    base::Result<chain::Committed> commit(base::Bytes envelope) {
        if (fault_ == Fault::refuses_for_now) {
            return base::fail(base::ErrorCode::busy, "too many wait");
        }
        const auto tx = wire::decode_transaction(envelope);
        if (!tx) return base::pass(tx);
        const auto id = wire::id_of(*tx);
        auto place = chain::place_of(*this, id);
        if (!place) {
            const std::lock_guard lock(mutex_);
            const auto mined = chain_.mine({std::move(envelope)});
            const auto& result = mined.results.front();
            if (result.code != 0) {
                return base::fail(static_cast<base::ErrorCode>(result.code), result.detail);
            }
            place = chain::TxPlace{.height = chain_.app->info().height, .index = 0};
        }
        if (fault_ == Fault::commits_but_does_not_answer) {
            return base::fail(base::ErrorCode::unavailable, "no answer");
        }
        return chain::Committed{
            .id = id, .height = place->height, .index = place->index, .block_time = {}};
    }

    mutable std::mutex mutex_;
    ledger::testing::Chain chain_;
    std::atomic<Fault> fault_ = Fault::none;
};

/// Signs for somebody else, and wrongly when told to.
class FaultySigner final : public wire::Signer {
public:
    explicit FaultySigner(const wire::Signer& inner) : inner_(inner) {}
    [[nodiscard]] wire::LedgerId id() const override { return inner_.id(); }
    [[nodiscard]] base::Result<wire::SignatureBytes> sign(base::ByteView message) const override {
        return inner_.sign(wrong_ ? message.first(1) : message);
    }
    void set_wrong(bool wrong) { wrong_ = wrong; }

private:
    const wire::Signer& inner_;
    std::atomic<bool> wrong_ = false;
};

/// Whether `holds` becomes true within ten seconds; other threads work meanwhile.
template <class Condition>
[[nodiscard]] bool eventually(Condition holds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

/// One patient with a monitor at the bed, the responsible doctor, another doctor, and the programs.
class HospitalTest : public ::testing::Test {
protected:
    using Person = ledger::testing::Person;

    HospitalTest() {
        auto& scene = chain.scene();
        cloud = scene.enrolled(wire::Role::cloud_server);
        cloud_signer = std::make_unique<FaultySigner>(*cloud);
        doctor = scene.enrolled(wire::Role::doctor);
        colleague = scene.enrolled(wire::Role::doctor);
        program = scene.enrolled(wire::Role::demo_program);
        patient = scene.enrolled(wire::Role::patient);
        clock.set(scene.now);
        start = scene.now - std::chrono::hours{1};
    }
    void SetUp() override {
        directory = std::move(identity::Directory::open(people).value());
        add(patient, wire::Role::patient);
        add(doctor, wire::Role::doctor);
        add(colleague, wire::Role::doctor);
        add(program, wire::Role::demo_program);
        device = add_device(1);
        vault = std::move(
            vault::Vault::open(folder.path() / "vault", vault_keys, base::Bytes(32, 7), random)
                .value());
        series = std::move(series::SeriesStore::open(readings).value());
        monitor = std::move(monitor::Monitor::open(alarms, *series, clock, [](const auto&, auto) {
                                return monitor::PatientFacts{.adult = true, .interval_ms = 1000};
                            }).value());
        open();
    }
    void TearDown() override {
        review.reset();
        monitor.reset();
    }

    void add(const Person& person, wire::Role role) {
        identity::Person entry;
        entry.id = person->id();
        entry.role = role;
        entry.name = "Somebody";
        if (role == wire::Role::patient) {
            entry.age_years = 50;
            entry.responsible_doctor = doctor->id();
        }
        ASSERT_TRUE(directory->add(entry));
    }
    /// The patient's, enrolled with the first device.
    wire::DeviceId pda() {
        identity::PdaRecord record;
        record.id.bytes.fill(0xDA);
        record.label = "PDA";
        record.patient = patient->id();
        if (!directory->pda(record.id)) {
            EXPECT_TRUE(directory->add(record));
        }
        return record.id;
    }
    wire::DeviceId add_device(std::uint8_t number) {
        identity::DeviceRecord record;
        record.id.bytes.fill(number);
        record.label = "Bedside monitor";
        record.patient = patient->id();
        record.vitals = {wire::Vital::spo2, wire::Vital::heart_rate};
        record.pda = pda();
        EXPECT_TRUE(directory->add(record));
        return record.id;
    }
    /// As after a restart of the process.
    void open() {
        review.reset();
        auto opened = Review::open(
            {.store = disk,
             .series = *series,
             .monitor = *monitor,
             .directory = *directory,
             .consent_keys = consent_keys,
             .vault = *vault,
             .submitter = chain,
             .blocks = chain,
             .cloud_server = *cloud_signer,
             .next_sequence = [this]() -> base::Result<std::uint64_t> { return ++sequence; },
             .clock = clock},
            options);
        ASSERT_TRUE(opened) << opened.error().detail;
        review = std::move(*opened);
    }
    /// One reading a second at [from, to].
    void feed(int from, int to, std::int64_t value = 97,
              wire::DeviceStatus status = wire::DeviceStatus::running) {
        for (int at = from; at <= to; ++at) {
            series::Arrival arrival{.patient = patient->id(),
                                    .device = device,
                                    .batch = {},
                                    .gateway_time = start + std::chrono::seconds{at}};
            arrival.batch.counter = ++counter;
            arrival.batch.clock = arrival.gateway_time;
            arrival.batch.status = at == to ? status : wire::DeviceStatus::running;
            arrival.batch.readings.push_back({.vital = wire::Vital::spo2,
                                              .time = arrival.gateway_time,
                                              .value_milli = value * 1000,
                                              .waveform_micro = {}});
            ASSERT_TRUE(series->append(std::span(&arrival, 1)));
        }
    }
    /// A first report of five minutes, on disk.
    void make_report() {
        feed(0, 302);
        ASSERT_TRUE(review->flush());
        ASSERT_EQ(review->reports({}, {}).size(), 1U);
    }
    /// Mines a consent; returns its body_ref.
    wire::Hash256 grant(const Person& grantee) {
        auto& scene = chain.scene();
        auto action = scene.grant_to(grantee);
        action.token_key_hash = consent_keys.create().value();
        const auto body = scene.body(patient, action);
        scene.must_accept({scene.sign(body, {patient})});
        clock.set(scene.now);
        return wire::body_ref(wire::encode(body));
    }
    void withdraw(const wire::Hash256& consent) {
        auto& scene = chain.scene();
        scene.must_accept({scene.signed_by(patient, wire::RevokeConsent{.consent = consent})});
        clock.set(scene.now);
    }
    [[nodiscard]] ReportState state_of(std::uint64_t id) const {
        return review->report(id).value().state;
    }

    TestChain chain;
    Person cloud, doctor, colleague, program, patient;
    std::unique_ptr<FaultySigner> cloud_signer;
    TestClock clock{base::TimePoint{}};
    base::TimePoint start;
    crypto::SystemRandom random;
    storage::TemporaryFolder folder;
    storage::MemoryStore people, keys, vault_keys, readings, alarms;
    DyingStore disk;
    identity::ConsentKeys consent_keys{keys, base::Bytes(32, 9), random};
    std::unique_ptr<identity::Directory> directory;
    std::unique_ptr<vault::Vault> vault;
    std::unique_ptr<series::SeriesStore> series;
    std::unique_ptr<monitor::Monitor> monitor;
    std::unique_ptr<Review> review;
    Options options{.chain_id = "salus-test"};
    wire::DeviceId device;
    std::uint64_t sequence = 0;
    std::uint64_t counter = 0;
};

}  // namespace review::testing
