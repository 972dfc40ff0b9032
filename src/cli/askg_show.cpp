// SPDX-License-Identifier: Apache-2.0
// `salus askg`: domains, revocation, epochs, and what is shown of them.
#include <fmt/format.h>

#include <algorithm>

#include "askg/public_log.h"
#include "cli/askg_chain.h"
#include "cli/askg_open.h"
#include "storage/files.h"

namespace cli {

using base::ErrorCode;
using base::Result;
namespace json = boost::json;

namespace {

json::object to_json(const askg::Domain& domain) {
    return {{"patient", hex(domain.patient.view())},
            {"generation", domain.generation},
            {"shares_issued", domain.issued},
            {"shares_max", askg::collusion_bound}};
}

std::string words_of(const askg::Domain& domain) {
    return fmt::format("{}  generation {}, {} of {} shares issued", hex(domain.patient.view()),
                       domain.generation, domain.issued, askg::collusion_bound);
}

}  // namespace

Result<NamedParty> named_party(const AskgCommand& command) {
    for (const auto role : {askg::PartyRole::device, askg::PartyRole::pda,
                            askg::PartyRole::cloud_server, askg::PartyRole::user}) {
        if (command.party != name_of(role)) continue;
        const auto name = read_id<keyagreement::PeerName>(command.id, "--id");
        if (!name) return base::pass(name);
        return NamedParty{role, *name};
    }
    return base::fail(ErrorCode::malformed,
                      "say who: --party device|pda|cloud_server|user --id ID");
}

Result<AskgAnswer> askg_init(const AskgCommand& command) {
    auto parts = create_askg(command);
    if (!parts) return base::pass(parts);
    const auto& generator = *(*parts)->generator;
    return AskgAnswer{
        .text = fmt::format("Key generator \"{}\" made in {}\n"
                            "  public name  {}\n"
                            "  public key   {}  (Ed25519; checks its records and its log)",
                            command.name, askg_folder(command.folder).string(),
                            hex(generator.authority().view()), hex(generator.authority_key())),
        .json = {{"authority", hex(generator.authority().view())},
                 {"authority_key", hex(generator.authority_key())}}};
}

Result<AskgAnswer> askg_domain(const AskgCommand& command) {
    auto parts = open_askg(command);
    if (!parts) return base::pass(parts);
    auto patient = base::draw<wire::LedgerId>((*parts)->random);
    if (!command.patient.empty()) {
        const auto read = read_id<wire::LedgerId>(command.patient, "--patient");
        if (!read) return base::pass(read);
        patient = *read;
    }
    const auto domain = (*parts)->generator->new_domain(patient);
    if (!domain) return base::pass(domain);
    return AskgAnswer{.text = "Domain of patient " + words_of(*domain), .json = to_json(*domain)};
}

Result<AskgAnswer> askg_generation(const AskgCommand& command) {
    const auto patient = read_id<wire::LedgerId>(command.patient, "--patient");
    if (!patient) return base::pass(patient);
    auto parts = open_askg(command);
    if (!parts) return base::pass(parts);
    const auto domain = (*parts)->generator->new_generation(*patient);
    if (!domain) return base::pass(domain);
    return AskgAnswer{.text = "Domain of patient " + words_of(*domain) +
                              "\nRenew its PDA and devices: until then they go on with the old "
                              "shares among themselves.",
                      .json = to_json(*domain)};
}

Result<AskgAnswer> askg_provision(const AskgCommand& command) {
    const auto server = read_id<wire::LedgerId>(command.server, "--server");
    if (!server) return base::pass(server);
    auto parts = open_askg(command);
    if (!parts) return base::pass(parts);
    auto& generator = *(*parts)->generator;
    Result<base::Bytes> sealed;
    if (command.id.empty()) {
        sealed = generator.provision(*server);
    } else {
        const auto peer = read_id<keyagreement::PeerName>(command.id, "--id");
        if (!peer) return base::pass(peer);
        sealed = generator.provision(*server, *peer);
    }
    if (!sealed) return base::pass(sealed);
    const auto written = storage::write_file_synced(*command.out, *sealed);
    if (!written) return base::pass(written);
    return AskgAnswer{.text = fmt::format("Provision for cloud server {}: {} bytes, sealed, in {}",
                                          command.server, sealed->size(), command.out->string()),
                      .json = {{"server", command.server},
                               {"bytes", sealed->size()},
                               {"file", command.out->string()}}};
}

Result<AskgAnswer> askg_revoke(const AskgCommand& command) {
    Result<askg::LogEntry> entry;
    auto parts = open_askg(command);
    if (!parts) return base::pass(parts);
    if (!command.serial.empty()) {
        const auto serial = read_id<askg::Serial>(command.serial, "--serial");
        if (!serial) return base::pass(serial);
        entry = (*parts)->generator->revoke(*serial);
    } else {
        const auto who = named_party(command);
        if (!who) return base::pass(who);
        entry = (*parts)->generator->revoke(who->role, who->name);
    }
    if (!entry) return base::pass(entry);
    const auto serial = hex(entry->record.serial.view());
    return AskgAnswer{
        .text = fmt::format("Revoked the {} with serial {}\n"
                            "Responders learn of it by `salus askg provision` (cloud servers) and "
                            "`salus askg renew` (its PDA).",
                            name_of(entry->record.role), serial),
        .json = {{"revoked", name_of(entry->record.role)},
                 {"serial", serial},
                 {"record_hash", hex(hash_of(entry->record).view())}}};
}

Result<AskgAnswer> askg_rotate(const AskgCommand& command) {
    auto parts = open_askg(command);
    if (!parts) return base::pass(parts);
    const auto epoch = (*parts)->generator->rotate_epoch();
    if (!epoch) return base::pass(epoch);
    return AskgAnswer{
        .text = fmt::format("Epoch {} (30 days each). Grants and provisions made from now on hold "
                            "it and the next; renew clients before that one ends.",
                            *epoch),
        .json = {{"epoch", *epoch}}};
}

// ---- showing ----

namespace {

json::object to_json(const askg::Member& member) {
    json::object out{{"role", name_of(member.role)},
                     {"id", hex(member.name.view())},
                     {"serial", hex(member.record.serial.view())},
                     {"static_public", hex(member.record.static_public)},
                     {"record_hash", hex(hash_of(member.record).view())},
                     {"registered_at_ms", base::to_unix_ms(member.registered_at)},
                     {"valid_until_ms", base::to_unix_ms(member.record.valid_until)},
                     {"revoked", member.revoked}};
    if (member.patient) out["patient"] = hex(member.patient->view());
    if (member.pda) out["pda"] = hex(member.pda->view());
    if (member.user_role) out["user_role"] = wire::name_of(*member.user_role);
    if (member.generation != 0) out["generation"] = member.generation;
    if (member.role == askg::PartyRole::device) {
        out["sealed_to"] = member.sealed_to_cloud ? "cloud" : "pda";
    }
    return out;
}

std::string words_of(const askg::Member& member) {
    std::string about;
    if (member.patient) about += "  of patient " + hex(member.patient->view());
    if (member.user_role) about += "  " + std::string(wire::name_of(*member.user_role));
    if (member.sealed_to_cloud) about += "  sealed to the cloud";
    if (member.revoked) about += "  REVOKED";
    return fmt::format("{:<13}{}  serial {}  until {}{}", name_of(member.role),
                       hex(member.name.view()), hex(member.record.serial.view()),
                       utc_text(member.record.valid_until), about);
}

}  // namespace

Result<AskgAnswer> askg_list(const AskgCommand& command) {
    auto parts = open_askg(command);
    if (!parts) return base::pass(parts);
    const auto& generator = *(*parts)->generator;
    AskgAnswer out;
    out.text = fmt::format("Key generator {}, epoch {}\n", hex(generator.authority().view()),
                           generator.epoch());
    json::array domains;
    for (const auto& domain : generator.domains()) {
        out.text += "domain       " + words_of(domain) + "\n";
        domains.push_back(to_json(domain));
    }
    json::array members;
    for (const auto& member : generator.members()) {
        out.text += words_of(member) + "\n";
        members.push_back(to_json(member));
    }
    out.text += fmt::format("{} domain(s), {} member(s)", domains.size(), members.size());
    out.json = {{"authority", hex(generator.authority().view())},
                {"authority_key", hex(generator.authority_key())},
                {"epoch", generator.epoch()},
                {"domains", std::move(domains)},
                {"members", std::move(members)}};
    return out;
}

Result<AskgAnswer> askg_log(const AskgCommand& command) {
    const auto log = askg::read_public_log(askg_folder(command.folder));
    if (!log) return base::pass(log);
    AskgAnswer out;
    json::array entries;
    for (std::size_t i = 0; i < log->entries.size(); ++i) {
        const auto& entry = log->entries[i];
        const auto hash = hex(hash_of(entry.record).view());
        out.text += fmt::format("{:>6}  {}  {:<9}  {:<12}  serial {}  record {}\n", i,
                                utc_text(entry.at), name_of(entry.event),
                                name_of(entry.record.role), hex(entry.record.serial.view()), hash);
        entries.push_back(json::object{{"index", i},
                                       {"at_ms", base::to_unix_ms(entry.at)},
                                       {"event", name_of(entry.event)},
                                       {"role", name_of(entry.record.role)},
                                       {"serial", hex(entry.record.serial.view())},
                                       {"record_hash", hash}});
    }
    out.text += fmt::format("{} entries, head {}", log->head.size, hex(log->head.hash.view()));
    out.json = {{"authority", hex(log->authority.view())},
                {"entries", std::move(entries)},
                {"size", log->head.size},
                {"head", hex(log->head.hash.view())}};
    return out;
}

Result<AskgAnswer> askg_verify_log(const AskgCommand& command) {
    const auto log = askg::read_public_log(askg_folder(command.folder));
    if (!log) return base::pass(log);
    if (const auto sound = verify(*log); !sound) return base::pass(sound);
    if (command.chain) {
        const auto shown = check_on_chain(*log, command.folder);
        if (!shown) return base::pass(shown);
    }
    return AskgAnswer{
        .text = fmt::format(
            "The log is whole: {} entries, each record signed, chained to the "
            "signed head {}\n"
            "  under the key  {}  (compare it with the one you know)\n"
            "  on the chain   {}",
            log->head.size, hex(log->head.hash.view()), hex(log->authority_key),
            command.chain ? "every record, as the log says" : "not looked at; ask with --chain"),
        .json = {{"verified", true},
                 {"on_chain", command.chain ? json::value(true) : json::value(nullptr)},
                 {"size", log->head.size},
                 {"head", hex(log->head.hash.view())},
                 {"authority_key", hex(log->authority_key)}}};
}

}  // namespace cli
