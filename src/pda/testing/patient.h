// SPDX-License-Identifier: Apache-2.0
// For tests alone: a patient's devices, the PDA between them and a gateway, on one broker.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "device/device_session.h"
#include "device/sensors.h"
#include "mqtt/memory_broker.h"
#include "pda/hub.h"
#include "pda/testing/fake_cloud.h"
#include "storage/memory_store.h"

namespace pda::testing {

inline constexpr base::TimePoint start = base::from_unix_ms(1'700'000'000'000);

struct Patient : ::testing::Test {
    Patient() {
        folder = std::filesystem::temp_directory_path() /
                 ("salus-pda-" + std::to_string(::getpid()) + "-" +
                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder / "devices");
        own = family.add_pda();
    }
    ~Patient() override {
        devices.clear();
        hub.reset();
        std::filesystem::remove_all(folder);
    }

    struct Played {
        device::DeviceSession::Identity identity;
        std::uint64_t seed = 1;
        std::chrono::milliseconds length{};
        std::unique_ptr<device::DeviceSession> session;
        [[nodiscard]] wire::DeviceId id() const { return identity.credentials.grant.id; }
        [[nodiscard]] const device::SessionCounts& counts() const { return session->counts(); }
    };
    /// A new device, of one batch a second.
    Played& add_device(std::chrono::milliseconds length, device::testing::Family::DeviceKind kind) {
        auto credentials = family.add_device(own.grant.id, kind);
        own = family.renewed(own);
        return add_copy(std::move(credentials), length, devices.size() + 1);
    }
    Played& add_device(std::chrono::milliseconds length) { return add_device(length, {}); }
    Played& add_copy(askg::DeviceCredentials credentials, std::chrono::milliseconds length,
                     std::uint64_t seed) {
        auto played = std::make_unique<Played>();
        played->identity = {std::move(credentials), "default"};
        played->length = length;
        played->seed = seed;
        devices.push_back(std::move(played));
        return *devices.back();
    }
    /// A process of devices starts: what the last one knew only in memory is lost.
    void start_device(Played& played) {
        played.session.reset();
        auto opened = device::DeviceSession::open(
            played.identity,
            device::make_simulated_source({"oximeter", played.seed, 0}, played.length),
            {folder / "devices", device::PatientClock(start, 1'000, played.length), 8, {}, nullptr},
            {clock, random});
        ASSERT_TRUE(opened) << opened.error().detail;
        played.session = std::move(*opened);
        played.session->attach(broker.make_client({"device", "device", ""}));
    }
    void write_files() const {
        ASSERT_TRUE(askg::write_file(folder / "own.credentials", own));
        ASSERT_TRUE(write_pda_config(
            folder / "pdas.json",
            {.tenant = "default", .pdas = {{own.grant.id, "own.credentials", "p"}}}));
    }
    /// kill -9 of the PDA, and its next start: what was not on disk is lost.
    void start_pda() {
        hub.reset();
        auto opened = Hub::open(folder / "pdas.json", limits, {disk, broker, clock, random});
        ASSERT_TRUE(opened) << opened.error().detail;
        hub = std::move(*opened);
    }
    void start_all() {
        write_files();
        cloud = std::make_unique<FakeCloud>(broker, family, clock, random);
        broker.poll(std::chrono::milliseconds{0});
        start_pda();
        for (auto& played : devices) start_device(*played);
    }
    void run(std::chrono::milliseconds time,
             std::chrono::milliseconds step = std::chrono::milliseconds{100}) {
        for (std::chrono::milliseconds done{}; done < time; done += step) {
            for (auto& played : devices) {
                if (!played->session) continue;
                ASSERT_TRUE(played->session->tick());
            }
            for (int i = 0; i < 4; ++i) {
                broker.poll(std::chrono::milliseconds{0});
                hub->step(std::chrono::milliseconds{0});
            }
            clock.advance(step);
            ASSERT_NO_FATAL_FAILURE(believe_only_what_is_stored());
        }
    }
    /// The rule of all rules: what a device counts as delivered is at the gateway.
    void believe_only_what_is_stored() const {
        for (const auto& played : devices) {
            if (!played->session) continue;
            const auto up_to = played->session->acknowledged_up_to();
            for (std::uint64_t counter = up_to; counter > 0 && counter + 50 > up_to; --counter) {
                ASSERT_TRUE(cloud->stored.contains({played->id(), counter})) << counter;
            }
        }
    }
    void expect_all_delivered() const {
        for (const auto& played : devices) {
            EXPECT_TRUE(played->session->done());
            const auto batches =
                static_cast<std::uint64_t>(played->length / std::chrono::seconds{1}) + 1;
            EXPECT_EQ(cloud->order[played->id()].size(), batches);
        }
        EXPECT_EQ(hub->summary().waiting, 0U);
    }
    [[nodiscard]] std::size_t on_disk() const {
        std::size_t count = 0;
        EXPECT_TRUE(
            BatchStore(disk).scan(own.grant.id, [&](const BatchKey&, base::ByteView) { ++count; }));
        return count;
    }
    [[nodiscard]] std::uint64_t refused(const std::string& reason) const {
        const auto& refusals = hub->summary().counts.refusals;
        const auto found = refusals.find(reason);
        return found == refusals.end() ? 0 : found->second;
    }

    std::filesystem::path folder;
    base::ManualClock clock{start};
    base::SeededRandom random{11};
    mqtt::MemoryBroker broker;
    device::testing::Family family{clock, random};
    askg::PdaCredentials own;
    mutable storage::MemoryStore disk;
    DeviceQueue::Limits limits;
    std::unique_ptr<FakeCloud> cloud;
    std::unique_ptr<Hub> hub;
    std::vector<std::unique_ptr<Played>> devices;
};

}  // namespace pda::testing
