// SPDX-License-Identifier: Apache-2.0
// Who is on the stage, and what they send.
#include "stage.h"

namespace sim {

using std::chrono::seconds;
using wire::MinerStanding;
using wire::Role;

Cast::Cast(Workload& workload, const Model& model) : workload_(workload), model_(model) {
    names_["admin"] = workload.administrator();
    const std::map<std::string, Role> stems{{"miner", Role::miner},
                                            {"cloud", Role::cloud_server},
                                            {"doctor", Role::doctor},
                                            {"patient", Role::patient}};
    for (const auto& [stem, role] : stems) {
        std::size_t number = 0;
        for (const auto& person : workload.people(role)) {
            names_[stem + std::to_string(++number)] = person.id;
        }
    }
}

wire::LedgerId Cast::id_of(const std::string& name) const {
    const auto at = names_.find(name);
    require(at != names_.end(), "nobody is named " + name);
    return at->second;
}

const Draft& Cast::grant_of(const std::string& label) const {
    const auto at = grants_.find(label);
    require(at != grants_.end(), "no grant is labelled " + label);
    return *at->second;
}

wire::ContentId Cast::object(std::uint64_t number) {
    wire::ContentId out;
    out.bytes = {0x01, 0x55, 0x12, 0x20, static_cast<std::uint8_t>(number)};
    return out;
}

DraftPtr Cast::draft(Words& words, base::TimePoint now) {
    static const std::map<std::string, DraftPtr (Cast::*)(Words&, base::TimePoint)> kinds{
        {"enrol", &Cast::enrol},       {"rotate", &Cast::rotate},     {"revoke", &Cast::revoke},
        {"grant", &Cast::grant},       {"withdraw", &Cast::withdraw}, {"report", &Cast::report},
        {"standing", &Cast::standing}, {"destroy", &Cast::destroy},   {"upgrade", &Cast::upgrade},
        {"again", &Cast::again}};
    const auto kind = words.next();
    const auto at = kinds.find(kind);
    require(at != kinds.end(), "nobody can send '" + kind + "'");
    last_ = (this->*at->second)(words, now);
    return last_;
}

DraftPtr Cast::again(Words&, base::TimePoint) {
    require(last_ != nullptr, "nothing was sent yet");
    return last_;
}

DraftPtr Cast::enrol(Words& words, base::TimePoint now) {
    const auto name = words.next();
    const auto role = wire::role_from_name(words.next());
    require(role.has_value(), "there is no such role");
    const auto sender = words.skip("by") ? id_of(words.next()) : id_of("admin");
    const auto person = workload_.draw(*role);
    names_[name] = person.id;
    return workload_.signed_by(sender, now, workload_.enrolment(person));
}

DraftPtr Cast::rotate(Words& words, base::TimePoint now) {
    const auto key = workload_.public_key(workload_.draw_key());
    return workload_.signed_by(
        id_of(words.next()), now,
        wire::RotateKey{.public_key = key, .custody = wire::Custody::own_device});
}

DraftPtr Cast::revoke(Words& words, base::TimePoint now) {
    const auto subject = id_of(words.next());
    require(words.skip("by"), "revoke NAME by NAME");
    return workload_.signed_by(id_of(words.next()), now, wire::RevokeKey{subject});
}

DraftPtr Cast::grant(Words& words, base::TimePoint now) {
    const auto patient = id_of(words.next());
    const auto grantee = id_of(words.next());
    const auto label = words.next();
    auto until = now + std::chrono::hours{24};
    if (words.number_follows()) until = now + seconds{static_cast<std::int64_t>(words.number())};
    grants_[label] = workload_.signed_by(patient, now,
                                         wire::GrantConsent{.grantee = grantee,
                                                            .category = wire::Category::vital_signs,
                                                            .purpose = wire::Purpose::treatment,
                                                            .from = now - std::chrono::hours{1},
                                                            .until = until,
                                                            .token_key_hash = {}});
    return grants_[label];
}

DraftPtr Cast::withdraw(Words& words, base::TimePoint now) {
    const auto ref = grant_of(words.next()).ref;
    require(words.skip("by"), "withdraw LABEL by PATIENT");
    return workload_.signed_by(id_of(words.next()), now, wire::RevokeConsent{ref});
}

DraftPtr Cast::report(Words& words, base::TimePoint now) {
    const auto doctor = id_of(words.next());
    const auto& grant = grant_of(words.next());
    const auto& headers = model_.header_refs();
    auto header = headers.back();
    if (words.skip("header")) header = headers.at(words.number());
    const auto content = object(words.skip("object") ? words.number() : 0);
    const wire::Report made{.receiver = doctor,
                            .patient = grant.body.sender,
                            .category = wire::Category::vital_signs,
                            .personal_data = false,
                            .header_hash = header,
                            .consent = grant.ref,
                            .patient_token = {},
                            .content_id = content,
                            .content_hash = {},
                            .readings_root = {},
                            .reading_count = 300,
                            .period_start = now - std::chrono::minutes{5},
                            .period_end = now};
    const auto cloud = id_of("cloud1");
    return workload_.sign(workload_.body(cloud, now, made), {cloud, doctor});
}

DraftPtr Cast::standing(Words& words, base::TimePoint now) {
    static const std::map<std::string, MinerStanding> standings{
        {"active", MinerStanding::active},
        {"suspended", MinerStanding::suspended},
        {"left", MinerStanding::left}};
    const auto subject = id_of(words.next());
    const auto at = standings.find(words.next());
    require(at != standings.end() && words.skip("by"), "standing NAME STANDING by NAME");
    return workload_.signed_by(id_of(words.next()), now,
                               wire::ChangeMining{.subject = subject, .standing = at->second});
}

DraftPtr Cast::destroy(Words& words, base::TimePoint now) {
    const auto patient = id_of(words.next());
    require(words.skip("object"), "destroy PATIENT object NUMBER");
    const auto cloud = id_of("cloud1");
    const wire::DestroyKey made{.patient = patient, .content_id = object(words.number())};
    return workload_.sign(workload_.body(cloud, now, made), {cloud, patient});
}

DraftPtr Cast::upgrade(Words& words, base::TimePoint now) {
    const auto version = static_cast<std::uint32_t>(words.number());
    require(words.skip("at"), "upgrade VERSION at HEIGHT");
    return workload_.signed_by(id_of("admin"), now,
                               wire::ScheduleUpgrade{.version = version, .height = words.number()});
}

void require_turn(Words& words, const Model& model, const Cast& cast) {
    const auto turn = model.turns().next();
    require(turn->miner == cast.id_of(words.next()), "it is another miner's turn");
    if (words.number_follows()) require(turn->round == words.number(), "it is another round");
}

}  // namespace sim
