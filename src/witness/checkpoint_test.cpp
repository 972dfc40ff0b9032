// SPDX-License-Identifier: Apache-2.0
#include "witness/checkpoint.h"

#include <gtest/gtest.h>

#include "witness/internal/base64.h"
#include "witness/note.h"

namespace witness {
namespace {

using base::ErrorCode;

// Source: c2sp.org/tlog-checkpoint and c2sp.org/tlog-cosignature; their public keys are not given.
constexpr std::string_view cosigned_example =
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "\u2014 example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "\u2014 witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBk"
    "BIfZ+qnA==\n";

wire::Header header() {
    wire::Header out{};
    out.chain_id = "test-chain";
    out.height = 41;
    out.history_size = 97;
    out.history_root.bytes.fill(0xab);
    return out;
}

TEST(Checkpoint, ReadsTheExampleOfItsSpecification) {
    const auto note = decode_note(cosigned_example);
    ASSERT_TRUE(note);
    EXPECT_EQ(note->signatures.size(), 2U);
    const auto checkpoint = decode_checkpoint(note->text);
    ASSERT_TRUE(checkpoint);
    EXPECT_EQ(checkpoint->origin, "example.com/behind-the-sofa");
    EXPECT_EQ(checkpoint->size, 20852163U);
    EXPECT_EQ(internal::to_base64(checkpoint->root),
              "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
    EXPECT_TRUE(checkpoint->extensions.empty());
    EXPECT_EQ(encode(*checkpoint), note->text);
    EXPECT_EQ(header_of(*checkpoint).error().code, ErrorCode::malformed);
}

TEST(Checkpoint, OfAHeaderNamesItsLogAndItsBlock) {
    wire::HeaderHash hash;
    hash.bytes.fill(0x5c);
    const auto checkpoint = checkpoint_of(header(), hash);
    EXPECT_EQ(checkpoint.origin, "salus/test-chain");
    const auto text = encode(checkpoint);
    EXPECT_EQ(text,
              "salus/test-chain\n97\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n"
              "header 41 XFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxc"
              "XFxcXFxcXFxcXA==\n");
    const auto again = decode_checkpoint(text);
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, checkpoint);
    EXPECT_EQ(header_of(*again).value(), (HeaderBinding{.height = 41, .hash = hash}));
}

TEST(Checkpoint, RefusesWhatIsOutOfFormAndNamesTheLine) {
    const std::string root = "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n";
    std::string many = "o\n1\n" + root;
    for (std::size_t i = 0; i <= extensions_max; ++i) many += "x\n";
    const struct {
        const char* name;
        std::string text;
        ErrorCode code;
        const char* words;
    } bad[] = {
        {"empty", "", ErrorCode::malformed, "origin"},
        {"empty origin", "\n1\n" + root, ErrorCode::malformed, "origin"},
        {"origin alone", "o\n", ErrorCode::malformed, "size"},
        {"leading zero", "o\n01\n" + root, ErrorCode::malformed, "size"},
        {"negative", "o\n-1\n" + root, ErrorCode::malformed, "size"},
        {"beyond 2^63", "o\n9223372036854775808\n" + root, ErrorCode::malformed, "size"},
        {"no root", "o\n1\n", ErrorCode::malformed, "root"},
        {"31 bytes", "o\n1\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urqw==\n", ErrorCode::malformed,
         "root"},
        {"unused bits", "o\n1\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6t=\n",
         ErrorCode::malformed, "root"},
        {"does not end", "o\n1\n" + root + "x", ErrorCode::malformed, "does not end"},
        {"empty extension", "o\n1\n" + root + "\n", ErrorCode::malformed, "empty"},
        {"too many extensions", many, ErrorCode::too_large, "extension"},
    };
    for (const auto& each : bad) {
        const auto decoded = decode_checkpoint(each.text);
        ASSERT_FALSE(decoded) << each.name;
        EXPECT_EQ(decoded.error().code, each.code) << each.name;
        EXPECT_NE(decoded.error().detail.find(each.words), std::string::npos)
            << each.name << ": " << decoded.error().detail;
    }
}

TEST(Checkpoint, RefusesAHeaderLineOutOfForm) {
    auto good = checkpoint_of(header(), {});
    ASSERT_TRUE(header_of(good));
    const auto line = good.extensions[0];
    const std::string hash = line.substr(line.rfind(' ') + 1);
    const std::pair<const char*, std::vector<std::string>> bad[] = {
        {"none", {}},
        {"another word", {"Header 41 " + hash}},
        {"twice", {line, line}},
        {"no hash", {"header 41"}},
        {"height 0", {"header 0 " + hash}},
        {"leading zero", {"header 041 " + hash}},
        {"short hash", {"header 41 AAAA"}},
        {"more words", {"header 41 " + hash + " x"}},
    };
    for (const auto& [name, extensions] : bad) {
        good.extensions = extensions;
        const auto read = header_of(good);
        ASSERT_FALSE(read) << name;
        EXPECT_EQ(read.error().code, ErrorCode::malformed) << name;
    }
    good.extensions = {"operator note", line};
    EXPECT_TRUE(header_of(good)) << "lines that are not ours stay opaque";
}

}  // namespace
}  // namespace witness
