// SPDX-License-Identifier: Apache-2.0
// `salus askg`, as it is typed.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "askg/credentials.h"
#include "askg/provision.h"
#include "askg/user_secret.h"
#include "cli/askg_actions.h"
#include "cli/askg_chain.h"
#include "cli/secret_file.h"
#include "ledger/testing.h"
#include "storage/files.h"
#include "storage/temporary_folder.h"

namespace cli {
namespace {

using base::ErrorCode;

class AskgTest : public ::testing::Test {
protected:
    AskgTest() {
        must(askg_init, [](AskgCommand&) {});
    }

    template <class Set>
    base::Result<AskgAnswer> ask(AskgAction action, const Set& set) {
        AskgCommand command;
        command.folder.root = folder.path();
        set(command);
        return action(command);
    }
    template <class Set>
    boost::json::object must(AskgAction action, const Set& set) {
        const auto answer = ask(action, set);
        EXPECT_TRUE(answer) << answer.error().detail;
        if (!answer) return {};
        EXPECT_FALSE(answer->text.empty());
        return answer->json;
    }
    template <class Set>
    ErrorCode refused(AskgAction action, const Set& set) {
        const auto answer = ask(action, set);
        return answer ? ErrorCode{} : answer.error().code;
    }
    static std::string text(const boost::json::object& object, std::string_view name) {
        return std::string(object.at(name).as_string());
    }
    std::filesystem::path file(std::string_view name) const { return folder.path() / name; }
    /// As an editor leaves it: for its owner alone, with a line end.
    std::filesystem::path secret(std::string_view name, const std::string& text) const {
        std::ofstream(file(name)) << text << '\n';
        EXPECT_EQ(::chmod(file(name).c_str(), 0600), 0);
        return file(name);
    }

    std::string new_patient() {
        return text(must(askg_domain, [](AskgCommand&) {}), "patient");
    }
    boost::json::object new_pda(const std::string& of) {
        return must(askg_enrol_pda, [&](AskgCommand& command) {
            command.patient = of;
            command.new_keys = true;
            command.out = file("pda.credentials");
        });
    }
    boost::json::object new_server() {
        return must(askg_enrol_server, [&](AskgCommand& command) {
            command.new_keys = true;
            command.suite = "aes_256_gcm";
            command.out = file("server.credentials");
        });
    }

