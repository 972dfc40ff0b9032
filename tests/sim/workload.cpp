// SPDX-License-Identifier: Apache-2.0
#include "workload.h"

#include <algorithm>

#include "base/check.h"

namespace sim {

using base::ErrorCode;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using wire::Role;

Workload::Workload(Dice& dice, const Notary& notary, const Options& options)
    : dice_(dice),
      notary_(notary),
      next_key_(dice.below(KeyRing::keys)),
      upgrade_to_(options.upgrade_to),
      miners_join_(options.miners_join) {
    genesis_ = {.chain_id = "salus-sim",
                .time = start(),
                .demo = options.demo,
                .members = {},
                .policy = options.policy};
    const auto add = [this](Role role) {
        const auto person = draw(role);
        people_[role].push_back(person);
        genesis_.members.push_back({.id = person.id,
                                    .role = role,
                                    .scheme = wire::SignatureScheme::ecdsa_p256_sha512,
                                    .public_key = notary_.ring().public_key(person.key),
                                    .custody = wire::Custody::node});
        return person.id;
    };
    administrator_ = add(Role::administrator);
    for (std::size_t i = 0; i < options.miners; ++i) add(Role::miner);
    // The rest of the first people is enrolled by the genesis too: histories are short.
    add(Role::cloud_server);
    add(Role::key_generator);
    for (const auto role : {Role::doctor, Role::doctor, Role::patient, Role::patient}) add(role);
}

Person Workload::draw(Role role) {
    Person person{.id = base::draw<wire::LedgerId>(dice_.random()), .role = role};
    person.key = draw_key();
    keys_[person.id] = person.key;
    return person;
}

std::size_t Workload::draw_key() {
    const auto index = next_key_;
    next_key_ = (next_key_ + 1) % KeyRing::keys;
    const auto fresh = key_indexes_.emplace(notary_.ring().public_key(index), index).second;
    CHECK(fresh);  // no history needs all keys of the ring
    return index;
}

const std::vector<Person>& Workload::people(Role role) const {
    return people_.at(role);
}

Person& Workload::any(Role role) {
    return dice_.pick(people_.at(role));
}

Person& Workload::anybody() {
    std::vector<Role> roles;
    for (const auto& [role, people] : people_) roles.push_back(role);
    return any(dice_.pick(roles));
}

wire::LedgerId Workload::cloud_server() {
    return any(Role::cloud_server).id;
}

wire::TransactionBody Workload::body(const wire::LedgerId& sender, base::TimePoint now,
                                     wire::Action action) {
    auto& sequence = sequences_[sender];
    // Mostly the next; sometimes a gap, which is never filled or filled late.
    sequence += dice_.chance(1, 8) ? dice_.between(2, 40) : 1;
    return {.chain_id = genesis_.chain_id,
            .sender = sender,
            .sequence = sequence,
            .timestamp = now,
            .action = std::move(action)};
}

DraftPtr Workload::sign(wire::TransactionBody body, const std::vector<wire::LedgerId>& signers) {
    std::vector<Hand> hands;
    for (const auto& id : signers) hands.push_back({.id = id, .key = keys_.at(id)});
    return std::make_shared<const Draft>(notary_.sign(std::move(body), std::move(hands)));
}

DraftPtr Workload::signed_by(const wire::LedgerId& sender, base::TimePoint now,
                             wire::Action action) {
    return sign(body(sender, now, std::move(action)), {sender});
}

wire::Enrol Workload::enrolment(const Person& person) const {
    return {.subject = person.id,
            .role = person.role,
            .scheme = wire::SignatureScheme::ecdsa_p256_sha512,
            .public_key = notary_.ring().public_key(person.key),
            .custody = wire::Custody::node};
}

DraftPtr Workload::fresh(base::TimePoint now) {
    return signed_by(administrator_, now, enrolment(draw(Role::nurse)));
}

void Workload::accepted(const Draft& draft) {
    const auto& action = draft.body.action;
    if (const auto* enrol = std::get_if<wire::Enrol>(&action)) {
        people_[enrol->role].push_back(
            {.id = enrol->subject, .role = enrol->role, .key = key_indexes_.at(enrol->public_key)});
    }
    if (const auto* rotate = std::get_if<wire::RotateKey>(&action)) {
        keys_[draft.body.sender] = key_indexes_.at(rotate->public_key);
    }
    if (std::holds_alternative<wire::GrantConsent>(action)) {
        grants_.push_back(std::make_shared<const Draft>(draft));
    }
}

const std::vector<Workload::Kind>& Workload::kinds() {
    static const std::vector<Kind> all{
        {30, &Workload::good_report}, {12, &Workload::bad_report},   {4, &Workload::report_batch},
        {6, &Workload::replay},       {4, &Workload::damaged},       {6, &Workload::enrol},
        {4, &Workload::bad_enrol},    {5, &Workload::rotate},        {4, &Workload::revoke_key},
        {14, &Workload::grant},       {5, &Workload::bad_grant},     {7, &Workload::withdraw},
        {4, &Workload::badly_signed}, {9, &Workload::change_mining}, {3, &Workload::evidence},
        {4, &Workload::destroy_key},  {2, &Workload::upgrade},       {4, &Workload::certify}};
    return all;
}

std::vector<DraftPtr> Workload::some(const Model& tip, base::TimePoint now) {
    tip_ = &tip;
    now_ = now;
    sent_.clear();
    static const std::uint64_t total = [] {
        std::uint64_t sum = 0;
        for (const auto& kind : kinds()) sum += kind.weight;
        return sum;
    }();
    for (auto wanted = dice_.below(5); wanted > 0; --wanted) {
        auto drawn = dice_.below(total);
        for (const auto& kind : kinds()) {
            if (drawn < kind.weight) {
                (this->*kind.make)();
                break;
            }
            drawn -= kind.weight;
        }
    }
    for (const auto& draft : sent_) {
        if (!draft->damaged) past_.push_back(draft);
    }
    return std::move(sent_);
}

wire::Report Workload::report() {
    wire::Report out{.receiver = any(Role::doctor).id,
                     .patient = any(Role::patient).id,
                     .category = wire::Category::vital_signs,
                     .personal_data = false,
                     .header_hash = dice_.chance(3, 4) ? tip_->header_refs().back()
                                                       : dice_.pick(tip_->header_refs()),
                     .consent = {},
                     .patient_token = base::draw<wire::Hash256>(dice_.random()),
                     .content_id = {},
                     .content_hash = {},
                     .readings_root = {},
                     .reading_count = 300,
                     .period_start = now_ - minutes{5},
                     .period_end = now_};
    out.content_id.bytes = {0x01, 0x55, 0x12, 0x20};
    base::SeededRandom& random = dice_.random();
    random.fill(std::span(out.content_id.bytes).subspan(4, 8));
    // One of the last grants, so that most of them stand still.
    if (!grants_.empty()) {
        const auto back = std::min<std::uint64_t>(grants_.size(), 4);
        const auto& grant = *grants_[grants_.size() - 1 - dice_.below(back)];
        const auto& action = std::get<wire::GrantConsent>(grant.body.action);
        out.patient = grant.body.sender;
        out.receiver = action.grantee;
        out.category = action.category;
        out.consent = grant.ref;
    }
    return out;
}

void Workload::send_report(const wire::Report& report, std::vector<wire::LedgerId> signers) {
    send(sign(body(signers.front(), now_, report), signers));
}

/// On a consent that stands, if there is one; without one the first consent is given.
void Workload::good_report() {
    std::vector<const std::pair<const Model::Grant, Model::Consent>*> standing;
    for (const auto& entry : tip_->consents()) {
        const bool treatment = entry.first.purpose == wire::Purpose::treatment;
        if (treatment && entry.second.stands_at(now_)) standing.push_back(&entry);
    }
    if (standing.empty()) {
        grant();
        return;
    }
    const auto& [grant, consent] = *dice_.pick(standing);
    auto made = report();
    made.patient = grant.patient;
    made.receiver = grant.grantee;
    made.category = grant.category;
    made.consent = consent.ref;
    send_report(made, {cloud_server(), made.receiver});
}

void Workload::bad_report() {
    auto made = report();
    std::vector<wire::LedgerId> signers{cloud_server(), made.receiver};
    switch (dice_.below(9)) {
        case 0:
            made.consent.bytes[0] ^= 1;
            break;
        case 1:
            made.personal_data = true;
            break;
        case 2:
            signers.push_back(any(Role::doctor).id);
            break;
        case 3:
            signers.pop_back();
            break;
        case 4:
            signers.front() = anybody().id;
            break;
        case 5:
            made.header_hash.bytes[5] ^= 1;
            break;
        case 6:
            made.period_end = made.period_start;
            break;
        case 7:
            made.receiver = any(Role::doctor).id;
            break;
        default:
            made.patient = anybody().id;
            break;
    }
    std::vector<wire::LedgerId> each;  // nobody may sign twice: that does not decode
    for (const auto& id : signers) {
        if (std::ranges::find(each, id) == each.end()) each.push_back(id);
    }
    send_report(made, each);
}

void Workload::report_batch() {
    const auto first = report();
    const auto cloud = cloud_server();
    std::vector<wire::TransactionBody> bodies;
    for (auto left = dice_.between(1, 5); left > 0; --left) {
        auto one = first;
        one.reading_count = static_cast<std::uint32_t>(left);
        one.personal_data = dice_.chance(1, 8);
        bodies.push_back(body(cloud, now_, one));
    }
    std::vector<Hand> hands{{.id = cloud, .key = keys_.at(cloud)}};
    hands.push_back(
        {.id = first.receiver, .key = keys_.at(first.receiver), .spoiled = dice_.chance(1, 8)});
    if (hands[0].id == hands[1].id) return;
    for (auto& draft : notary_.sign_batch(bodies, hands)) {
        send(std::make_shared<const Draft>(std::move(draft)));
    }
}

void Workload::replay() {
    if (past_.empty()) return;
    const auto& old = dice_.pick(past_);
    if (dice_.chance(1, 2)) {
        send(old);  // the very same bytes
        return;
    }
    // Another body under a sequence that was used, or that is too old.
    auto other = old->body;
    other.timestamp += milliseconds{1};
    if (dice_.chance(1, 4)) other.sequence = 1;
    if (dice_.chance(1, 4)) {
        other.sequence = (sequences_[other.sender] += 5'000);
    }
    std::vector<wire::LedgerId> signers;
    for (const auto& hand : old->hands) signers.push_back(hand.id);
    auto draft = *sign(std::move(other), signers);
    draft.sealed_under = old->sealed_under;
    draft.bad_key = old->bad_key;
    send(std::make_shared<const Draft>(std::move(draft)));
}

void Workload::damaged() {
    const auto made = report();
    auto bad = *sign(body(cloud_server(), now_, made), {cloud_server(), made.receiver});
    bad.damaged = true;
    if (dice_.chance(1, 3)) {
        bad.envelope.resize(dice_.below(bad.envelope.size()));
    } else {
        bad.envelope[dice_.below(bad.envelope.size())] ^=
            static_cast<std::uint8_t>(1U << dice_.below(8));
    }
    send(std::make_shared<const Draft>(std::move(bad)));
}

void Workload::enrol() {
    static const std::vector<Role> roles{Role::miner,   Role::miner,        Role::doctor,
                                         Role::patient, Role::cloud_server, Role::administrator};
    const auto role = dice_.pick(roles);
    if (role == Role::miner && !miners_join_) return;
    send(signed_by(administrator_, now_, enrolment(draw(role))));
}

void Workload::bad_enrol() {
    auto action = enrolment(draw(Role::doctor));
    auto sender = administrator_;
    switch (dice_.below(5)) {
        case 0:
            sender = anybody().id;
            break;
        case 1:
            action.subject = anybody().id;
            break;
        case 2:
            action.role = Role::demo_program;
            break;
        case 3:
            action.subject = {};
            break;
        default: {
            action.public_key.bytes[64] ^= 1;
            auto off_curve = *signed_by(sender, now_, action);
            off_curve.bad_key = true;
            send(std::make_shared<const Draft>(std::move(off_curve)));
            return;
        }
    }
    send(signed_by(sender, now_, action));
}

void Workload::rotate() {
    const auto& who = dice_.chance(1, 2) ? any(Role::miner) : anybody();
    const bool same = dice_.chance(1, 6);
    const auto key = same ? keys_.at(who.id) : draw_key();
    send(signed_by(who.id, now_,
                   wire::RotateKey{.public_key = notary_.ring().public_key(key),
                                   .custody = wire::Custody::own_device}));
}

void Workload::revoke_key() {
    // Mostly a nurse's or a miner's: the hospital must go on.
    const auto subject = dice_.chance(1, 3)   ? any(Role::miner).id
                         : dice_.chance(1, 4) ? anybody().id
                                              : base::draw<wire::LedgerId>(dice_.random());
    if (subject == administrator_) return;
    const auto sender = dice_.chance(1, 4) ? subject : administrator_;
    if (!keys_.contains(sender)) return;
    send(signed_by(sender, now_, wire::RevokeKey{subject}));
}

wire::GrantConsent Workload::grant_to(const wire::LedgerId& grantee) {
    static const std::vector<milliseconds> terms{milliseconds{4'000}, milliseconds{20'000},
                                                 hours{1}, hours{24}};
    return {
        .grantee = grantee,
        .category = dice_.chance(3, 4) ? wire::Category::vital_signs : wire::Category::laboratory,
        .purpose = dice_.chance(7, 8) ? wire::Purpose::treatment : wire::Purpose::research,
        .from = dice_.chance(7, 8) ? now_ - hours{1} : now_ + milliseconds{3'000},
        .until = now_ + dice_.pick(terms),
        .token_key_hash = {}};
}

void Workload::grant() {
    const auto patient = any(Role::patient).id;
    send(signed_by(patient, now_, grant_to(any(Role::doctor).id)));
}

void Workload::bad_grant() {
    auto sender = any(Role::patient).id;
    auto action = grant_to(any(Role::doctor).id);
    switch (dice_.below(5)) {
        case 0:
            action.until = now_ - minutes{1};
            break;
        case 1:
            action.until = action.from;
            break;
        case 2:
            action.grantee = sender;
            break;
        case 3:
            action.grantee = base::draw<wire::LedgerId>(dice_.random());
            break;
        default:
            sender = any(Role::doctor).id;
            break;
    }
    send(signed_by(sender, now_, action));
}

void Workload::withdraw() {
    if (grants_.empty() || dice_.chance(1, 10)) {
        send(signed_by(any(Role::patient).id, now_,
                       wire::RevokeConsent{base::draw<wire::Hash256>(dice_.random())}));
        return;
    }
    const auto& grant = *dice_.pick(grants_);
    const auto sender = dice_.chance(7, 8) ? grant.body.sender : any(Role::patient).id;
    const auto withdrawal = signed_by(sender, now_, wire::RevokeConsent{grant.ref});
    // The same block may hold a report on it, before or after.
    if (dice_.chance(1, 2)) good_report();
    send(withdrawal);
    if (dice_.chance(1, 2)) good_report();
}

void Workload::badly_signed() {
    const auto made = report();
    const auto cloud = cloud_server();
    std::vector<Hand> hands{{.id = cloud, .key = keys_.at(cloud)},
                            {.id = made.receiver, .key = keys_.at(made.receiver)}};
    if (cloud == made.receiver) return;
    auto text = body(cloud, now_, made);
    switch (dice_.below(5)) {
        case 0:
            hands[0].spoiled = true;
            break;
        case 1:
            hands[1].spoiled = true;
            break;
        case 2:
            hands[1].key = draw_key();
            break;
        case 3:
            text.chain_id = "salus-other";
            break;
        default:
            text.timestamp += minutes{30};
            break;
    }
    send(std::make_shared<const Draft>(notary_.sign(std::move(text), std::move(hands))));
}

}  // namespace sim
