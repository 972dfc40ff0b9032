// SPDX-License-Identifier: Apache-2.0
#include "wire/block.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "salus/v1/block.pb.h"
#include "wire/block_bounds.h"
#include "wire/internal/test_samples.h"
#include "wire/transaction.h"

namespace wire {
namespace {

namespace pb = salus::v1;
using samples::counted;
using testing::HasSubstr;

base::Bytes bytes_of(const std::string& text) {
    const auto view = base::as_bytes(text);
    return {view.begin(), view.end()};
}

template <class Message>
Message parsed(const base::Bytes& bytes) {
    Message out;
    EXPECT_TRUE(out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    return out;
}

/// Spoils a good message in each way and expects the problem to be named.
template <class Message>
struct Bad {
    std::string_view problem;
    std::function<void(Message&)> spoil;
};
template <class Message, class Decode>
void expect_refused(const base::Bytes& good, Decode decode,
                    const std::vector<Bad<Message>>& cases) {
    for (const auto& [problem, spoil] : cases) {
        auto message = parsed<Message>(good);
        spoil(message);
        const auto decoded = decode(bytes_of(message.SerializeAsString()));
        ASSERT_FALSE(decoded) << problem;
        EXPECT_EQ(decoded.error().code, base::ErrorCode::malformed) << problem;
        EXPECT_THAT(decoded.error().detail, HasSubstr(problem));
    }
}

TEST(Block, RoundTrips) {
    EXPECT_EQ(decode_header(encode(samples::header())).value(), samples::header());
    EXPECT_EQ(decode_seal(encode(samples::seal())).value(), samples::seal());
    EXPECT_EQ(decode_genesis(encode(samples::genesis())).value(), samples::genesis());
    const auto block = decode_block(encode(samples::block())).value();
    EXPECT_EQ(block.header_bytes, encode(samples::header()));
    EXPECT_EQ(block.header, samples::header());
    EXPECT_EQ(block.seal, samples::seal());
    EXPECT_EQ(block.transactions, samples::block().transactions);
}

// Goal: bytes never drift, or old chains could not be read. Method: vectors written down once.
TEST(Block, ThisHeaderHasTheseBytes) {
    const auto bytes = encode(samples::header());
    EXPECT_EQ(base::to_hex(bytes),
              "0a0a73616c75732d7465737410071a40101112131415161718191a1b1c1d1e1f202122232425"
              "262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b"
              "4c4d4e4f2220202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
              "2a20303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f32204041"
              "42434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f382a40b0f3ebf29e"
              "344a10505152535455565758595a5b5c5d5e5f");
    EXPECT_EQ(base::to_hex(hash_of_header(bytes).view()),
              "4d83bd95a10a0d6847c0da51853179bf49d088153ebee60270f63dc7022996b948f5f637ad26"
              "d1822715ec86c5bc513a0279d348e051807c02bab693c47da9cc");
    EXPECT_EQ(base::to_hex(header_ref(bytes).view()),
              "1b88d4e49d2a36671558866f3de77d44dddbb4fdcb9a41da5330ea5ebab7d40b");
}

TEST(Block, ThisGenesisHasTheseBytes) {
    EXPECT_EQ(base::to_hex(encode(samples::genesis())),
              "0a0a73616c75732d746573741080bcd9f29e341801225b0a100102030405060708090a0b0c0d"
              "0e0f10100a180122410405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
              "2122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f40414243442801"
              "225b0a1002030405060708090a0b0c0d0e0f1011100c1801224105060708090a0b0c0d0e0f10"
              "1112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f30313233343536"
              "3738393a3b3c3d3e3f40414243444528022a100803100218d00f20032810302038e807");
    EXPECT_EQ(base::to_hex(hash_of(samples::genesis()).view()),
              "48548bf39a0158a2deba1f3143533b02345b3f1dd730c674bad2f6113ed0efb268c745df52c4"
              "d76b2c19842ffef14b98c5448fdaffd8d7a4ecbace8286de85b4");
}

TEST(Block, ThisSealHasTheseBytes) {
    EXPECT_EQ(base::to_hex(encode(samples::seal())),
              "08031240606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f8081"
              "82838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f1a540a1070717273"
              "7475767778797a7b7c7d7e7f1240808182838485868788898a8b8c8d8e8f9091929394959697"
              "98999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbd"
              "bebf200228053004");
}

TEST(Block, RefusesAHeaderOutOfForm) {
    expect_refused<pb::Header>(
        encode(samples::header()), decode_header,
        {
            {"chain_id", [](auto& header) { header.set_chain_id("UPPER"); }},
            {"previous_hash has 63 bytes, not 64",
             [](auto& header) { header.mutable_previous_hash()->pop_back(); }},
            {"transactions_root", [](auto& header) { header.clear_transactions_root(); }},
            {"state_root", [](auto& header) { header.mutable_state_root()->push_back('x'); }},
            {"history_root", [](auto& header) { header.clear_history_root(); }},
            {"time_ms", [](auto& header) { header.set_time_ms(253'402'300'800'000); }},
            {"miner", [](auto& header) { header.clear_miner(); }},
        });
}

TEST(Block, RefusesUnknownFields) {
    auto bytes = encode(samples::header());
    base::append(bytes, base::from_hex("f80101").value());  // field 31, varint 1
    EXPECT_EQ(decode_header(bytes).error().code, base::ErrorCode::not_canonical);
}

// Goal: whatever of the seal is no part of the header is signed with it. Method: change each.
TEST(Block, TheSealedMessageCoversRoundTurnAndNonce) {
    const auto header = encode(samples::header());
    const auto message = sealed_message(header, samples::seal());
    EXPECT_EQ(base::to_hex(base::ByteView(message).first(32)),
              "73616c75732d7365616c2d31"  // salus-seal-1
              "0000000000000003"
              "00000002"
              "0000000000000005");
    EXPECT_TRUE(std::ranges::equal(base::ByteView(message).subspan(32), header));
    for (auto* const change :
         {+[](Seal& seal) { ++seal.round; }, +[](Seal& seal) { ++seal.passed_over; },
          +[](Seal& seal) { ++seal.nonce; }}) {
        auto seal = samples::seal();
        change(seal);
        EXPECT_NE(sealed_message(header, seal), message);
    }
}

// Goal: an approval counts for one attempt at one sealed header, and a seal is never an approval.
TEST(Block, TheApprovalMessageCoversTheAttemptToo) {
    const auto header = encode(samples::header());
    const auto message = approval_message(header, samples::seal());
    EXPECT_EQ(base::to_hex(base::ByteView(message).first(40)),
              "73616c75732d617070726f76616c2d31"  // salus-approval-1
              "00000004"
              "0000000000000003"
              "00000002"
              "0000000000000005");
    EXPECT_TRUE(std::ranges::equal(base::ByteView(message).subspan(40), header));
}

TEST(Block, RefusesASealOutOfForm) {
    expect_refused<pb::Seal>(
        encode(samples::seal()), decode_seal,
        {
            {"seal.signature", [](auto& seal) { seal.clear_signature(); }},
            {"approval.miner", [](auto& seal) { seal.mutable_approvals(0)->clear_miner(); }},
            {"approval.signature",
             [](auto& seal) { seal.mutable_approvals(0)->set_signature("short"); }},
            {"two approvals by one miner",
             [](auto& seal) { *seal.add_approvals() = seal.approvals(0); }},
        });
}

TEST(Block, RefusesAGenesisOutOfForm) {
    expect_refused<pb::Genesis>(
        encode(samples::genesis()), decode_genesis,
        {
            {"chain_id", [](auto& genesis) { genesis.clear_chain_id(); }},
            {"time_ms", [](auto& genesis) { genesis.set_time_ms(~0ULL); }},
            {"member.id", [](auto& genesis) { genesis.mutable_members(0)->clear_id(); }},
            {"member.role", [](auto& genesis) { genesis.mutable_members(0)->set_role(99); }},
            {"member.scheme", [](auto& genesis) { genesis.mutable_members(0)->set_scheme(0); }},
            {"member.public_key",
             [](auto& genesis) { genesis.mutable_members(1)->clear_public_key(); }},
            {"member.custody", [](auto& genesis) { genesis.mutable_members(1)->set_custody(0); }},
            {"two members of one id",
             [](auto& genesis) { *genesis.add_members() = genesis.members(0); }},
            {"policy", [](auto& genesis) { genesis.clear_policy(); }},
            {"policy.engine", [](auto& genesis) { genesis.mutable_policy()->set_engine(4); }},
            {"policy.quorum", [](auto& genesis) { genesis.mutable_policy()->clear_quorum(); }},
            {"policy.turn_timeout_ms",
             [](auto& genesis) { genesis.mutable_policy()->set_turn_timeout_ms(86'400'001); }},
            {"policy.pass_limit",
             [](auto& genesis) { genesis.mutable_policy()->set_pass_limit(1'001); }},
            {"policy.difficulty_bits",
             [](auto& genesis) { genesis.mutable_policy()->set_difficulty_bits(256); }},
            {"policy.retarget_blocks",
             [](auto& genesis) { genesis.mutable_policy()->clear_retarget_blocks(); }},
            {"policy.block_target_ms",
             [](auto& genesis) { genesis.mutable_policy()->clear_block_target_ms(); }},
        });
}

TEST(Block, RefusesABlockOutOfForm) {
    expect_refused<pb::Block>(
        encode(samples::block()), decode_block,
        {
            {"header: ", [](auto& block) { block.clear_header(); }},
            {"seal.signature", [](auto& block) { block.clear_seal(); }},
            {"an empty transaction", [](auto& block) { block.add_transactions(""); }},
            {"a transaction above 64 KiB",
             [](auto& block) { block.add_transactions(std::string(65'537, 'x')); }},
        });
}

TEST(Block, RefusesABlockWhoseHeaderGoesOnBehindItsEnd) {
    auto block = parsed<pb::Block>(encode(samples::block()));
    block.mutable_header()->push_back('x');
    EXPECT_EQ(decode_block(bytes_of(block.SerializeAsString())).error().code,
              base::ErrorCode::undecodable);
}

TEST(Block, AcceptsABlockOfNoTransactions) {
    auto block = samples::block();
    block.transactions.clear();
    EXPECT_TRUE(decode_block(encode(block)));
}

TEST(Block, RefusesAnyTruncation) {
    const auto good = encode(samples::block());
    for (std::size_t size = 0; size < good.size(); ++size) {
        const auto decoded = decode_block(base::ByteView(good).first(size));
        if (!decoded) continue;
        // A cut at the border of two transactions leaves a block of fewer: the header's root tells.
        EXPECT_LT(decoded->transactions.size(), samples::block().transactions.size());
        EXPECT_EQ(encode(*decoded).size(), size);
    }
    const auto header = encode(samples::header());
    for (std::size_t size = 0; size < header.size(); ++size) {
        EXPECT_FALSE(decode_header(base::ByteView(header).first(size))) << size;
    }
}

TEST(Block, RefusesWhatIsTooLarge) {
    EXPECT_EQ(decode_genesis(base::Bytes(genesis_bytes_max + 1, 0)).error().code,
              base::ErrorCode::too_large);
    EXPECT_EQ(decode_block(base::Bytes(block_bytes_max + 1, 0)).error().code,
              base::ErrorCode::too_large);
}

// Goal: what takes two bytes on the wire takes none in memory. Method: a million empty parts, and
// one more than is taken.
TEST(Block, RefusesMorePartsThanItTakesBeforeItMakesAnyOfThem) {
    const auto parts = [](std::uint8_t tag, std::size_t count) {
        base::Bytes out(2 * count, 0);
        for (std::size_t i = 0; i < count; ++i) out[2 * i] = tag;
        return out;
    };
    const auto in_seal = [](const base::Bytes& approvals) {
        pb::Block block;
        EXPECT_TRUE(block.mutable_seal()->ParseFromArray(approvals.data(),
                                                         static_cast<int>(approvals.size())));
        return bytes_of(block.SerializeAsString());
    };
    constexpr std::uint8_t transaction = 0x1A, approval = 0x1A, member = 0x22;
    const auto too_many = [](const auto& decoded, std::string_view problem) {
        EXPECT_EQ(decoded.error().code, base::ErrorCode::too_large);
        EXPECT_THAT(decoded.error().detail, HasSubstr(problem));
    };
    too_many(decode_block(parts(transaction, 1'000'000)), "transactions in a block");
    too_many(decode_block(parts(transaction, block_transactions_max + 1)), "65537; at most 65536");
    too_many(decode_seal(parts(approval, seal_approvals_max + 1)), "approvals in a seal");
    too_many(decode_block(in_seal(parts(approval, seal_approvals_max + 1))), "approvals in a seal");
    too_many(decode_genesis(parts(member, genesis_members_max + 1)), "members in a genesis");
    const auto in_bounds = decode_block(parts(transaction, block_transactions_max));
    EXPECT_EQ(in_bounds.error().code, base::ErrorCode::malformed) << "it has no header";
}

// Goal: the parts of a seal that stands twice are counted together, as protobuf joins them.
TEST(Block, CountsTheApprovalsOfASealInTwoParts) {
    const auto half = [] {
        pb::Block block;
        for (std::size_t i = 0; i <= seal_approvals_max / 2; ++i) {
            block.mutable_seal()->add_approvals();
        }
        return block.SerializeAsString();
    }();
    EXPECT_EQ(decode_block(bytes_of(half)).error().code, base::ErrorCode::malformed);
    EXPECT_EQ(decode_block(bytes_of(half + half)).error().code, base::ErrorCode::too_large);
}

TEST(Block, TakesAsManyTransactionsAsItsBound) {
    auto block = samples::block();
    block.transactions.assign(block_transactions_max, base::Bytes{1});
    const auto decoded = decode_block(encode(block));
    ASSERT_TRUE(decoded) << decoded.error().detail;
    EXPECT_EQ(decoded->transactions.size(), block_transactions_max);
    block.transactions.emplace_back(1, 1);
    EXPECT_DEATH((void)encode(block), "broken invariant");
}

template <class Decode>
auto recode(Decode decode) {
    return [decode](base::ByteView bytes) -> std::optional<base::Bytes> {
        const auto decoded = decode(bytes);
        if (!decoded) return std::nullopt;
        return encode(*decoded);
    };
}

TEST(Block, TenThousandMutationsNeverCrashNorDrift) {
    using samples::try_mutations;
    const auto header = try_mutations(encode(samples::header()), 11, recode(decode_header));
    const auto seal = try_mutations(encode(samples::seal()), 12, recode(decode_seal));
    const auto block = try_mutations(encode(samples::block()), 13, recode(decode_block));
    const auto genesis = try_mutations(encode(samples::genesis()), 14, recode(decode_genesis));
    for (const auto& count : {header, seal, block, genesis}) {
        EXPECT_EQ(count.drifted, 0);
        EXPECT_GT(count.accepted, 0);
    }
}

// Goal: a signature over one kind of bytes never fits another kind. Method: field 2 of a header is
// a number, of a body it is bytes, so neither ever reads as the other.
TEST(Block, AHeaderIsNoTransactionBodyNorTheOtherWayRound) {
    EXPECT_FALSE(decode_body(encode(samples::header())));
    EXPECT_FALSE(decode_header(encode(samples::body(samples::report()))));
}

}  // namespace
}  // namespace wire
