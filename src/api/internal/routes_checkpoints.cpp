// SPDX-License-Identifier: Apache-2.0
// Checkpoints of the history log are for anybody: they hold hashes and counts, nothing of a person.
#include "api/internal/body.h"
#include "api/internal/service.h"
#include "witness/witness.h"

namespace api::routes {
namespace {

using base::ErrorCode;

Response plain_text(std::string body) {
    Response response;
    response.content_type = "text/plain; charset=utf-8";
    response.body = std::move(body);
    return response;
}

base::Result<witness::CheckpointPublisher*> publisher(const Service& service) {
    if (service.parts.checkpoints != nullptr) return service.parts.checkpoints;
    return base::fail(ErrorCode::not_found, "this node has no key for checkpoints");
}

/// A number in the query; `absent` where it is not given.
base::Result<std::uint64_t> number(const Call& call, std::string_view name,
                                   std::optional<std::uint64_t> absent) {
    const auto text = query_value(call.request.query, name);
    const auto value = text ? parse_number(*text) : absent;
    if (value) return *value;
    return base::fail(ErrorCode::malformed, std::string(name) + " must be a number");
}

}  // namespace

base::Result<Response> checkpoint(Service& service, const Call& call) {
    if (const auto known = check_query(call.request.query, {"witnesses"}); !known) {
        return base::pass(known);
    }
    const auto witnesses = number(call, "witnesses", 0);
    if (!witnesses) return base::pass(witnesses);
    const auto checkpoints = publisher(service);
    if (!checkpoints) return base::pass(checkpoints);
    auto note = (*checkpoints)->checkpoint(*witnesses);
    if (!note) return base::pass(note);
    return plain_text(*std::move(note));
}

base::Result<Response> consistency(Service& service, const Call& call) {
    if (const auto known = check_query(call.request.query, {"from", "to"}); !known) {
        return base::pass(known);
    }
    const auto from = number(call, "from", std::nullopt);
    if (!from) return base::pass(from);
    const auto to = number(call, "to", std::nullopt);
    if (!to) return base::pass(to);
    const auto path = chain::consistency_of(service.parts.blocks, {.from = *from, .to = *to});
    if (!path) return base::pass(path);
    witness::ConsistencyProof proof{.old_size = *from, .path = {}};
    for (const auto& hash : *path) proof.path.push_back(hash.bytes);
    return plain_text(encode(proof));
}

base::Result<Response> add_cosignatures(Service& service, const Call& call) {
    auto body = Body::parse(call.request.body);
    if (!body) return base::pass(body);
    const auto note = body->text("note", witness::note_bytes_max);
    if (const auto read = body->finish(); !read) return base::pass(read);
    const auto checkpoints = publisher(service);
    if (!checkpoints) return base::pass(checkpoints);
    auto merged = (*checkpoints)->add_cosignatures(note);
    if (!merged) return base::pass(merged);
    return plain_text(*std::move(merged));
}

}  // namespace api::routes
