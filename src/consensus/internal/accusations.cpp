// SPDX-License-Identifier: Apache-2.0
// An accusation's bytes: header and seal of the one block, then of the other, each after its length
// in 4 bytes, big-endian.
#include "consensus/internal/accusations.h"

#include <optional>

#include "base/bytes.h"

namespace consensus {

using base::Bytes;
using base::ByteView;

namespace {

constexpr std::uint8_t store_prefix = 'N';  // OrphanStore::store_prefix: all that a node notes
constexpr std::uint8_t evidence_kind = 'e';
constexpr std::size_t key_bytes = 2 + 8 + wire::LedgerId::size_bytes;

Bytes prefix() {
    return {store_prefix, evidence_kind};
}
Bytes key_of(const Accusations::Place& place) {
    auto key = prefix();
    base::append_u64(key, place.first);
    base::append(key, place.second.view());
    return key;
}

Bytes encode(const wire::Evidence& evidence) {
    Bytes out;
    for (const auto* part :
         {&evidence.header_a, &evidence.seal_a, &evidence.header_b, &evidence.seal_b}) {
        base::append_u32(out, static_cast<std::uint32_t>(part->size()));
        base::append(out, *part);
    }
    return out;
}
std::optional<wire::Evidence> decode(ByteView bytes) {
    wire::Evidence out;
    for (auto* part : {&out.header_a, &out.seal_a, &out.header_b, &out.seal_b}) {
        if (bytes.size() < 4) return std::nullopt;
        const std::size_t size = base::read_u32(bytes);
        bytes = bytes.subspan(4);
        if (bytes.size() < size) return std::nullopt;
        part->assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        bytes = bytes.subspan(size);
    }
    if (!bytes.empty()) return std::nullopt;
    return out;
}

}  // namespace

base::Result<Accusations> Accusations::open(storage::KeyValueStore& store) {
    Accusations out(store);
    bool sound = true;
    const auto scanned =
        store.scan(prefix(), storage::end_of_prefix(prefix()), [&](ByteView key, ByteView value) {
            auto evidence = decode(value);
            sound = evidence.has_value() && key.size() == key_bytes;
            if (!sound) return false;
            const Place place{base::read_u64(key.subspan(2)),
                              wire::LedgerId::from(key.subspan(10)).value()};
            out.kept_.emplace(place, Kept{.evidence = *std::move(evidence)});
            return true;
        });
    if (!scanned) return base::pass(scanned);
    if (!sound) {
        return base::fail(base::ErrorCode::corrupted, "a stored accusation does not decode");
    }
    return out;
}

base::Result<void> Accusations::keep(const Place& place, wire::Evidence evidence) {
    storage::WriteBatch batch;
    batch.put(key_of(place), encode(evidence));
    const bool full = kept_.size() >= kept_max;
    if (full) batch.erase(key_of(kept_.begin()->first));
    if (auto written = store_->write(batch); !written) return written;
    if (full) kept_.erase(kept_.begin());
    kept_.insert_or_assign(place, Kept{.evidence = std::move(evidence)});
    return {};
}

base::Result<void> Accusations::forget(const Place& place) {
    storage::WriteBatch batch;
    batch.erase(key_of(place));
    if (auto written = store_->write(batch); !written) return written;
    kept_.erase(place);
    return {};
}

}  // namespace consensus
