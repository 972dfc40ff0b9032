// SPDX-License-Identifier: Apache-2.0
#include "identity/directory.h"

#include <gtest/gtest.h>

#include "storage/memory_store.h"

namespace identity {
namespace {

wire::LedgerId ledger_id(std::uint8_t number) {
    wire::LedgerId id;
    id.bytes[15] = number;
    return id;
}

Person ana() {
    Person person;
    person.id = ledger_id(1);
    person.role = wire::Role::patient;
    person.name = "Ana Ñandú";
    person.login = "ana";
    person.password_hash = {1, 2, 3};
    person.bed = "Bed 4";
    person.age_years = 54;
    person.sex = "female";
    person.responsible_doctor = ledger_id(9);
    return person;
}

DeviceRecord oximeter() {
    DeviceRecord device;
    device.id.bytes[0] = 7;
    device.label = "Pulse oximeter";
    device.patient = ledger_id(1);
    device.vitals = {wire::Vital::spo2, wire::Vital::pulse_rate};
    device.pda.bytes[0] = 8;
    device.sealed_to = SealedTo::cloud;
    device.interval_ms = 2000;
    return device;
}

PdaRecord phone() {
    PdaRecord pda;
    pda.id.bytes[0] = 8;
    pda.label = "Phone of Ana";
    pda.patient = ledger_id(1);
    return pda;
}

std::unique_ptr<Directory> open(storage::KeyValueStore& store) {
    auto opened = Directory::open(store);
    EXPECT_TRUE(opened) << opened.error().detail;
    return *std::move(opened);
}

// Goal: all of a record survives. Method: write, open the same store anew, compare member by
// member.
TEST(Directory, PeopleAndDevicesAreThereAfterARestart) {
    storage::MemoryStore store;
    {
        auto directory = open(store);
        ASSERT_TRUE(directory->add(ana()));
        ASSERT_TRUE(directory->add(phone()));
        ASSERT_TRUE(directory->add(oximeter()));
        ASSERT_TRUE(directory->set_state(oximeter().id, DeviceState::suspended, ledger_id(9)));
    }
    const auto directory = open(store);
    const auto person = directory->person_by_login("ana");
    ASSERT_TRUE(person);
    EXPECT_EQ(person->id, ana().id);
    EXPECT_EQ(person->role, wire::Role::patient);
    EXPECT_EQ(person->name, "Ana Ñandú");
    EXPECT_EQ(person->password_hash, ana().password_hash);
    EXPECT_EQ(person->bed, "Bed 4");
    EXPECT_EQ(person->age_years, 54);
    EXPECT_EQ(person->sex, "female");
    EXPECT_EQ(person->responsible_doctor, ledger_id(9));
    const auto devices = directory->devices_of(ledger_id(1));
    ASSERT_EQ(devices.size(), 1U);
    EXPECT_EQ(devices[0].vitals, oximeter().vitals);
    EXPECT_EQ(devices[0].pda, phone().id);
    EXPECT_EQ(devices[0].sealed_to, SealedTo::cloud);
    EXPECT_EQ(devices[0].interval_ms, 2000U);
    EXPECT_EQ(devices[0].state, DeviceState::suspended);
    EXPECT_EQ(devices[0].changed_by, ledger_id(9));
    const auto pda = directory->pda(phone().id);
    ASSERT_TRUE(pda);
    EXPECT_EQ(pda->label, phone().label);
    EXPECT_EQ(pda->patient, phone().patient);
    EXPECT_TRUE(pda->serving());
}

TEST(Directory, AnIdOrALoginIsTakenOnce) {
    storage::MemoryStore store;
    auto directory = open(store);
    ASSERT_TRUE(directory->add(ana()));
    auto same_login = ana();
    same_login.id = ledger_id(2);
    auto same_id = ana();
    same_id.login = "other";
    for (const auto& person : {same_login, same_id}) {
        const auto refused = directory->add(person);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, base::ErrorCode::conflict);
    }
    ASSERT_TRUE(directory->add(phone()));
    ASSERT_TRUE(directory->add(oximeter()));
    EXPECT_EQ(directory->add(oximeter()).error().code, base::ErrorCode::conflict);
    auto pda_of_that_id = phone();
    pda_of_that_id.id = oximeter().id;
    EXPECT_EQ(directory->add(pda_of_that_id).error().code, base::ErrorCode::conflict);
    EXPECT_EQ(directory->people().size(), 1U);
}

TEST(Directory, PeopleWithoutALoginDoNotClash) {
    storage::MemoryStore store;
    auto directory = open(store);
    for (std::uint8_t i = 1; i <= 3; ++i) {
        Person miner;
        miner.id = ledger_id(i);
        miner.role = wire::Role::miner;
        miner.name = "Miner";
        ASSERT_TRUE(directory->add(miner));
    }
    EXPECT_EQ(directory->people(wire::Role::miner).size(), 3U);
    EXPECT_FALSE(directory->person_by_login(""));
}

struct BadPerson {
    const char* what;
    void (*spoil)(Person&);
};
class RefusedPeople : public testing::TestWithParam<BadPerson> {};
TEST_P(RefusedPeople, AreMalformed) {
    storage::MemoryStore store;
    auto directory = open(store);
    auto person = ana();
    GetParam().spoil(person);
    const auto refused = directory->add(person);
    ASSERT_FALSE(refused) << GetParam().what;
    EXPECT_EQ(refused.error().code, base::ErrorCode::malformed);
    EXPECT_FALSE(refused.error().detail.empty());
    EXPECT_TRUE(directory->people().empty());
}
INSTANTIATE_TEST_SUITE_P(
    Directory, RefusedPeople,
    testing::Values(BadPerson{"zero_id", [](Person& p) { p.id = {}; }},
                    BadPerson{"unknown_role",
                              [](Person& p) { p.role = static_cast<wire::Role>(99); }},
                    BadPerson{"no_name", [](Person& p) { p.name.clear(); }},
                    BadPerson{"name_of_81", [](Person& p) { p.name.assign(81, 'a'); }},
                    BadPerson{"name_with_line_break", [](Person& p) { p.name = "a\nb"; }},
                    BadPerson{"name_not_utf8", [](Person& p) { p.name = "\xC3"; }},
                    BadPerson{"name_overlong_utf8", [](Person& p) { p.name = "\xC0\xAF"; }},
                    BadPerson{"name_surrogate", [](Person& p) { p.name = "\xED\xA0\x80"; }},
                    BadPerson{"login_upper_case", [](Person& p) { p.login = "Ana"; }},
                    BadPerson{"login_with_slash", [](Person& p) { p.login = "../ana"; }},
                    BadPerson{"login_of_41", [](Person& p) { p.login.assign(41, 'a'); }},
                    BadPerson{"password_without_login", [](Person& p) { p.login.clear(); }},
                    BadPerson{"age_below_zero", [](Person& p) { p.age_years = -1; }},
                    BadPerson{"sex_not_fhir", [](Person& p) { p.sex = "F"; }}),
    [](const auto& tested) { return tested.param.what; });

struct BadDevice {
    const char* what;
    void (*spoil)(DeviceRecord&);
};
class RefusedDevices : public testing::TestWithParam<BadDevice> {};
TEST_P(RefusedDevices, AreMalformed) {
    storage::MemoryStore store;
    auto directory = open(store);
    ASSERT_TRUE(directory->add(phone()));
    auto device = oximeter();
    GetParam().spoil(device);
    const auto refused = directory->add(device);
    ASSERT_FALSE(refused) << GetParam().what;
    EXPECT_EQ(refused.error().code, base::ErrorCode::malformed);
}
INSTANTIATE_TEST_SUITE_P(
    Directory, RefusedDevices,
    testing::Values(
        BadDevice{"no_pda", [](DeviceRecord& d) { d.pda = {}; }},
        BadDevice{"unknown_state", [](DeviceRecord& d) { d.state = static_cast<DeviceState>(5); }},
        BadDevice{"sealed_to_nobody",
                  [](DeviceRecord& d) { d.sealed_to = static_cast<SealedTo>(0); }},
        BadDevice{"no_vitals", [](DeviceRecord& d) { d.vitals.clear(); }},
        BadDevice{"vital_twice", [](DeviceRecord& d) { d.vitals.push_back(wire::Vital::spo2); }},
        BadDevice{"no_patient", [](DeviceRecord& d) { d.patient = {}; }},
        BadDevice{"no_interval", [](DeviceRecord& d) { d.interval_ms = 0; }}),
    [](const auto& tested) { return tested.param.what; });

TEST(Directory, AFullDiskChangesNothing) {
    storage::MemoryStore store;
    auto directory = open(store);
    ASSERT_TRUE(directory->add(phone()));
    ASSERT_TRUE(directory->add(oximeter()));
    const auto version = directory->version();
    store.set_full(true);
    EXPECT_EQ(directory->add(ana()).error().code, base::ErrorCode::storage_full);
    EXPECT_EQ(directory->set_state(oximeter().id, DeviceState::suspended).error().code,
              base::ErrorCode::storage_full);
    EXPECT_FALSE(directory->person(ana().id));
    EXPECT_TRUE(directory->device(oximeter().id)->serving());
    EXPECT_EQ(directory->version(), version);
    store.set_full(false);
    EXPECT_TRUE(directory->add(ana()));
}

TEST(Directory, ARecordThatDoesNotReadIsNamedCorrupted) {
    for (const auto* text : {"", "{", "[]", "{}", R"({"id":"zz"})"}) {
        storage::MemoryStore store;
        storage::WriteBatch batch;
        const auto key = base::as_bytes("directory/person/0123456789abcdef");
        const auto value = base::as_bytes(text);
        batch.put({key.begin(), key.end()}, {value.begin(), value.end()});
        ASSERT_TRUE(store.write(batch));
        const auto opened = Directory::open(store);
        ASSERT_FALSE(opened) << text;
        EXPECT_EQ(opened.error().code, base::ErrorCode::corrupted);
    }
}

TEST(Directory, SuspendingAnUnknownDeviceIsNotFound) {
    storage::MemoryStore store;
    auto directory = open(store);
    EXPECT_EQ(directory->set_state({}, DeviceState::suspended).error().code,
              base::ErrorCode::not_found);
}

TEST(Directory, ADeviceNeedsAPdaOfItsOwnPatient) {
    storage::MemoryStore store;
    auto directory = open(store);
    EXPECT_EQ(directory->add(oximeter()).error().code, base::ErrorCode::not_found);
    auto of_another = phone();
    of_another.patient = ledger_id(2);
    ASSERT_TRUE(directory->add(of_another));
    EXPECT_EQ(directory->add(oximeter()).error().code, base::ErrorCode::not_found);
    EXPECT_TRUE(directory->devices().empty());
}

// Goal: what was suspended may serve again; what was revoked or retired never does.
TEST(Directory, RevokedAndRetiredAreFinal) {
    for (const auto last : {DeviceState::revoked, DeviceState::retired}) {
        for (const auto& id : {phone().id, oximeter().id}) {
            storage::MemoryStore store;
            auto directory = open(store);
            ASSERT_TRUE(directory->add(phone()));
            ASSERT_TRUE(directory->add(oximeter()));
            ASSERT_TRUE(directory->set_state(id, DeviceState::suspended));
            ASSERT_TRUE(directory->set_state(id, DeviceState::active));
            const auto version = directory->version();
            ASSERT_TRUE(directory->set_state(id, last));
            EXPECT_GT(directory->version(), version);
            EXPECT_TRUE(directory->set_state(id, last));
            EXPECT_EQ(directory->set_state(id, DeviceState::active).error().code,
                      base::ErrorCode::conflict);
        }
    }
}

}  // namespace
}  // namespace identity
