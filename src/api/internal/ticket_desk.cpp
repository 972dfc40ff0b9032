// SPDX-License-Identifier: Apache-2.0
#include "api/internal/ticket_desk.h"

namespace api {

using base::ErrorCode;

base::Result<TicketDesk::Shown> TicketDesk::open(const wire::LedgerId& patient) {
    const std::scoped_lock lock(mutex_);
    drop_old_locked();
    std::erase_if(entries_, [&](const auto& each) { return each.second.patient == patient; });
    if (entries_.size() >= tickets_max) {
        return base::fail(ErrorCode::busy, "many devices are being paired; try again in a minute");
    }
    auto secret = TicketSecret::draw(random_);
    const auto until = clock_.now() + lifetime;
    entries_.emplace(id_of(secret), Entry(secret.clone(), patient, until));
    return Shown{.secret = std::move(secret), .until = until};
}

base::Result<TicketDesk::Taken> TicketDesk::take(const TicketId& id, base::ByteView sealed) {
    const std::scoped_lock lock(mutex_);
    drop_old_locked();
    const auto unknown = [] {
        return base::fail(ErrorCode::not_found,
                          "this pairing code is wrong or over; show a new one and try again");
    };
    const auto found = entries_.find(id);
    if (found == entries_.end()) return unknown();
    auto& entry = found->second;
    auto request = open_request(entry.secret, sealed);
    if (!request) return unknown();
    const auto hash = crypto::sha256(sealed);
    if (entry.taken_by && (*entry.taken_by != hash || !entry.answer)) {
        return base::fail(ErrorCode::conflict,
                          "another device used this pairing code; show a new one for this device");
    }
    entry.taken_by = hash;
    return Taken{.secret = entry.secret.clone(),
                 .patient = entry.patient,
                 .request = *std::move(request),
                 .answered = entry.answer};
}

void TicketDesk::answer(const TicketId& id, base::Bytes sealed_answer) {
    const std::scoped_lock lock(mutex_);
    if (const auto found = entries_.find(id); found != entries_.end()) {
        found->second.answer = std::move(sealed_answer);
    }
}

void TicketDesk::put_back(const TicketId& id) {
    const std::scoped_lock lock(mutex_);
    if (const auto found = entries_.find(id); found != entries_.end()) {
        found->second.taken_by.reset();
    }
}

base::Result<void> TicketDesk::withdraw(
    const TicketId& id, const std::function<bool(const wire::LedgerId& patient)>& may) {
    const std::scoped_lock lock(mutex_);
    drop_old_locked();
    const auto found = entries_.find(id);
    if (found == entries_.end() || !may(found->second.patient)) {
        return base::fail(ErrorCode::not_found,
                          "there is no such pairing code, or none you may know of");
    }
    if (found->second.taken_by) {
        return base::fail(ErrorCode::conflict,
                          "a device used this pairing code; look for it among the devices");
    }
    entries_.erase(found);
    return {};
}

void TicketDesk::drop_old() {
    const std::scoped_lock lock(mutex_);
    drop_old_locked();
}

void TicketDesk::drop_old_locked() {
    const auto now = clock_.now();
    std::erase_if(entries_, [&](const auto& each) { return each.second.until <= now; });
}

}  // namespace api
