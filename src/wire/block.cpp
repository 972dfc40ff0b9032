// SPDX-License-Identifier: Apache-2.0
#include "wire/block.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/hash.h"
#include "salus/v1/block.pb.h"
#include "wire/block_bounds.h"
#include "wire/internal/codec.h"
#include "wire/internal/field_reader.h"
#include "wire/transaction.h"

namespace wire {
namespace {

namespace pb = salus::v1;
using internal::FieldChecker;
using internal::text;
using internal::unix_ms;

constexpr std::uint64_t policy_ms_max = 86'400'000;

void write(const Seal& seal, pb::Seal& out) {
    out.set_round(seal.round);
    out.set_signature(text(seal.signature));
    for (const auto& approval : seal.approvals) {
        auto& added = *out.add_approvals();
        added.set_miner(text(approval.miner));
        added.set_signature(text(approval.signature));
    }
    out.set_passed_over(seal.passed_over);
    out.set_nonce(seal.nonce);
    out.set_attempt(seal.attempt);
}

void write(const ConsensusPolicy& policy, pb::ConsensusPolicy& out) {
    out.set_engine(static_cast<std::uint32_t>(policy.engine));
    out.set_quorum(static_cast<std::uint32_t>(policy.quorum));
    out.set_turn_timeout_ms(static_cast<std::uint64_t>(policy.turn_timeout.count()));
    out.set_pass_limit(policy.pass_limit);
    out.set_difficulty_bits(policy.difficulty_bits);
    out.set_retarget_blocks(policy.retarget_blocks);
    out.set_block_target_ms(static_cast<std::uint64_t>(policy.block_target.count()));
}

ConsensusPolicy read(const pb::ConsensusPolicy& in, FieldChecker& check) {
    check.require(in.turn_timeout_ms() >= 1 && in.turn_timeout_ms() <= policy_ms_max,
                  "policy.turn_timeout_ms is not 1 ms to a day");
    check.require(in.pass_limit() <= 1'000, "policy.pass_limit is above 1,000");
    check.require(in.difficulty_bits() <= 255, "policy.difficulty_bits is above 255");
    check.require(in.retarget_blocks() >= 1, "policy.retarget_blocks is 0");
    check.require(in.block_target_ms() >= 1 && in.block_target_ms() <= policy_ms_max,
                  "policy.block_target_ms is not 1 ms to a day");
    return {
        .engine = check.enumerator<EngineKind>(in.engine(), is_engine, "policy.engine"),
        .quorum = check.enumerator<Quorum>(in.quorum(), is_quorum, "policy.quorum"),
        .turn_timeout = std::chrono::milliseconds{in.turn_timeout_ms()},
        .pass_limit = in.pass_limit(),
        .difficulty_bits = in.difficulty_bits(),
        .retarget_blocks = in.retarget_blocks(),
        .block_target = std::chrono::milliseconds{in.block_target_ms()},
    };
}

base::Result<void> check_count(std::string_view what, std::size_t count, std::size_t bound) {
    if (count <= bound) return {};
    return base::fail(base::ErrorCode::too_large, std::string(what) + ": " + std::to_string(count) +
                                                      "; at most " + std::to_string(bound) +
                                                      " are taken");
}
base::Result<void> check_approvals(std::size_t count) {
    return check_count("approvals in a seal", count, seal_approvals_max);
}

/// Before protobuf makes anything of the bytes. It joins the parts of a seal that stands twice.
base::Result<void> check_counts_of_block(base::ByteView bytes) {
    const auto transactions = internal::count_field(bytes, pb::Block::kTransactionsFieldNumber);
    auto fits = check_count("transactions in a block", transactions, block_transactions_max);
    if (!fits) return fits;
    std::size_t approvals = 0;
    internal::count_field(bytes, pb::Block::kSealFieldNumber, [&](base::ByteView seal) {
        approvals += internal::count_field(seal, pb::Seal::kApprovalsFieldNumber);
    });
    return check_approvals(approvals);
}

/// Sorted copies find twins in n log n: the lists come from strangers.
bool has_twins(std::vector<LedgerId> ids) {
    std::ranges::sort(ids);
    return std::ranges::adjacent_find(ids) != ids.end();
}

Seal read(const pb::Seal& in, FieldChecker& check) {
    Seal out{.round = in.round(),
             .signature = check.fixed<SignatureBytes>(in.signature(), "seal.signature"),
             .approvals = {},
             .passed_over = in.passed_over(),
             .nonce = in.nonce(),
             .attempt = in.attempt()};
    std::vector<LedgerId> miners;
    for (const auto& approval : in.approvals()) {
        out.approvals.push_back(
            {.miner = check.fixed<LedgerId>(approval.miner(), "approval.miner"),
             .signature = check.fixed<SignatureBytes>(approval.signature(), "approval.signature")});
        miners.push_back(out.approvals.back().miner);
    }
    check.require(!has_twins(std::move(miners)), "two approvals by one miner");
    return out;
}

Member read(const pb::Member& in, FieldChecker& check) {
    return {
        .id = check.fixed<LedgerId>(in.id(), "member.id"),
        .role = check.enumerator<Role>(in.role(), is_role, "member.role"),
        .scheme = check.enumerator<SignatureScheme>(in.scheme(), is_scheme, "member.scheme"),
        .public_key = check.fixed<PublicKeyBytes>(in.public_key(), "member.public_key"),
        .custody = check.enumerator<Custody>(in.custody(), is_custody, "member.custody"),
    };
}

}  // namespace

base::Bytes encode(const Header& header) {
    CHECK(is_chain_id(header.chain_id));
    pb::Header out;
    out.set_chain_id(header.chain_id);
    out.set_height(header.height);
    out.set_previous_hash(text(header.previous_hash));
    out.set_transactions_root(text(header.transactions_root));
    out.set_state_root(text(header.state_root));
    out.set_history_root(text(header.history_root));
    out.set_history_size(header.history_size);
    out.set_time_ms(unix_ms(header.time));
    out.set_miner(text(header.miner));
    return internal::serialise(out);
}

base::Bytes encode(const Seal& seal) {
    pb::Seal out;
    write(seal, out);
    return internal::serialise(out);
}

base::Bytes encode(const Block& block) {
    CHECK(block.transactions.size() <= block_transactions_max);
    pb::Block out;
    out.set_header(block.header_bytes.data(), block.header_bytes.size());
    write(block.seal, *out.mutable_seal());
    for (const auto& transaction : block.transactions) {
        out.add_transactions(transaction.data(), transaction.size());
    }
    return internal::serialise(out);
}

base::Bytes encode(const Genesis& genesis) {
    CHECK(is_chain_id(genesis.chain_id));
    pb::Genesis out;
    out.set_chain_id(genesis.chain_id);
    out.set_time_ms(unix_ms(genesis.time));
    out.set_demo(genesis.demo);
    for (const auto& member : genesis.members) {
        auto& added = *out.add_members();
        added.set_id(text(member.id));
        added.set_role(static_cast<std::uint32_t>(member.role));
        added.set_scheme(static_cast<std::uint32_t>(member.scheme));
        added.set_public_key(text(member.public_key));
        added.set_custody(static_cast<std::uint32_t>(member.custody));
    }
    write(genesis.policy, *out.mutable_policy());
    return internal::serialise(out);
}

base::Result<Header> decode_header(base::ByteView bytes) {
    constexpr std::string_view what = "header";
    pb::Header in;
    if (!internal::parse(bytes, in)) return internal::not_protobuf(what);
    FieldChecker check(what);
    check.require(is_chain_id(in.chain_id()), "chain_id is not 1 to 32 of [a-z0-9-]");
    Header out{
        .chain_id = in.chain_id(),
        .height = in.height(),
        .previous_hash = check.fixed<HeaderHash>(in.previous_hash(), "previous_hash"),
        .transactions_root = check.fixed<Hash256>(in.transactions_root(), "transactions_root"),
        .state_root = check.fixed<Hash256>(in.state_root(), "state_root"),
        .history_root = check.fixed<Hash256>(in.history_root(), "history_root"),
        .history_size = in.history_size(),
        .time = check.time(in.time_ms(), "time_ms"),
        .miner = check.fixed<LedgerId>(in.miner(), "miner"),
    };
    if (!check.ok()) return check.failure();
    if (!internal::same(encode(out), bytes)) return internal::not_canonical(what);
    return out;
}

base::Result<Seal> decode_seal(base::ByteView bytes) {
    constexpr std::string_view what = "seal";
    const auto approvals = internal::count_field(bytes, pb::Seal::kApprovalsFieldNumber);
    if (auto fits = check_approvals(approvals); !fits) return base::pass(fits);
    pb::Seal in;
    if (!internal::parse(bytes, in)) return internal::not_protobuf(what);
    FieldChecker check(what);
    Seal out = read(in, check);
    if (!check.ok()) return check.failure();
    if (!internal::same(encode(out), bytes)) return internal::not_canonical(what);
    return out;
}

base::Result<Block> decode_block(base::ByteView bytes) {
    constexpr std::string_view what = "block";
    if (bytes.size() > block_bytes_max) {
        return internal::above_bound(what, bytes.size(), block_bytes_max);
    }
    if (auto fits = check_counts_of_block(bytes); !fits) return base::pass(fits);
    pb::Block in;
    if (!internal::parse(bytes, in)) return internal::not_protobuf(what);
    const auto header_bytes = base::as_bytes(in.header());
    auto header = decode_header(header_bytes);
    if (!header) return base::pass(header);
    FieldChecker check(what);
    Block out{.header_bytes = {header_bytes.begin(), header_bytes.end()},
              .header = *std::move(header),
              .seal = read(in.seal(), check),
              .transactions = {}};
    out.transactions.reserve(static_cast<std::size_t>(in.transactions_size()));
    for (const auto& transaction : in.transactions()) {
        check.require(!transaction.empty(), "an empty transaction");
        check.require(transaction.size() <= transaction_bytes_max, "a transaction above 64 KiB");
        const auto raw = base::as_bytes(transaction);
        out.transactions.emplace_back(raw.begin(), raw.end());
    }
    if (!check.ok()) return check.failure();
    if (!internal::same(encode(out), bytes)) return internal::not_canonical(what);
    return out;
}

base::Result<Genesis> decode_genesis(base::ByteView bytes) {
    constexpr std::string_view what = "genesis";
    if (bytes.size() > genesis_bytes_max) {
        return internal::above_bound(what, bytes.size(), genesis_bytes_max);
    }
    const auto members = internal::count_field(bytes, pb::Genesis::kMembersFieldNumber);
    if (auto fits = check_count("members in a genesis", members, genesis_members_max); !fits) {
        return base::pass(fits);
    }
    pb::Genesis in;
    if (!internal::parse(bytes, in)) return internal::not_protobuf(what);
    FieldChecker check(what);
    check.require(is_chain_id(in.chain_id()), "chain_id is not 1 to 32 of [a-z0-9-]");
    Genesis out{.chain_id = in.chain_id(),
                .time = check.time(in.time_ms(), "time_ms"),
                .demo = in.demo(),
                .members = {},
                .policy = read(in.policy(), check)};
    std::vector<LedgerId> ids;
    for (const auto& member : in.members()) {
        out.members.push_back(read(member, check));
        ids.push_back(out.members.back().id);
    }
    check.require(!has_twins(std::move(ids)), "two members of one id");
    if (!check.ok()) return check.failure();
    if (!internal::same(encode(out), bytes)) return internal::not_canonical(what);
    return out;
}

namespace {

void append_sealed(base::Bytes& out, base::ByteView header_bytes, const Seal& seal) {
    base::append_u64(out, seal.round);
    base::append_u32(out, seal.passed_over);
    base::append_u64(out, seal.nonce);
    base::append(out, header_bytes);
}

}  // namespace

base::Bytes sealed_message(base::ByteView header_bytes, const Seal& seal) {
    base::Bytes out;
    base::append(out, base::as_bytes("salus-seal-1"));
    append_sealed(out, header_bytes, seal);
    return out;
}

base::Bytes approval_message(base::ByteView header_bytes, const Seal& seal) {
    base::Bytes out;
    base::append(out, base::as_bytes("salus-approval-1"));
    base::append_u32(out, seal.attempt);
    append_sealed(out, header_bytes, seal);
    return out;
}

HeaderHash hash_of_header(base::ByteView header_bytes) {
    return HeaderHash{crypto::sha512(header_bytes)};
}
Hash256 header_ref(base::ByteView header_bytes) {
    return Hash256{crypto::sha512_256(header_bytes)};
}
HeaderHash hash_of(const Genesis& genesis) {
    return HeaderHash{crypto::sha512(encode(genesis))};
}

}  // namespace wire
