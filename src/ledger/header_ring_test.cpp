// SPDX-License-Identifier: Apache-2.0
// Goal: when the ring of headers is full, the oldest leaves and nothing else is lost. Method: a
// chain of 65,540 blocks, asked just before its first header leaves, as it leaves, and after. Not
// under a sanitizer, where it takes minutes: there the ring is turned without a chain.
#include <gtest/gtest.h>

#include "base/testing.h"
#include "chain/queries.h"
#include "contracts/header_ring.h"
#include "ledger/claim_testing.h"
#include "ledger/long_chain.h"
#include "state/keys.h"
#include "state/values.h"

namespace ledger {
namespace {

using base::ErrorCode;
using testing::Chain;
using testing::ClaimWorld;
using wire::Height;

constexpr Height kept = state::headers_kept;

wire::Hash256 ref_of(Height height) {
    base::Bytes number;
    base::append_u64(number, height);
    return wire::header_ref(number);
}

/// A state in memory.
class PlainState final : public state::StateView {
public:
    [[nodiscard]] base::Result<std::optional<base::Bytes>> get(base::ByteView key) const override {
        const auto found = values.find(base::Bytes(key.begin(), key.end()));
        if (found == values.end()) return std::optional<base::Bytes>{};
        return std::optional{found->second};
    }
    void take(const state::Changes& changes) {
        for (const auto& [key, value] : changes) {
            values.erase(key);
            if (value) values[key] = *value;
        }
    }
    std::map<base::Bytes, base::Bytes> values;
};

TEST(HeaderRing, KeepsTheLastHeadersAndForgetsEachOlderOne) {
    PlainState state;
    for (Height height = 1; height <= kept + 3; ++height) {
        state::Overlay overlay(state);
        ASSERT_TRUE(contracts::enter_header(overlay, height, ref_of(height - 1)));
        state.take(overlay.changes());
        if (height < kept - 1) continue;
        // Block H knows the headers H - 65,536 to H - 1.
        const auto known = [&](Height of) {
            return *contracts::height_of_header(state, ref_of(of)) == of;
        };
        const Height oldest = height <= kept ? 0 : height - kept;
        EXPECT_TRUE(known(oldest)) << height;
        EXPECT_TRUE(known(height - 1)) << height;
        EXPECT_FALSE(known(height)) << height;
        if (oldest > 0) {
            EXPECT_FALSE(known(oldest - 1)) << height;
        }
        EXPECT_EQ(state.values.size(), 2 * std::min(height, kept)) << height;
    }
}

class HeaderRingTest : public ::testing::Test {
protected:
    /// So many blocks of one report each. Their signatures are made here and not checked again.
    void extend(Height tip) {
        const auto filler = world.chain.enrolled(wire::Role::cloud_server);
        const auto trusting = make_trusting_verifier();
        auto& chain = world.chain;
        chain.app.reset();
        chain.app = *Application::open(chain.store, *trusting);
        const auto miner = [&](const wire::LedgerId& id) -> const wire::Signer* {
            return std::ranges::find(chain.miners, id, &testing::Identity::id)->get();
        };
        const Filling filling{.cloud_server = *filler,
                              .doctor = *world.cast.doctor,
                              .miner = miner,
                              .report = chain.report(world.cast),
                              .first_sequence = 1,
                              .on_block = {}};
        const auto done = extend_chain(*chain.app, filling, tip - chain.app->info().height);
        ASSERT_TRUE(done) << done.error().detail;
        chain.now = chain.app->info().time + std::chrono::seconds{1};
        chain.open();
        ASSERT_EQ(chain.app->info().height, tip);
    }
    /// What becomes of a report that names the header of `height`.
    TxResult naming(Height height) {
        auto& chain = world.chain;
        auto report = chain.report(world.cast);
        report.header_hash =
            wire::header_ref(height == 0 ? encode(chain.genesis())
                                         : chain.app->blocks().block(height)->header_bytes);
        return chain
            .mine({Chain::sign(chain.body(world.cast.cloud_server, report),
                               {world.cast.cloud_server, world.cast.doctor})})
            .results.front();
    }
    /// Two seals of the miner whose turn is next, of which neither is committed.
    wire::Evidence two_blocks() {
        auto& chain = world.chain;
        const auto one = chain.candidate({chain.signed_report(world.cast)});
        auto other = one;
        other.time += std::chrono::seconds{1};
        wire::Evidence out;
        out.header_a = chain.app->finalize_block(one)->header_bytes;
        out.seal_a = encode(chain.seal(one, out.header_a));
        out.header_b = chain.app->finalize_block(other)->header_bytes;
        out.seal_b = encode(chain.seal(other, out.header_b));
        return out;
    }
    ClaimWorld world;
};

TEST_F(HeaderRingTest, AChainGoesOnBeyondItAndForgetsNothingElse) {
    if (base::testing::sanitized) GTEST_SKIP() << "65,540 blocks take minutes under a sanitizer";
    auto& chain = world.chain;
    const auto evidence = two_blocks();
    const auto report = chain.signed_report(world.cast);
    chain.must_accept({report});
    const auto early = chain.app->info().height;
    const auto question = world.consent_question(world.cast.doctor);
    const auto receipt = world.receipt_of(report);
    const auto consent = world.ask(question).value();

    extend(kept - 1);
    for (Height next = kept; next < kept + 4; ++next) {
        SCOPED_TRACE(next);
        ASSERT_EQ(chain.app->info().height, next - 1);
        const Height oldest = next <= kept ? 0 : next - kept;
        if (oldest > 0) {
            const auto refused = naming(oldest - 1);
            EXPECT_EQ(refused.code, static_cast<std::uint32_t>(ErrorCode::wrong_chain));
            EXPECT_NE(refused.detail.find("too old"), std::string::npos) << refused.detail;
        }
        const auto accepted = naming(oldest);
        EXPECT_EQ(accepted.code, 0U) << accepted.detail;
        // What was proven before is proven still, to the byte.
        EXPECT_EQ(world.receipt_of(report), receipt);
        auto then = question;
        then.height = early;
        EXPECT_EQ(world.ask(then).value(), consent);
        EXPECT_EQ(verify_claim(world.receipt_of(report), world.trust()).status,
                  ClaimStatus::verified);
    }
    EXPECT_EQ(chain.refusal(chain.signed_by(chain.admin, evidence)), ErrorCode{})
        << "evidence of a height whose header has left the ring";
}

}  // namespace
}  // namespace ledger
