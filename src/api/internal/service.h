// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>

#include "api/api.h"
#include "api/internal/access_control.h"
#include "api/internal/event_hub.h"
#include "api/internal/live_patients.h"
#include "api/internal/login_throttle.h"
#include "api/internal/metrics.h"
#include "api/internal/routes.h"
#include "api/internal/sessions.h"
#include "api/internal/static_files.h"
#include "api/internal/ticket_desk.h"
#include "api/internal/verify_job.h"
#include "api/internal/views.h"

namespace api {

/// Answers requests: no sockets here, so that tests ask it directly. Thread-safe.
struct Service : std::enable_shared_from_this<Service> {
    /// Use `make`.
    Service(const Api::Parts& borrowed_parts, Options service_options);
    /// Registers with series, monitor, review and read model; their calls fall silent when the
    /// service is gone. Errors: those of the series.
    [[nodiscard]] static base::Result<std::shared_ptr<Service>> make(const Api::Parts& parts,
                                                                     Options options);

    [[nodiscard]] Response handle(const Request& request);
    /// Whether `request` may become a WebSocket: of users' key agreement alone, and not from
    /// another site's page. Errors: `not_found`, `not_authorised`.
    [[nodiscard]] base::Result<void> admit_upgrade(const Request& request) const;
    /// A frame of users' key agreement, and what goes back; only where `parts.users` is set.
    [[nodiscard]] std::vector<base::Bytes> agree(std::string_view source, base::ByteView frame);
    /// About once a second: drops idle sessions and keys.
    void tick();

    Api::Parts parts;
    Options options;
    std::atomic<std::uint16_t> port;  ///< As in the addresses that people open.
    Sessions sessions;
    LoginThrottle throttle;
    AccessControl access;
    LivePatients live;
    Views views;
    EventHub hub;
    TicketDesk tickets;
    StaticFiles files;
    Metrics metrics;
    VerifyJob verify_job;
    /// Of a password that nobody has: an unknown login costs as much as a wrong password.
    base::Bytes decoy_hash;
    /// Checks of passwords that run now: each keeps a core busy on purpose.
    std::atomic<int> password_checks = 0;

private:
    void follow_blocks();
    [[nodiscard]] base::Result<void> check_origin(const Request& request) const;
    [[nodiscard]] bool is_own_page(const Request& request) const;
    [[nodiscard]] bool is_own_address(std::string_view host) const;
    [[nodiscard]] Response answer(const Route& route, const Request& request,
                                  std::string_view param);
    [[nodiscard]] base::Result<Response> admitted(const Route& route, Call& call);
    void record_refusal(const identity::Person& asker, const Route& route, base::ErrorCode code);
};

/// `{"items": [...], "next": ...}` and other bodies.
[[nodiscard]] Response json_response(const boost::json::value& body, unsigned status = 200);
[[nodiscard]] Response list_response(boost::json::array items, std::optional<std::string> next);

/// `limit` and `cursor` of a list. The cursor is the last item's number (or id).
struct Page {
    std::size_t limit = 50;
    std::string cursor;
    [[nodiscard]] std::optional<std::uint64_t> cursor_number() const {
        return parse_number(cursor);
    }
};
/// Errors: `malformed` for a limit outside 1 to 500, or a cursor that is no number where one is
/// due.
[[nodiscard]] base::Result<Page> page_of(const Request& request, bool numbered);
/// Cuts a page out of `all`, which is in order: those after the one whose key is the cursor.
template <class Item, class Key, class Render>
[[nodiscard]] Response page_response(const std::vector<Item>& all, const Page& page, Key key,
                                     Render render) {
    auto begin = all.begin();
    if (!page.cursor.empty()) {
        while (begin != all.end() && key(*begin) != page.cursor) ++begin;
        if (begin != all.end()) ++begin;
    }
    boost::json::array items;
    auto it = begin;
    for (; it != all.end() && items.size() < page.limit; ++it) items.emplace_back(render(*it));
    std::optional<std::string> next;
    if (it != all.end()) next = key(*(it - 1));
    return list_response(std::move(items), std::move(next));
}

}  // namespace api
