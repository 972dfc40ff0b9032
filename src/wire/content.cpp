// SPDX-License-Identifier: Apache-2.0
#include "wire/content.h"

#include "base/check.h"
#include "salus/v1/frame.pb.h"
#include "wire/internal/codec.h"

namespace wire {
namespace {

namespace pb = salus::v1;
using internal::FieldChecker;

void fill(pb::Acknowledgement& out, const Acknowledgement& acknowledgement) {
    out.mutable_counters()->Add(acknowledgement.counters.begin(), acknowledgement.counters.end());
    out.set_gateway_time_ms(internal::unix_ms(acknowledgement.gateway_time));
}

base::Bytes body_of(const ReadingBatch& batch) {
    return encode(batch);
}
base::Bytes body_of(const Acknowledgement& acknowledgement) {
    return encode(acknowledgement);
}
base::Bytes body_of(const Relayed& relayed) {
    pb::Relayed out;
    for (const auto& [device, batch] : relayed.batches) {
        auto& added = *out.add_batches();
        added.set_device(internal::text(device));
        added.set_batch(std::string(base::as_text(batch)));
    }
    return internal::serialise(out);
}
base::Bytes body_of(const RelayedAcknowledgements& relayed) {
    pb::RelayedAcknowledgements out;
    for (const auto& [device, acknowledgement] : relayed.acknowledgements) {
        auto& added = *out.add_acknowledgements();
        added.set_device(internal::text(device));
        fill(*added.mutable_acknowledgement(), acknowledgement);
    }
    return internal::serialise(out);
}
base::Bytes body_of(const Kept& kept) {
    pb::Kept out;
    out.mutable_counters()->Add(kept.counters.begin(), kept.counters.end());
    return internal::serialise(out);
}

template <class Counters>
std::vector<std::uint64_t> counters_of(const Counters& in, FieldChecker& check) {
    std::vector<std::uint64_t> out{in.begin(), in.end()};
    for (const auto counter : out) {
        check.require(counter > 0, "counter 0; a device counts from 1");
    }
    return out;
}

Relayed read(const pb::Relayed& in, FieldChecker& check) {
    Relayed out;
    check.require(in.batches_size() > 0, "no batch in it");
    out.batches.reserve(static_cast<std::size_t>(in.batches_size()));
    for (const auto& entry : in.batches()) {
        const auto bytes = base::as_bytes(entry.batch());
        check.require(!bytes.empty() && bytes.size() <= batch_bytes_max, "a batch without bytes");
        out.batches.push_back({.device = check.fixed<DeviceId>(entry.device(), "device"),
                               .batch = {bytes.begin(), bytes.end()}});
    }
    return out;
}

RelayedAcknowledgements read(const pb::RelayedAcknowledgements& in, FieldChecker& check) {
    RelayedAcknowledgements out;
    check.require(in.acknowledgements_size() > 0, "no acknowledgement in it");
    out.acknowledgements.reserve(static_cast<std::size_t>(in.acknowledgements_size()));
    for (const auto& entry : in.acknowledgements()) {
        const auto& inner = entry.acknowledgement();
        out.acknowledgements.push_back(
            {.device = check.fixed<DeviceId>(entry.device(), "device"),
             .acknowledgement = {
                 .counters = counters_of(inner.counters(), check),
                 .gateway_time = check.time(inner.gateway_time_ms(), "gateway_time_ms")}});
    }
    return out;
}

Kept read(const pb::Kept& in, FieldChecker& check) {
    return {.counters = counters_of(in.counters(), check)};
}

template <class Message>
base::Result<Content> decode_body(base::ByteView body, std::string_view what) {
    Message in;
    if (!internal::parse(body, in)) return internal::not_protobuf(what);
    FieldChecker check(what);
    auto out = read(in, check);
    if (!check.ok()) return check.failure();
    if (!internal::same(body_of(out), body)) return internal::not_canonical(what);
    return out;
}

base::Result<Content> decode_readings(base::ByteView body) {
    if (body.size() > batch_bytes_max) {
        return internal::above_bound("batch", body.size(), batch_bytes_max);
    }
    return decode_batch(body);
}

}  // namespace

ContentKind kind_of(const Content& content) {
    static_assert(std::variant_size_v<Content> == 5);
    return static_cast<ContentKind>(content.index() + 1);
}

base::Bytes encode_content(const Content& content) {
    const base::Bytes body = std::visit([](const auto& inner) { return body_of(inner); }, content);
    base::Bytes out;
    out.reserve(1 + body.size());
    out.push_back(static_cast<std::uint8_t>(kind_of(content)));
    base::append(out, body);
    CHECK(out.size() <= content_bytes_max);
    return out;
}

base::Result<Content> decode_content(base::ByteView plaintext) {
    if (plaintext.size() > content_bytes_max) {
        return internal::above_bound("content", plaintext.size(), content_bytes_max);
    }
    if (plaintext.empty()) {
        return base::fail(base::ErrorCode::malformed, "content: nothing in it");
    }
    const base::ByteView body = plaintext.subspan(1);
    switch (static_cast<ContentKind>(plaintext[0])) {
        case ContentKind::readings:
            return decode_readings(body);
        case ContentKind::relayed:
            return decode_body<pb::Relayed>(body, "relayed batches");
        case ContentKind::relayed_acknowledgements:
            return decode_body<pb::RelayedAcknowledgements>(body, "relayed acknowledgements");
        case ContentKind::acknowledgement:
            return decode_acknowledgement(body);
        case ContentKind::kept:
            return decode_body<pb::Kept>(body, "kept");
    }
    return base::fail(base::ErrorCode::malformed, "content: unknown kind");
}

base::ByteView batch_of_readings(base::ByteView plaintext) {
    CHECK(!plaintext.empty() && plaintext[0] == static_cast<std::uint8_t>(ContentKind::readings));
    return plaintext.subspan(1);
}

}  // namespace wire
