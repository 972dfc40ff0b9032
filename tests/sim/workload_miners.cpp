// SPDX-License-Identifier: Apache-2.0
// What is sent about miners, destroyed keys and upgrades.
#include "workload.h"

namespace sim {

using wire::MinerStanding;
using wire::Role;

void Workload::change_mining() {
    static const std::vector<MinerStanding> standings{MinerStanding::active, MinerStanding::active,
                                                      MinerStanding::suspended,
                                                      MinerStanding::left};
    const auto subject = dice_.chance(1, 12) ? anybody().id : any(Role::miner).id;
    const auto standing = dice_.pick(standings);
    const auto sender = dice_.chance(1, 3)    ? subject
                        : dice_.chance(1, 10) ? anybody().id
                                              : administrator_;
    send(signed_by(sender, now_, wire::ChangeMining{.subject = subject, .standing = standing}));
}

/// Some header that `miner` might have sealed at some height.
wire::Header Workload::sealed_header(const wire::LedgerId& miner) {
    wire::Header out;
    out.chain_id = genesis_.chain_id;
    out.height = dice_.between(1, tip_->height() + 1);
    out.previous_hash = base::draw<wire::HeaderHash>(dice_.random());
    out.state_root = base::draw<wire::Hash256>(dice_.random());
    out.history_size = 1;
    out.time = now_;
    out.miner = miner;
    return out;
}

void Workload::evidence() {
    const auto miner = dice_.chance(1, 12) ? anybody().id : any(Role::miner).id;
    auto first = sealed_header(miner);
    auto second = first;
    second.state_root.bytes[0] ^= 1;
    switch (dice_.below(8)) {
        case 0:
            second = first;
            break;
        case 1:
            ++second.height;
            break;
        case 2:
            first.chain_id = "salus-other";
            break;
        case 3:
            second.miner = anybody().id;
            break;
        default:
            break;
    }
    const auto key = dice_.chance(1, 8) ? draw_key() : keys_.at(miner);
    const auto seal_of = [&](const wire::Header& header) {
        wire::Seal seal;
        seal.round = dice_.below(3);
        seal.signature = notary_.sign_bytes(key, wire::sealed_message(encode(header), seal));
        return encode(seal);
    };
    auto draft = *signed_by(anybody().id, now_,
                            wire::Evidence{.header_a = encode(first),
                                           .seal_a = seal_of(first),
                                           .header_b = encode(second),
                                           .seal_b = seal_of(second)});
    draft.sealed_under = notary_.ring().public_key(key);
    send(std::make_shared<const Draft>(std::move(draft)));
}

void Workload::destroy_key() {
    const auto made = report();
    const auto cloud = dice_.chance(1, 10) ? anybody().id : cloud_server();
    wire::DestroyKey action{.patient = made.patient, .content_id = made.content_id};
    if (dice_.chance(1, 3) && !past_.empty()) {  // one that a report named
        if (const auto* old = std::get_if<wire::Report>(&dice_.pick(past_)->body.action)) {
            action.content_id = old->content_id;
        }
    }
    if (dice_.chance(1, 12)) action.content_id = {};
    std::vector<wire::LedgerId> signers{cloud};
    if (cloud != action.patient && dice_.chance(9, 10)) signers.push_back(action.patient);
    if (signers.back() != administrator_ && signers.front() != administrator_ &&
        dice_.chance(1, 12)) {
        signers.push_back(administrator_);
    }
    send(sign(body(cloud, now_, action), signers));
    if (!dice_.chance(1, 2)) return;
    auto late = made;  // a report that names what is destroyed
    late.content_id = action.content_id;
    if (late.content_id.is_zero()) return;
    send_report(late, {cloud_server(), late.receiver});
}

void Workload::certify() {
    // Few hashes, so that second certifications and revocations of what is there come about.
    wire::Certify action{.record_hash = {},
                         .event = dice_.chance(1, 3) ? wire::CertificationEvent::revoked
                                                     : wire::CertificationEvent::certified};
    action.record_hash.bytes.back() = static_cast<std::uint8_t>(dice_.below(40));
    const auto sender = dice_.chance(1, 8)   ? anybody().id
                        : dice_.chance(1, 4) ? administrator_
                                             : any(Role::key_generator).id;
    send(signed_by(sender, now_, action));
}

void Workload::upgrade() {
    const auto height = tip_->height() + dice_.below(8);
    const auto version = upgrade_to_ != 0 && dice_.chance(2, 3)
                             ? upgrade_to_
                             : static_cast<std::uint32_t>(dice_.below(2));
    const auto sender = dice_.chance(1, 8) ? anybody().id : administrator_;
    send(signed_by(sender, now_, wire::ScheduleUpgrade{.version = version, .height = height}));
}

}  // namespace sim
