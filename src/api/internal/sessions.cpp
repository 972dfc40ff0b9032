// SPDX-License-Identifier: Apache-2.0
#include "api/internal/sessions.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/key_wrap.h"

namespace api {
namespace {
constexpr std::size_t token_digits = 64;

SessionKey key_of(std::string_view token) {
    return SessionKey{crypto::sha256(base::as_bytes(token))};
}
}  // namespace

Sessions::Opened Sessions::open(const wire::LedgerId& person) {
    std::array<std::uint8_t, token_digits / 2> raw{};
    random_.fill(raw);
    auto token = base::to_hex(raw);
    crypto::wipe(raw);
    return open(person, std::move(token), false);
}

Sessions::Opened Sessions::open_agreed(const wire::LedgerId& person, std::string token) {
    return open(person, std::move(token), true);
}

void Sessions::close_agreed(const wire::LedgerId& person) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(sessions_, [&](const auto& entry) {
        return entry.second.agreed && entry.second.person == person;
    });
}

Sessions::Opened Sessions::open(const wire::LedgerId& person, std::string token, bool agreed) {
    CHECK(token.size() == token_digits);
    Opened opened{.token = std::move(token), .until = clock_.now() + idle_limit};
    const std::scoped_lock lock(mutex_);
    auto oldest = sessions_.end();
    std::size_t open = 0;
    for (auto it = sessions_.begin(); it != sessions_.end(); ++it) {
        if (it->second.person != person) continue;
        ++open;
        if (oldest == sessions_.end() || it->second.last_use < oldest->second.last_use) oldest = it;
    }
    if (open >= sessions_per_person_max) sessions_.erase(oldest);
    sessions_.insert_or_assign(key_of(opened.token), Entry{person, clock_.now(), agreed});
    return opened;
}

std::optional<Sessions::Session> Sessions::use(std::string_view token) {
    if (token.size() != token_digits) return std::nullopt;
    // Looked up by its hash: the time this takes says nothing about the tokens that exist.
    const auto key = key_of(token);
    const auto now = clock_.now();
    const std::scoped_lock lock(mutex_);
    const auto found = sessions_.find(key);
    if (found == sessions_.end()) return std::nullopt;
    if (now - found->second.last_use >= idle_limit) {
        sessions_.erase(found);
        return std::nullopt;
    }
    found->second.last_use = now;
    return Session{key, found->second.person, now + idle_limit};
}

bool Sessions::is_open(const SessionKey& key) const {
    const auto now = clock_.now();
    const std::scoped_lock lock(mutex_);
    const auto found = sessions_.find(key);
    return found != sessions_.end() && now - found->second.last_use < idle_limit;
}

void Sessions::close(const SessionKey& key) {
    const std::scoped_lock lock(mutex_);
    sessions_.erase(key);
}

void Sessions::drop_idle() {
    const auto now = clock_.now();
    const std::scoped_lock lock(mutex_);
    std::erase_if(sessions_,
                  [&](const auto& entry) { return now - entry.second.last_use >= idle_limit; });
}

std::size_t Sessions::count_of(const wire::LedgerId& person) const {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(
        sessions_, [&](const auto& entry) { return entry.second.person == person; }));
}

}  // namespace api
