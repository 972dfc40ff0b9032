// SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>

#include "api/internal/service.h"
#include "api/internal/witnessed_claim.h"
#include "wire/claim.h"

namespace api::routes {
namespace json = boost::json;
namespace {

using base::ErrorCode;
constexpr std::size_t hits_max = 20;

base::Result<wire::TxId> transaction_id(const Call& call) {
    const auto id = base::fixed_from_hex<wire::TxId>(call.param);
    if (!id) {
        return base::fail(ErrorCode::malformed, "a transaction's id has 128 hexadecimal digits");
    }
    return *id;
}

}  // namespace

base::Result<Response> blocks(Service& service, const Call& call) {
    const auto page = page_of(call.request, true);
    if (!page) return base::pass(page);
    // The cursor is the lowest height shown; the next page begins below it.
    std::optional<wire::Height> from;
    if (const auto last = page->cursor_number()) from = *last == 0 ? 0 : *last - 1;
    const auto rows = service.parts.read_model.blocks(from, page->limit);
    if (!rows) return base::pass(rows);
    json::array items;
    for (const auto& row : *rows) items.emplace_back(service.views.block_summary(row));
    std::optional<std::string> next;
    if (!rows->empty() && rows->back().height > 1) next = std::to_string(rows->back().height);
    return list_response(std::move(items), std::move(next));
}

base::Result<Response> block(Service& service, const Call& call) {
    const auto height = parse_number(call.param);
    if (!height) return base::fail(ErrorCode::malformed, "a height is a number");
    const auto row = service.parts.read_model.block(*height);
    if (!row) return base::pass(row);
    const auto out = service.views.block(*row);
    if (!out) return base::pass(out);
    return json_response(*out);
}

base::Result<Response> block_file(Service& service, const Call& call) {
    const auto height = parse_number(call.param);
    if (!height) return base::fail(ErrorCode::malformed, "a height is a number");
    const auto block = service.parts.blocks.block(*height);
    if (!block) return base::pass(block);
    Response response;
    response.content_type = "application/octet-stream";
    response.body = std::string(base::as_text(encode(*block)));
    response.headers.emplace_back("Content-Disposition", "attachment; filename=\"salus-block-" +
                                                             std::to_string(*height) + ".salus\"");
    return response;
}

base::Result<Response> transaction(Service& service, const Call& call) {
    const auto id = transaction_id(call);
    if (!id) return base::pass(id);
    const auto row = service.parts.read_model.transaction(*id);
    if (!row) return base::pass(row);
    const auto out = service.views.transaction(*row);
    if (!out) return base::pass(out);
    return json_response(*out);
}

base::Result<Response> transaction_receipt(Service& service, const Call& call) {
    const auto id = transaction_id(call);
    if (!id) return base::pass(id);
    const auto concerned = service.parts.read_model.names(*id, call.asker.id);
    if (!concerned) return base::pass(concerned);
    if (!*concerned && call.asker.role != wire::Role::auditor) {
        return base::fail(ErrorCode::not_found, "no transaction of this id is about you");
    }
    auto plain = chain::receipt_of(service.parts.blocks, *id);
    if (!plain) return base::pass(plain);
    const auto receipt = with_checkpoint(service, *std::move(plain));
    if (!receipt) return base::pass(receipt);
    Response response;
    response.body = wire::to_json(*receipt);
    response.headers.emplace_back("Content-Disposition", "attachment; filename=\"salus-receipt-" +
                                                             hex(*id).substr(0, 16) + ".json\"");
    return response;
}

base::Result<Response> mining(Service& service, const Call&) {
    const auto view = chain::mining(service.parts.blocks);
    if (!view) return base::pass(view);
    auto last_round = chain::fairness(service.parts.blocks);
    if (!last_round && last_round.error().code != ErrorCode::not_found)
        return base::pass(last_round);
    return json_response(service.views.mining(
        *view, last_round ? std::optional(std::move(*last_round)) : std::nullopt));
}

base::Result<Response> orphans(Service& service, const Call&) {
    const auto kept = chain::orphans(service.parts.blocks);
    if (!kept) return base::pass(kept);
    json::array items;
    for (auto at = kept->rbegin(); at != kept->rend(); ++at) {
        items.emplace_back(service.views.orphan(*at));
    }
    return json_response(json::object{{"items", std::move(items)}});
}

base::Result<Response> search(Service& service, const Call& call) {
    if (const auto known = check_query(call.request.query, {"q"}); !known) {
        return base::pass(known);
    }
    const auto query = query_value(call.request.query, "q").value_or("");
    const auto found = service.parts.read_model.search(query, hits_max);
    if (!found) return base::pass(found);
    json::array items;
    for (const auto& hit : *found) {
        const bool is_block = hit.kind == readmodel::Found::Kind::block;
        items.emplace_back(json::object{{"kind", is_block ? "block" : "transaction"},
                                        {"id", base::to_hex(hit.id)},
                                        {"height", hit.height}});
    }
    return json_response(json::object{{"items", std::move(items)}});
}

}  // namespace api::routes
