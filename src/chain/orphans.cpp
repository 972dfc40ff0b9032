// SPDX-License-Identifier: Apache-2.0
#include "chain/orphans.h"

#include "base/check.h"

namespace chain {

namespace {

/// height 8, parent 64, header 64, miner 16, reason 1, approvals 4, needed 4.
constexpr std::size_t orphan_bytes = 161;

std::unexpected<base::Error> malformed() {
    return base::fail(base::ErrorCode::malformed,
                      "orphans: not the bytes that docs/formats/queries.md names");
}

}  // namespace

std::string_view name_of(OrphanReason reason) {
    switch (reason) {
        case OrphanReason::parent_mismatch:
            return "parent_mismatch";
        case OrphanReason::too_few_approvals:
            return "too_few_approvals";
        case OrphanReason::out_of_turn:
            return "out_of_turn";
        case OrphanReason::refused_transaction:
            return "refused_transaction";
        case OrphanReason::wrong_execution:
            return "wrong_execution";
        case OrphanReason::closed_height:
            return "closed_height";
    }
    return "unknown";
}

base::Result<std::vector<Orphan>> orphans(const BlockSource& source) {
    const auto answer = source.query(path::orphans, {});
    if (!answer) return base::pass(answer);
    return encoding::decode_orphans(*answer);
}

namespace encoding {

base::Bytes encode(const Orphan& orphan) {
    base::Bytes out;
    base::append_u64(out, orphan.height);
    base::append(out, orphan.parent.view());
    base::append(out, orphan.header.view());
    base::append(out, orphan.miner.view());
    out.push_back(static_cast<std::uint8_t>(orphan.reason));
    base::append_u32(out, orphan.approvals);
    base::append_u32(out, orphan.needed);
    CHECK(out.size() == orphan_bytes);
    return out;
}

base::Result<Orphan> decode_orphan(base::ByteView bytes) {
    if (bytes.size() != orphan_bytes) return malformed();
    Orphan out{.height = base::read_u64(bytes),
               .parent = wire::HeaderHash::from(bytes.subspan(8, 64)).value(),
               .header = wire::HeaderHash::from(bytes.subspan(72, 64)).value(),
               .miner = wire::LedgerId::from(bytes.subspan(136, 16)).value(),
               .reason = static_cast<OrphanReason>(bytes[152]),
               .approvals = base::read_u32(bytes.subspan(153)),
               .needed = base::read_u32(bytes.subspan(157))};
    if (name_of(out.reason) == "unknown") return malformed();
    return out;
}

base::Bytes encode(const std::vector<Orphan>& orphans) {
    base::Bytes out;
    base::append_u32(out, static_cast<std::uint32_t>(orphans.size()));
    for (const auto& orphan : orphans) base::append(out, encode(orphan));
    return out;
}

base::Result<std::vector<Orphan>> decode_orphans(base::ByteView bytes) {
    if (bytes.size() < 4) return malformed();
    const std::size_t count = base::read_u32(bytes);
    auto rest = bytes.subspan(4);
    if (rest.size() % orphan_bytes != 0 || rest.size() / orphan_bytes != count) return malformed();
    std::vector<Orphan> out;
    out.reserve(count);
    for (; !rest.empty(); rest = rest.subspan(orphan_bytes)) {
        const auto orphan = decode_orphan(rest.first(orphan_bytes));
        if (!orphan) return base::pass(orphan);
        out.push_back(*orphan);
    }
    return out;
}

}  // namespace encoding

}  // namespace chain
