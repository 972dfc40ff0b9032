// SPDX-License-Identifier: Apache-2.0
#include "pda/kept_seal.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace pda {
namespace {

struct Kept : testing::Test {
    Kept() {
        name.pda.bytes.fill(1);
        name.device.bytes.fill(2);
        name.counter = 3;
    }
    base::SeededRandom random{5};
    crypto::Secret32 own = crypto::Secret32::draw(random);
    KeptSeal seal{own};
    BatchKey name;
    const base::Bytes batch = base::Bytes(60, 0x42);
};

TEST_F(Kept, OpenForTheirPdaAndShowNothing) {
    const auto sealed = seal.seal(name, batch, random);
    EXPECT_EQ(sealed.size(), batch.size() + KeptSeal::overhead_bytes);
    EXPECT_EQ(seal.open(name, sealed).value(), batch);
    EXPECT_NE(seal.seal(name, batch, random), sealed) << "two sealings look alike";
    EXPECT_TRUE(std::ranges::search(sealed, base::ByteView(batch).first(4)).empty());
}

TEST_F(Kept, DoNotOpenUnderAnotherKeyOrName) {
    const auto sealed = seal.seal(name, batch, random);
    EXPECT_FALSE(KeptSeal(crypto::Secret32::draw(random)).open(name, sealed));
    for (int part = 0; part < 3; ++part) {
        BatchKey other = name;
        if (part == 0) other.pda.bytes[0] ^= 1;
        if (part == 1) other.device.bytes[0] ^= 1;
        if (part == 2) ++other.counter;
        const auto opened = seal.open(other, sealed);
        ASSERT_FALSE(opened) << part;
        EXPECT_EQ(opened.error().code, base::ErrorCode::corrupted);
    }
}

TEST_F(Kept, DoNotOpenAlteredOrCutShort) {
    const auto sealed = seal.seal(name, batch, random);
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto bad = sealed;
        bad[i] ^= 0x10;
        EXPECT_FALSE(seal.open(name, bad)) << i;
        EXPECT_FALSE(seal.open(name, base::ByteView(sealed).first(i))) << i;
    }
}

}  // namespace
}  // namespace pda
