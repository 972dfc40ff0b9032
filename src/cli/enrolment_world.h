// SPDX-License-Identifier: Apache-2.0
// For tests: a folder with a key generator, one patient and her PDA, and what an enrolment works
// on.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "cli/enrolment.h"
#include "crypto/x25519.h"
#include "storage/memory_store.h"
#include "storage/temporary_folder.h"

namespace cli {

struct EnrolmentWorld {
    EnrolmentWorld() {
        keys = *identity::KeyStore::open(folder.keys(), clock, random);
        directory = *identity::Directory::open(identities);
        identity::Person person;
        person.id = patient;
        person.role = wire::Role::patient;
        person.name = "Ana";
        CHECK(directory->add(person).has_value());
        auto enrolment = Enrolment::create(parts(), "test");
        CHECK(enrolment.has_value());
        CHECK(enrolment->enrol_cloud_server(server).has_value());
        const auto pda = enrolment->enrol_pda(patient, "Phone of Ana");
        CHECK(pda.has_value());
        pda_id = pda->id;
        CHECK(enrolment->commit().has_value());
        told.clear();
    }
    Enrolment::Parts parts() {
        return {.folder = folder,
                .keys = *keys,
                .directory = *directory,
                .clock = clock,
                .random = random,
                .certify = [this](const wire::Certify& certify) -> base::Result<void> {
                    told.push_back(certify);
                    return {};
                }};
    }
    Enrolment open() {
        auto opened = Enrolment::open(parts());
        CHECK(opened.has_value());
        return *std::move(opened);
    }
    /// Its key generator, while no enrolment holds it.
    std::unique_ptr<askg::KeyGenerator> generator() {
        auto raw = keys->derived_key("key generator");
        auto opened = askg::KeyGenerator::open(
            folder.askg(), askg::UnlockSecret::from_key(*crypto::Secret32::from(raw)), clock,
            random);
        CHECK(opened.has_value());
        return *std::move(opened);
    }
    /// A device that seals to the PDA, with keys of its own.
    EnrolledDevice enrol_oximeter(Enrolment& enrolment) {
        const auto key = crypto::X25519PrivateKey::draw(random);
        auto enrolled =
            enrolment.enrol_device({patient, "Oximeter", {wire::Vital::spo2}, 1000},
                                   {.static_public = key.public_key(), .token_verifier = {}});
        CHECK(enrolled.has_value());
        return *std::move(enrolled);
    }
    [[nodiscard]] std::filesystem::path pda_file() const {
        return folder.pda() / (base::to_hex(pda_id.view()) + ".credentials");
    }

    storage::TemporaryFolder place;
    DataFolder folder{place.path()};
    base::ManualClock clock{base::from_unix_ms(1'700'000'000'000)};
    base::SeededRandom random{1};
    storage::MemoryStore identities;
    std::unique_ptr<identity::KeyStore> keys;
    std::unique_ptr<identity::Directory> directory;
    wire::LedgerId patient = base::draw<wire::LedgerId>(random);
    wire::LedgerId server = base::draw<wire::LedgerId>(random);
    wire::DeviceId pda_id;
    std::vector<wire::Certify> told;  ///< By `commit`, in order.
};

}  // namespace cli
