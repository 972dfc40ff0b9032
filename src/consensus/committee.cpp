// SPDX-License-Identifier: Apache-2.0
#include "consensus/committee.h"

#include <string_view>

#include "crypto/hash.h"

namespace consensus {

BlockName name_of(const wire::Block& block) {
    return BlockName{crypto::sha512_256(wire::sealed_message(block.header_bytes, block.seal))};
}

base::Bytes approval_message(const wire::Block& block, std::uint32_t attempt) {
    wire::Seal seal = block.seal;
    seal.attempt = attempt;
    return wire::approval_message(block.header_bytes, seal);
}

base::Bytes vote_message(const wire::Block& block, std::uint32_t attempt) {
    constexpr std::string_view approval_name = "salus-approval-1";
    const auto approval = approval_message(block, attempt);
    base::Bytes out;
    base::append(out, base::as_bytes("salus-vote-1"));
    base::append(out, base::ByteView(approval).subspan(approval_name.size()));
    return out;
}

}  // namespace consensus
