// SPDX-License-Identifier: Apache-2.0
// `salus askg`: what makes a party's file.
#include <fmt/format.h>

#include "askg/user_secret.h"
#include "cli/askg_open.h"
#include "cli/secret_file.h"
#include "crypto/x25519.h"

namespace cli {

using base::ErrorCode;
using base::Result;
namespace json = boost::json;

namespace {

/// A party's own half: made here, or its public part as it was typed.
struct OwnHalf {
    std::optional<crypto::Secret32> static_private;
    crypto::X25519PublicKeyBytes static_public{};
    crypto::Secret32 token;  ///< Only with `static_private`.
    std::optional<crypto::Secret32> verifier;
};

Result<crypto::X25519PublicKeyBytes> read_public(const std::string& text) {
    const auto key = read_id<base::FixedBytes<struct PublicTag, 32>>(text, "--public");
    if (!key) return base::pass(key);
    return key->bytes;
}

Result<OwnHalf> own_half(const AskgCommand& command, base::Random& random) {
    OwnHalf out;
    if (command.new_keys) {
        const auto key = crypto::X25519PrivateKey::draw(random);
        out.static_private = key.to_bytes();
        out.static_public = key.public_key();
        out.token = crypto::Secret32::draw(random);
        out.verifier = askg::token_verifier(out.token);
        return out;
    }
    const auto key = read_public(command.static_public);
    if (!key) {
        return base::fail(ErrorCode::malformed,
                          "name the party's X25519 key with --public (64 lower-case hexadecimal "
                          "digits), or let it be made here with --new-keys");
    }
    out.static_public = *key;
    if (!command.verifier.empty()) {
        const auto read =
            read_id<base::FixedBytes<struct VerifierTag, 32>>(command.verifier, "--verifier");
        if (!read) return base::pass(read);
        out.verifier = crypto::Secret32::from(read->view());
    }
    return out;
}

template <class Id>
Result<Id> id_or_new(const std::string& text, base::Random& random) {
    if (text.empty()) return base::draw<Id>(random);
    return read_id<Id>(text, "--id");
}

keyagreement::Suite suite_of(const AskgCommand& command) {
    return command.suite == name_of(keyagreement::Suite::aes_256_gcm)
               ? keyagreement::Suite::aes_256_gcm
               : keyagreement::Suite::chacha20_poly1305;
}

/// With the keys that were made here; without them the grant alone.
template <class Credentials, class Grant>
Result<void> write_party(const std::filesystem::path& file, OwnHalf own, Grant grant) {
    if (!own.static_private) return askg::write_file(file, grant);
    Credentials credentials;
    credentials.static_private = *std::move(own.static_private);
    if constexpr (requires { credentials.token; }) credentials.token = std::move(own.token);
    credentials.grant = std::move(grant);
    return askg::write_file(file, credentials);
}

AskgAnswer told(std::string_view what, base::ByteView id, const askg::Record& record,
                const std::filesystem::path& file) {
    const auto hash = hash_of(record);
    AskgAnswer out;
    out.text = fmt::format(
        "Enrolled {} {}\n"
        "  static key   {}\n"
        "  serial       {}\n"
        "  record hash  {}  (what a Certify transaction puts on the chain)\n"
        "  valid until  {}\n"
        "  file         {}",
        what, hex(id), hex(record.static_public), hex(record.serial.view()), hex(hash.view()),
        utc_text(record.valid_until), file.string());
    out.json = {{"enrolled", what},
                {"id", hex(id)},
                {"static_public", hex(record.static_public)},
                {"serial", hex(record.serial.view())},
                {"record_hash", hex(hash.view())},
                {"valid_until_ms", base::to_unix_ms(record.valid_until)},
                {"file", file.string()}};
    return out;
}

}  // namespace

Result<AskgAnswer> askg_enrol_pda(const AskgCommand& command) {
    auto parts = open_askg(command);
    if (!parts) return base::pass(parts);
    const auto patient = read_id<wire::LedgerId>(command.patient, "--patient");
    if (!patient) return base::pass(patient);
    const auto id = id_or_new<wire::DeviceId>(command.id, (*parts)->random);
    if (!id) return base::pass(id);
    auto own = own_half(command, (*parts)->random);
    if (!own) return base::pass(own);
    if (!own->verifier) {
        return base::fail(ErrorCode::malformed, "a PDA has a token: name its TKV with --verifier");
    }
    auto grant = (*parts)->generator->enrol_pda({.patient = *patient,
                                                 .id = *id,
                                                 .static_public = own->static_public,
                                                 .token_verifier = own->verifier->clone(),
                                                 .suite = suite_of(command)});
    if (!grant) return base::pass(grant);
    const auto record = grant->certificate.record;
    const auto written =
        write_party<askg::PdaCredentials>(*command.out, *std::move(own), *std::move(grant));
    if (!written) return base::pass(written);
    return told("PDA", id->view(), record, *command.out);
}

Result<AskgAnswer> askg_enrol_device(const AskgCommand& command) {
    auto parts = open_askg(command);
    if (!parts) return base::pass(parts);
    const auto patient = read_id<wire::LedgerId>(command.patient, "--patient");
    if (!patient) return base::pass(patient);
    const auto pda = read_id<wire::DeviceId>(command.pda, "--pda");
    if (!pda) return base::pass(pda);
    const auto id = id_or_new<wire::DeviceId>(command.id, (*parts)->random);
    if (!id) return base::pass(id);
    auto own = own_half(command, (*parts)->random);
    if (!own) return base::pass(own);
    if (command.new_keys && !command.sealed_to_cloud) {
        own->verifier.reset();
        own->token = crypto::Secret32();
    }
    askg::DeviceApplication application{.patient = *patient,
                                        .id = *id,
                                        .pda = *pda,
                                        .static_public = own->static_public,
                                        .token_verifier = std::move(own->verifier),
                                        .clockless = command.clockless};
    auto grant = (*parts)->generator->enrol_device(application);
    if (!grant) return base::pass(grant);
    const auto record = grant->certificate.record;
    const auto written =
        write_party<askg::DeviceCredentials>(*command.out, *std::move(own), *std::move(grant));
    if (!written) return base::pass(written);
    return told("device", id->view(), record, *command.out);
}

Result<AskgAnswer> askg_enrol_server(const AskgCommand& command) {
    auto parts = open_askg(command);
    if (!parts) return base::pass(parts);
    const auto id = id_or_new<wire::LedgerId>(command.id, (*parts)->random);
    if (!id) return base::pass(id);
    auto own = own_half(command, (*parts)->random);
    if (!own) return base::pass(own);
    auto grant = (*parts)->generator->enrol_cloud_server(
        {.id = *id, .static_public = own->static_public, .suite = suite_of(command)});
    if (!grant) return base::pass(grant);
    const auto record = grant->certificate.record;
    const auto written =
        write_party<askg::CloudServerCredentials>(*command.out, *std::move(own), *std::move(grant));
    if (!written) return base::pass(written);
    return told("cloud server", id->view(), record, *command.out);
}

namespace {

/// With u from a file: the client's second factor is drawn, and token and key are derived.
struct ClientHalf {
    std::optional<askg::UserFactor> factor;
    crypto::X25519PublicKeyBytes static_public{};
    crypto::Secret32 verifier;
};

Result<ClientHalf> client_half(const AskgCommand& command, const wire::LedgerId& id,
                               base::Random& random) {
    ClientHalf out;
    if (!command.secret_file) {
        const auto own = own_half(command, random);
        if (!own) return base::pass(own);
        if (!own->verifier) {
            return base::fail(ErrorCode::malformed,
                              "name the user's secret with --secret-file, or what her client made "
                              "with --public and --verifier");
        }
        out.static_public = own->static_public;
        out.verifier = own->verifier->clone();
        return out;
    }
    auto u = read_secret(*command.secret_file);
    if (!u) return base::pass(u);
    const askg::WipeAtEnd wiped(*u);
    out.factor = askg::draw_user_factor(random);
    const auto token = askg::user_token(*u, *out.factor, id);
    if (!token) return base::pass(token);
    out.static_public = askg::user_static_key(*token).public_key();
    out.verifier = askg::token_verifier(*token);
    return out;
}

}  // namespace

Result<AskgAnswer> askg_register_user(const AskgCommand& command) {
    const auto id = read_id<wire::LedgerId>(command.id, "--id");
    if (!id) return base::pass(id);
    const auto role = wire::role_from_name(command.role);
    if (!role) {
        return base::fail(ErrorCode::malformed, "there is no role \"" + command.role + "\"");
    }
    auto parts = open_askg(command);
    if (!parts) return base::pass(parts);
    auto half = client_half(command, *id, (*parts)->random);
    if (!half) return base::pass(half);
    auto registered =
        (*parts)->generator->register_user({.id = *id,
                                            .role = *role,
                                            .static_public = half->static_public,
                                            .token_verifier = half->verifier.clone()});
    if (!registered) return base::pass(registered);
    const auto written =
        half->factor
            ? askg::write_file(*command.out,
                               askg::UserCredentials{.factor = *std::move(half->factor),
                                                     .grant = std::move(registered->grant)})
            : askg::write_file(*command.out, registered->grant);
    if (!written) return base::pass(written);
    return told("user", id->view(), registered->record, *command.out);
}

namespace {

/// Into the party's own file where there is one, keeping its secrets; else the grant alone.
template <class Credentials, class Grant>
Result<void> put_grant(const std::filesystem::path& file, Grant grant) {
    if (!std::filesystem::exists(file)) return askg::write_file(file, grant);
    auto held = askg::read_file<Credentials>(file);
    if (!held) {
        const auto as_grant = askg::read_file<Grant>(file);
        if (!as_grant) return base::pass(held);
        if (as_grant->id != grant.id) {
            return base::fail(ErrorCode::conflict, file.string() + " is another party's");
        }
        return askg::write_file(file, grant);
    }
    if (held->grant.id != grant.id) {
        return base::fail(ErrorCode::conflict, file.string() + " is another party's");
    }
    held->grant = std::move(grant);
    return askg::write_file(file, *held);
}

template <class Credentials, class Grant>
Result<void> renewed(Result<Grant> grant, const std::filesystem::path& file) {
    if (!grant) return base::pass(grant);
    return put_grant<Credentials>(file, *std::move(grant));
}

Result<void> renew_into(askg::KeyGenerator& generator, askg::PartyRole role,
                        const keyagreement::PeerName& name, const std::filesystem::path& file) {
    const auto device = *wire::DeviceId::from(name.view());
    const auto ledger = *wire::LedgerId::from(name.view());
    switch (role) {
        case askg::PartyRole::device:
            return renewed<askg::DeviceCredentials>(generator.renew_device(device), file);
        case askg::PartyRole::pda:
            return renewed<askg::PdaCredentials>(generator.renew_pda(device), file);
        case askg::PartyRole::cloud_server:
            return renewed<askg::CloudServerCredentials>(generator.renew_cloud_server(ledger),
                                                         file);
        case askg::PartyRole::user:
            break;
    }
    return renewed<askg::UserCredentials>(generator.renew_user(ledger), file);
}

}  // namespace

Result<AskgAnswer> askg_renew(const AskgCommand& command) {
    const auto who = named_party(command);
    if (!who) return base::pass(who);
    auto parts = open_askg(command);
    if (!parts) return base::pass(parts);
    const auto done = renew_into(*(*parts)->generator, who->role, who->name, *command.out);
    if (!done) return base::pass(done);
    return AskgAnswer{
        .text = fmt::format("Renewed {} {} into {}", name_of(who->role), command.id,
                            command.out->string()),
        .json = {
            {"renewed", name_of(who->role)}, {"id", command.id}, {"file", command.out->string()}}};
}

}  // namespace cli
