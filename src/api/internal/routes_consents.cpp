// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json.hpp>
#include <future>

#include "api/internal/body.h"
#include "api/internal/service.h"
#include "wire/signer.h"

namespace api::routes {
namespace json = boost::json;
namespace {

using base::ErrorCode;
constexpr std::size_t name_bytes_max = 64;
/// A block comes 50 ms after its first transaction; this is for a chain that stands still.
constexpr std::chrono::seconds commit_wait_max{15};
/// The row is written from the chain's own thread, just after the block.
constexpr std::chrono::seconds row_wait_max{5};

/// Signs as the asker, submits, and waits for the block.
base::Result<chain::Committed> commit(Service& service, const Call& call, wire::Action action) {
    const auto sequence = service.parts.next_sequence(call.asker.id);
    if (!sequence) return base::pass(sequence);
    const wire::TransactionBody body{.chain_id = service.options.chain_id,
                                     .sender = call.asker.id,
                                     .sequence = *sequence,
                                     .timestamp = service.parts.clock.now(),
                                     .action = std::move(action)};
    const auto signer = service.parts.key_store.person_signer(call.asker.id);
    const std::array<const wire::Signer*, 1> signers{signer.get()};
    auto envelope = wire::sign_transaction(body, signers);
    if (!envelope) return base::pass(envelope);
    // Shared with the callback, which may come after this gave up waiting.
    const auto promise = std::make_shared<std::promise<base::Result<chain::Committed>>>();
    auto done = promise->get_future();
    service.parts.submitter.submit(*std::move(envelope), [promise](auto committed) {
        promise->set_value(std::move(committed));
    });
    if (done.wait_for(commit_wait_max) != std::future_status::ready) {
        return base::fail(ErrorCode::unavailable,
                          "the ledger has not answered yet; what you signed may still take effect, "
                          "so look at the list before you try again");
    }
    return done.get();
}

/// The consent's row once the read model has seen `height`.
base::Result<readmodel::ConsentRow> row_after(Service& service, const wire::Hash256& ref,
                                              wire::Height height) {
    if (!service.parts.read_model.wait_for(height, row_wait_max)) {
        return base::fail(base::ErrorCode::unavailable,
                          "it is in block " + std::to_string(height) +
                              ", but the lists lag behind; load the page again");
    }
    return service.parts.read_model.consent(ref);
}

}  // namespace

base::Result<Response> consents(Service& service, const Call& call) {
    const auto page = page_of(call.request, false);
    if (!page) return base::pass(page);
    const auto patient = base::fixed_from_hex<wire::LedgerId>(call.param);
    if (!patient) {
        return base::fail(ErrorCode::malformed, "a patient's id has 32 hexadecimal digits");
    }
    auto rows = service.parts.read_model.consents_of(*patient);
    if (!rows) return base::pass(rows);
    const bool self = *patient == call.asker.id;
    if (!self) {
        std::erase_if(
            *rows, [&](const readmodel::ConsentRow& row) { return row.grantee != call.asker.id; });
        if (call.asker.role == wire::Role::patient || rows->empty()) {
            return base::fail(ErrorCode::not_found,
                              "there is no such patient, or none you may know of");
        }
    }
    std::ranges::reverse(*rows);
    return page_response(
        *rows, *page, [](const readmodel::ConsentRow& row) { return hex(row.ref); },
        [&](const readmodel::ConsentRow& row) { return service.views.consent(row); });
}

base::Result<Response> grant_consent(Service& service, const Call& call) {
    auto body = Body::parse(call.request.body);
    if (!body) return base::pass(body);
    const auto grantee =
        base::fixed_from_hex<wire::LedgerId>(body->text("grantee", name_bytes_max));
    const auto category = wire::category_from_name(body->text("category", name_bytes_max));
    const auto purpose = wire::purpose_from_name(body->text("purpose", name_bytes_max));
    const auto from = body->integer("from_ms");
    const auto until = body->integer("until_ms");
    if (const auto read = body->finish(); !read) return base::pass(read);
    if (!grantee || !category || !purpose) {
        return base::fail(ErrorCode::malformed,
                          "grantee must be an id of 32 hexadecimal digits, category and purpose "
                          "names of the interface");
    }
    if (from < 0 || until <= from || base::from_unix_ms(until) <= service.parts.clock.now()) {
        return base::fail(ErrorCode::malformed, "until_ms must be after from_ms and in the future");
    }
    const auto person = service.parts.directory.person(*grantee);
    if (!person || person->role == wire::Role::patient) {
        return base::fail(ErrorCode::not_found, "nobody by this id can be given consent here");
    }
    const auto token_key = service.parts.consent_keys.create();
    if (!token_key) return base::pass(token_key);
    const auto committed = commit(service, call,
                                  wire::GrantConsent{.grantee = *grantee,
                                                     .category = *category,
                                                     .purpose = *purpose,
                                                     .from = base::from_unix_ms(from),
                                                     .until = base::from_unix_ms(until),
                                                     .token_key_hash = *token_key});
    if (!committed) return base::pass(committed);
    const auto block = service.parts.blocks.block(committed->height);
    if (!block) return base::pass(block);
    if (committed->index >= block->transactions.size()) {
        return base::fail(ErrorCode::corrupted, "the block does not hold the consent");
    }
    const auto tx = wire::decode_transaction(block->transactions[committed->index]);
    if (!tx) return base::pass(tx);
    const auto row = row_after(service, wire::body_ref(tx->body_bytes), committed->height);
    if (!row) return base::pass(row);
    return json_response(service.views.consent(*row), 201);
}

base::Result<Response> withdraw_consent(Service& service, const Call& call) {
    const auto ref = base::fixed_from_hex<wire::Hash256>(call.param);
    if (!ref) return base::fail(ErrorCode::malformed, "a consent's ref has 64 hexadecimal digits");
    const auto consent = service.parts.read_model.consent(*ref);
    if (!consent || consent->patient != call.asker.id) {
        if (!consent && consent.error().code != ErrorCode::not_found) return base::pass(consent);
        return base::fail(ErrorCode::not_found, "there is no such consent of yours");
    }
    if (consent->ended_height) {
        return base::fail(ErrorCode::conflict, "this consent has ended before");
    }
    const auto committed = commit(service, call, wire::RevokeConsent{.consent = *ref});
    if (!committed) return base::pass(committed);
    const auto row = row_after(service, *ref, committed->height);
    if (!row) return base::pass(row);
    return json_response(service.views.consent(*row));
}

base::Result<Response> patient_access_log(Service& service, const Call& call) {
    const auto page = page_of(call.request, true);
    if (!page) return base::pass(page);
    const auto entries =
        service.parts.access_log.entries_of(*call.patient, page->cursor_number(), page->limit + 1);
    if (!entries) return base::pass(entries);
    Page rest = *page;
    rest.cursor.clear();
    return page_response(
        *entries, rest,
        [](const readmodel::AccessEntry& entry) { return std::to_string(entry.number); },
        [&](const readmodel::AccessEntry& entry) { return service.views.access(entry, true); });
}

base::Result<Response> people(Service& service, const Call& call) {
    using wire::Role;
    if (const auto known = check_query(call.request.query, {"role"}); !known) {
        return base::pass(known);
    }
    std::optional<Role> role;
    if (const auto text = query_value(call.request.query, "role")) {
        role = wire::role_from_name(*text);
        if (!role) return base::fail(ErrorCode::malformed, "role is not a role's name");
    }
    // A patient chooses among those who act for a living; other patients and families stay private.
    constexpr auto for_patients =
        roles({Role::doctor, Role::nurse, Role::pharmacist, Role::laboratory, Role::insurer,
               Role::researcher, Role::demo_program});
    const bool all = call.asker.role == Role::administrator;
    json::array items;
    for (const auto& person : service.parts.directory.people()) {
        const bool shown = all || (for_patients & (1U << static_cast<unsigned>(person.role))) != 0;
        if (!shown || (role && person.role != *role)) continue;
        items.emplace_back(json::object{
            {"id", hex(person.id)}, {"name", person.name}, {"role", wire::name_of(person.role)}});
    }
    return json_response(json::object{{"items", std::move(items)}});
}

}  // namespace api::routes