    storage::TemporaryFolder folder;
};

TEST_F(AskgTest, EnrolsAPatientsPartiesWhoThenShareKeys) {
    const auto server = new_server();
    const auto patient = new_patient();
    const auto pda = new_pda(patient);
    const auto device = must(askg_enrol_device, [&](AskgCommand& command) {
        command.patient = patient;
        command.pda = text(pda, "id");
        command.new_keys = true;
        command.sealed_to_cloud = true;
        command.out = file("device.credentials");
    });
    must(askg_renew, [&](AskgCommand& command) {
        command.party = "pda";
        command.id = text(pda, "id");
        command.out = file("pda.credentials");
    });
    const auto at_pda = askg::read_file<askg::PdaCredentials>(file("pda.credentials")).value();
    const auto at_device =
        askg::read_file<askg::DeviceCredentials>(file("device.credentials")).value();
    ASSERT_EQ(at_pda.grant.devices.size(), 1U);
    EXPECT_EQ(base::to_hex(at_pda.grant.devices[0].id.view()), text(device, "id"));
    EXPECT_TRUE(askg::pair_secret(at_pda.grant.domain, at_pda.grant.devices[0].x) ==
                askg::pair_secret(at_device.grant.domain, at_device.grant.pda_x));
    must(askg_provision, [&](AskgCommand& command) {
        command.server = text(server, "id");
        command.out = file("provision.bin");
    });
    const auto at_server =
        askg::read_file<askg::CloudServerCredentials>(file("server.credentials")).value();
    EXPECT_EQ(at_server.grant.certificate.record.suite, keyagreement::Suite::aes_256_gcm);
    const auto sealed = storage::read_file(file("provision.bin"), 1 << 20).value();
    EXPECT_EQ(askg::open_provision(at_server.grant, sealed, 0)->peers.size(), 2U);
}

TEST_F(AskgTest, AUsersClientDerivesTheCertifiedKeyFromTheSecretInTheFile) {
    const auto u = secret("u", "what she knows");
    const auto apply = [&](AskgCommand& command) {
        command.id = std::string(32, 'a');
        command.role = "nurse";
        command.secret_file = u;
        command.out = file("user.credentials");
    };
    ASSERT_EQ(::chmod(u.c_str(), 0644), 0);
    EXPECT_EQ(refused(askg_register_user, apply), ErrorCode::not_authorised)
        << "a secret that others can read is none";
    ASSERT_EQ(::chmod(u.c_str(), 0600), 0);
    const auto user = must(askg_register_user, apply);
    // As `salus user login` reads the same file.
    EXPECT_EQ(base::as_text(*read_secret(u)), "what she knows");
    const auto held = askg::read_file<askg::UserCredentials>(file("user.credentials")).value();
    const auto token =
        askg::user_token(base::as_bytes("what she knows"), held.factor, held.grant.id).value();
    EXPECT_EQ(base::to_hex(askg::user_static_key(token).public_key()), text(user, "static_public"));
}

TEST_F(AskgTest, APartyThatMadeItsOwnKeysGetsAGrantWithoutThem) {
    const auto patient = new_patient();
    const auto apply = [&](AskgCommand& command) {
        command.patient = patient;
        command.static_public = "09" + std::string(62, '0');  // the base point: a sound key
        command.verifier = std::string(64, '1');
        command.out = file("pda.grant");
    };
    const auto pda = must(askg_enrol_pda, apply);
    EXPECT_TRUE(askg::read_file<askg::PdaGrant>(file("pda.grant")));
    must(askg_renew, [&](AskgCommand& command) {
        command.party = "pda";
        command.id = text(pda, "id");
        command.out = file("pda.grant");
    });
    EXPECT_TRUE(askg::read_file<askg::PdaGrant>(file("pda.grant"))) << "still a grant";
    EXPECT_EQ(refused(askg_enrol_pda,
                      [&](AskgCommand& command) {
                          apply(command);
                          command.verifier.clear();
                      }),
              ErrorCode::malformed);
    EXPECT_EQ(refused(askg_enrol_pda,
                      [&](AskgCommand& command) {
                          apply(command);
                          command.static_public = std::string(64, '0');
                      }),
              ErrorCode::bad_key);
}

TEST_F(AskgTest, ARevocationStandsInListAndLogAndTheLogVerifiesWithoutTheSecret) {
    const auto patient = new_patient();
    const auto pda = new_pda(patient);
    must(askg_revoke, [&](AskgCommand& command) { command.serial = text(pda, "serial"); });
    EXPECT_EQ(refused(askg_revoke,
                      [&](AskgCommand& command) {
                          command.party = "pda";
                          command.id = text(pda, "id");
                      }),
              ErrorCode::key_not_valid);
    const auto list = must(askg_list, [](AskgCommand&) {});
    ASSERT_EQ(list.at("members").as_array().size(), 1U);
    EXPECT_TRUE(list.at("members").as_array()[0].as_object().at("revoked").as_bool());
    std::filesystem::remove_all(folder.path() / "keys");  // no unlock secret any more
    EXPECT_EQ(must(askg_log, [](AskgCommand&) {}).at("entries").as_array().size(), 2U);
    EXPECT_TRUE(must(askg_verify_log, [](AskgCommand&) {}).at("verified").as_bool());
    EXPECT_EQ(refused(askg_list, [](AskgCommand&) {}), ErrorCode::unauthenticated);
}

TEST_F(AskgTest, RotationAndNewGenerationSayWhereTheyStand) {
    const auto patient = new_patient();
    EXPECT_GT(must(askg_rotate, [](AskgCommand&) {}).at("epoch").as_int64(), 600);
    EXPECT_EQ(must(askg_generation, [&](AskgCommand& command) { command.patient = patient; })
                  .at("generation")
                  .to_number<int>(),
              2);
}

TEST_F(AskgTest, OpensWithAPassphraseAndWithNothingElse) {
    (void)secret("word", "correct horse battery");
    (void)secret("other", "incorrect horse battery");
    const auto at = [&](std::string_view word) {
        return [this, word](AskgCommand& command) {
            command.folder.root = folder.path() / "apart";
            command.passphrase_file = file(word);
        };
    };
    must(askg_init, at("word"));
    EXPECT_EQ(refused(askg_init, at("word")), ErrorCode::conflict);
    must(askg_list, at("word"));
    EXPECT_EQ(refused(askg_list, at("other")), ErrorCode::unauthenticated);
    EXPECT_EQ(refused(askg_list, at("none")), ErrorCode::not_found);
    ASSERT_EQ(::chmod(file("word").c_str(), 0604), 0);
    EXPECT_EQ(refused(askg_list, at("word")), ErrorCode::not_authorised);
}

TEST_F(AskgTest, SaysWhatIsWrongWithWhatWasTyped) {
    EXPECT_EQ(refused(askg_generation, [](AskgCommand& command) { command.patient = "xyz"; }),
              ErrorCode::malformed);
    EXPECT_EQ(refused(askg_renew, [](AskgCommand&) {}), ErrorCode::malformed);
    EXPECT_EQ(refused(askg_list,
                      [&](AskgCommand& command) { command.folder.root = folder.path() / "none"; }),
              ErrorCode::not_found);
    EXPECT_EQ(refused(askg_register_user,
                      [&](AskgCommand& command) {
                          command.id = std::string(32, 'a');
                          command.role = "wizard";
                      }),
              ErrorCode::malformed);
}

// ---- held against the chain ----

/// Records signed by a key generator that would exchange a key, and a chain.
class AskgOnChain : public ::testing::Test {
protected:
    askg::Record signed_record(std::uint8_t first_byte) {
        askg::Record record{.authority = base::draw<keyagreement::DomainName>(random),
                            .serial = base::draw<askg::Serial>(random),
                            .role = askg::PartyRole::cloud_server,
                            .suite = keyagreement::Suite::chacha20_poly1305,
                            .static_public = {first_byte},
                            .valid_from = base::from_unix_ms(0),
                            .valid_until = base::from_unix_ms(1),
                            .signature = {}};
        record.signature = signing.sign(signed_bytes(record));
        return record;
    }
    void put(const askg::Record& record, wire::CertificationEvent event) {
        chain.must_accept({chain.signed_by(generator, wire::Certify{hash_of(record), event})});
    }
    /// In the file of a user, who knows the server by it.
    std::filesystem::path file_with(const askg::Record& server) {
        askg::UserCredentials user;
        user.grant.authority = server.authority;
        user.grant.authority_key = signing.public_key();
        user.grant.role = wire::Role::patient;
        user.grant.cloud_servers.push_back({.id = {}, .record = server});
        const auto file = folder.path() / "user.credentials";
        EXPECT_TRUE(askg::write_file(file, user));
        return file;
    }

