// SPDX-License-Identifier: Apache-2.0
// Goal: packed bytes are one text for each input, give it back, and no bytes make them slow or
// large. Method: texts that repeat, look like base64, or are drawn, and each kind of token gone
// wrong.
#include "wire/internal/packing.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace wire::internal {
namespace {

base::Bytes bytes_of(std::string_view text) {
    const auto view = base::as_bytes(text);
    return {view.begin(), view.end()};
}
base::Bytes packed(std::string_view text) {
    return pack(base::as_bytes(text));
}
constexpr std::size_t any = 65'536;

TEST(Packing, TheseBytesAreThese) {
    EXPECT_EQ(packed(""), base::Bytes{});
    EXPECT_EQ(packed("!abc"), (base::Bytes{3, '!', 'a', 'b', 'c'}));
    // Five dots: one literal, then four bytes that stood one place before.
    EXPECT_EQ(packed("....."), (base::Bytes{0, '.', 128, 0, 1}));
    // The nearest of two earlier places.
    EXPECT_EQ(packed("!a.b-!a.b+!a.b"),
              (base::Bytes{4, '!', 'a', '.', 'b', '-', 128, 0, 5, 0, '+', 128, 0, 5}));
    // Sixteen digits of base64 are twelve bytes; fifteen stay as they are.
    EXPECT_EQ(packed("AAECAwQFBgcICQoL"), (base::Bytes{192, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
    EXPECT_EQ(packed("AAECAwQFBgcICQo").front(), 14);
}

TEST(Packing, WhateverIsPackedIsUnpacked) {
    base::SeededRandom random(3);
    std::vector<base::Bytes> inputs;
    for (const std::size_t size : {1U, 3U, 4U, 127U, 128U, 129U, 300U, 4'096U, 65'536U}) {
        base::Bytes drawn(size);
        random.fill(drawn);
        inputs.push_back(drawn);
        inputs.push_back(base::Bytes(size, 0));
        inputs.push_back(base::Bytes(size, 'A'));
        for (auto& byte : drawn) byte = static_cast<std::uint8_t>("+/09AZaz"[byte % 8]);
        inputs.push_back(drawn);
        for (auto& byte : drawn) byte = static_cast<std::uint8_t>(".,"[byte % 2]);
        inputs.push_back(drawn);
    }
    for (const auto& input : inputs) {
        const auto out = pack(input);
        EXPECT_LE(out.size(), input.size() + input.size() / 128 + 1);
        EXPECT_EQ(unpack(out, any), input) << input.size();
        EXPECT_FALSE(unpack(out, input.size() - 1));
    }
}

// Goal: a receipt has one compact form. Method: the same bytes, and none, told by other tokens.
TEST(Packing, RefusesWhatPackWouldNotHaveWritten) {
    struct Case {
        std::string_view what;
        base::Bytes packed;
    };
    const std::vector<Case> cases = {
        {"a literal cut off", {1, 'a'}},
        {"a reference cut off", {0, '.', 128, 0}},
        {"a reference to before the beginning", {0, '.', 128, 0, 2}},
        {"a reference to itself", {0, '.', 128, 0, 0}},
        {"base64 cut off", {192, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
        {"literals in two tokens", {0, 'a', 0, 'b'}},
        {"literals where a reference fits", {4, '.', '.', '.', '.', '.'}},
        {"a reference cut in two", {0, '.', 128, 0, 1, 128, 0, 1}},
        {"a reference to a farther place",
         {4, '!', 'a', '.', 'b', '-', 128, 0, 5, 0, '+', 128, 0, 10}},
        {"literals where base64 fits",
         [] {
             auto out = bytes_of(
                 "\x0f"
                 "AAECAwQFBgcICQoL");
             return out;
         }()},
    };
    for (const auto& one : cases) EXPECT_FALSE(unpack(one.packed, any)) << one.what;
}

}  // namespace
}  // namespace wire::internal