    base::SeededRandom random{5};
    crypto::Ed25519PrivateKey signing = crypto::Ed25519PrivateKey::generate();
    ledger::testing::Chain chain;
    ledger::testing::Person generator = chain.enrolled(wire::Role::key_generator);
    storage::TemporaryFolder folder;
};

// Goal: an exchanged S_X is seen. Method: the key generator itself signs a record with another key
// in place of the certified one; the file is sound in itself, and the chain does not know it.
TEST_F(AskgOnChain, ASwappedKeyIsSeenThoughTheKeyGeneratorSignedIt) {
    auto record = signed_record(9);
    put(record, wire::CertificationEvent::certified);
    const auto sound = records_in(file_with(record));
    ASSERT_TRUE(sound) << sound.error().detail;
    ASSERT_EQ(sound->size(), 1U);
    EXPECT_TRUE(check_certified(*chain.app, *sound));

    record.static_public[0] = 10;
    record.signature = signing.sign(signed_bytes(record));
    const auto swapped = records_in(file_with(record));
    ASSERT_TRUE(swapped) << "signed, so the file itself does not give it away";
    EXPECT_EQ(check_certified(*chain.app, *swapped).error().code, ErrorCode::not_found);
}

TEST_F(AskgOnChain, ARevokedRecordIsRefused) {
    const auto record = signed_record(9);
    put(record, wire::CertificationEvent::certified);
    put(record, wire::CertificationEvent::revoked);
    EXPECT_EQ(check_certified(*chain.app, {record}).error().code, ErrorCode::key_not_valid);
}

TEST_F(AskgOnChain, TheLogMustStandThereAsItSays) {
    const auto one = signed_record(9);
    const auto two = signed_record(10);
    put(one, wire::CertificationEvent::certified);
    askg::PublicLog log;
    log.entries = {{.event = askg::LogEvent::certified, .at = {}, .record = one}};
    EXPECT_TRUE(check_log(*chain.app, log));
    log.entries.push_back({.event = askg::LogEvent::certified, .at = {}, .record = two});
    EXPECT_EQ(check_log(*chain.app, log).error().code, ErrorCode::not_found) << "kept from it";
    put(two, wire::CertificationEvent::certified);
    EXPECT_TRUE(check_log(*chain.app, log));
    log.entries.push_back({.event = askg::LogEvent::revoked, .at = {}, .record = one});
    EXPECT_FALSE(check_log(*chain.app, log)) << "revoked in the log alone";
    put(one, wire::CertificationEvent::revoked);
    EXPECT_TRUE(check_log(*chain.app, log));
    log.entries.pop_back();
    EXPECT_FALSE(check_log(*chain.app, log)) << "revoked on the chain alone";
}

TEST_F(AskgTest, AFileIsHeldAgainstTheLedgerOfTheFolderAlone) {
    (void)new_server();
    EXPECT_EQ(refused(askg_check,
                      [&](AskgCommand& command) { command.out = file("server.credentials"); }),
              ErrorCode::not_found)
        << "there is no ledger here";
    EXPECT_EQ(records_in(file("server.credentials"))->size(), 1U);
    std::ofstream(file("other")) << "no file of a key generator's";
    std::filesystem::permissions(file("other"), std::filesystem::perms::owner_read);
    EXPECT_EQ(records_in(file("other")).error().code, ErrorCode::malformed);
}

}  // namespace
}  // namespace cli
