// SPDX-License-Identifier: Apache-2.0
#include "witness/note.h"

#include <gtest/gtest.h>

#include "witness/internal/base64.h"
#include "witness/internal/text.h"
#include "witness/signer.h"

namespace witness {
namespace {

using base::ErrorCode;

// Source: golang.org/x/mod/sumdb/note, examples.
constexpr std::string_view neumann_key =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view neumann_note =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/"
    "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
// Source: c2sp.org/signed-note, "Example".
constexpr std::string_view foo_key =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr std::string_view foo_note =
    "This is an example message.\n"
    "\n"
    "\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    "\n";
// Source: c2sp.org/signed-note, the note it opens with; its text has an empty line.
constexpr std::string_view quasimodo_note =
    "Ognuno sta solo sul cuor della terra\n"
    "trafitto da un raggio di sole:\n"
    "\n"
    "ed \u00e8 subito sera.\n"
    "\n"
    "\u2014 quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/"
    "5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

TEST(Note, PublishedNotesVerifyUnderTheirPublishedKeys) {
    const std::pair<std::string_view, std::string_view> published[] = {{neumann_key, neumann_note},
                                                                       {foo_key, foo_note}};
    for (const auto& [key_text, note_text] : published) {
        const auto key = decode_verifier_key(key_text);
        ASSERT_TRUE(key) << key.error().detail;
        EXPECT_EQ(encode(*key), key_text);
        const auto note = decode_note(note_text);
        ASSERT_TRUE(note) << note.error().detail;
        EXPECT_EQ(encode(*note), note_text);
        ASSERT_EQ(note->signatures.size(), 1U);
        EXPECT_TRUE(is_by(note->signatures[0], *key));
        EXPECT_TRUE(verify_signature(note->text, note->signatures[0], *key));
        const auto altered = verify_signature(note->text + "\n", note->signatures[0], *key);
        ASSERT_FALSE(altered);
        EXPECT_EQ(altered.error().code, ErrorCode::bad_signature);
    }
}

TEST(Note, TheLastEmptyLineSeparatesTextFromSignatures) {
    const auto note = decode_note(quasimodo_note);
    ASSERT_TRUE(note);
    EXPECT_TRUE(note->text.ends_with("\n\ned \u00e8 subito sera.\n"));
    EXPECT_EQ(encode(*note), quasimodo_note);
}

TEST(Note, RefusesWhatIsOutOfFormAndSaysWhy) {
    const std::string dash = "\u2014 ";
    const struct {
        const char* name;
        std::string text;
        ErrorCode code;
        const char* words;
    } bad[] = {
        {"empty", "", ErrorCode::malformed, "no empty line"},
        {"no signature", "a\n\n", ErrorCode::malformed, "no signature"},
        {"text alone", "a\n", ErrorCode::malformed, "no empty line"},
        {"tab", "a\tb\n\n" + dash + "n AAAAAAE=\n", ErrorCode::malformed, "control"},
        {"carriage return", "a\r\n\n" + dash + "n AAAAAAE=\n", ErrorCode::malformed, "control"},
        {"NUL", std::string("a\0\n\n", 4) + dash + "n AAAAAAE=\n", ErrorCode::malformed, "control"},
        {"overlong UTF-8", "\xc0\xaf\n\n" + dash + "n AAAAAAE=\n", ErrorCode::malformed, "UTF-8"},
        {"surrogate", "\xed\xa0\x80\n\n" + dash + "n AAAAAAE=\n", ErrorCode::malformed, "UTF-8"},
        {"above U+10FFFF", "\xf4\x90\x80\x80\n\n" + dash + "n AAAAAAE=\n", ErrorCode::malformed,
         "UTF-8"},
        {"cut character", "a\n\n" + dash + "n AAAAAAE=\n\xe2\x80", ErrorCode::malformed, "UTF-8"},
        {"hyphen", "a\n\n- n AAAAAAE=\n", ErrorCode::malformed, "em dash"},
        {"no name", "a\n\n" + dash + " AAAAAAE=\n", ErrorCode::malformed, "name"},
        {"name with plus", "a\n\n" + dash + "n+m AAAAAAE=\n", ErrorCode::malformed, "name"},
        {"name with no-break space", "a\n\n" + dash + "n\u00a0m AAAAAAE=\n", ErrorCode::malformed,
         "name"},
        {"name with ideographic space", "a\n\n" + dash + "n\u3000m AAAAAAE=\n",
         ErrorCode::malformed, "name"},
        {"no signature in line", "a\n\n" + dash + "n\n", ErrorCode::malformed, "base64"},
        {"base64url", "a\n\n" + dash + "n AAAAAA_-\n", ErrorCode::malformed, "base64"},
        {"no padding", "a\n\n" + dash + "n AAAAAAE\n", ErrorCode::malformed, "base64"},
        {"unused bits", "a\n\n" + dash + "n AAAAAAF=\n", ErrorCode::malformed, "base64"},
        {"three paddings", "a\n\n" + dash + "n AAAAA===\n", ErrorCode::malformed, "base64"},
        {"key id alone", "a\n\n" + dash + "n AAAAAA==\n", ErrorCode::malformed, "empty"},
        {"does not end", "a\n\n" + dash + "n AAAAAAE=", ErrorCode::malformed, "does not end"},
        {"too long", std::string(note_bytes_max, 'a') + "\n", ErrorCode::too_large, "larger"},
    };
    for (const auto& each : bad) {
        const auto decoded = decode_note(each.text);
        ASSERT_FALSE(decoded) << each.name;
        EXPECT_EQ(decoded.error().code, each.code) << each.name;
        EXPECT_NE(decoded.error().detail.find(each.words), std::string::npos)
            << each.name << ": " << decoded.error().detail;
    }
}

TEST(Note, TakesSignaturesUpToItsBound) {
    Note note{.text = "a\n", .signatures = {}};
    for (std::size_t i = 0; i < note_signatures_max; ++i) {
        note.signatures.push_back({.name = "n" + std::to_string(i), .key_id = 7, .bytes = {1}});
    }
    EXPECT_EQ(decode_note(encode(note)).value(), note);
    note.signatures.push_back({.name = "n", .key_id = 7, .bytes = {1}});
    const auto decoded = decode_note(encode(note));
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, ErrorCode::too_large);
}

TEST(VerifierKey, RefusesEveryPartAndEveryChangedCharacter) {
    std::string text(neumann_key);
    for (std::size_t begin = 0; begin <= text.size(); ++begin) {
        for (std::size_t end = begin; end <= text.size(); ++end) {
            if (begin == 0 && end == text.size()) continue;
            EXPECT_FALSE(decode_verifier_key(text.substr(begin, end - begin)));
        }
    }
    for (auto& character : text) {
        ++character;
        EXPECT_FALSE(decode_verifier_key(text)) << text;
        --character;
    }
    // Source: golang.org/x/mod/sumdb/note, tests: a longer key and an unknown kind, with ids that
    // fit.
    EXPECT_FALSE(decode_verifier_key(
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=="));
    EXPECT_FALSE(
        decode_verifier_key("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"));
    EXPECT_EQ(decode_verifier_key(std::string(257, 'a')).error().code, ErrorCode::too_large);
}

TEST(VerifierKey, RefusesAKeyOfSmallOrder) {
    VerifierKey key{.name = "n", .kind = KeyKind::ed25519, .public_key = {1}};
    const auto decoded = decode_verifier_key(encode(key));
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, ErrorCode::bad_key);
    EXPECT_NE(decoded.error().detail.find("small order"), std::string::npos);
}

// One key under two kinds has two ids, so that a log's signature never counts as a witness's.
TEST(VerifierKey, TheKindIsPartOfTheId) {
    auto key = decode_verifier_key(neumann_key).value();
    const auto plain = key_id(key);
    EXPECT_EQ(plain, 0xc74f20a3U);
    key.kind = KeyKind::cosignature_v1;
    EXPECT_NE(key_id(key), plain);
    EXPECT_EQ(decode_verifier_key(encode(key)).value(), key);
}

TEST(Decimal, HasOneFormAndABound) {
    EXPECT_EQ(internal::parse_decimal("0"), 0U);
    EXPECT_EQ(internal::parse_decimal("9223372036854775807"), std::uint64_t{INT64_MAX});
    for (const char* bad : {"", "00", "01", "+1", "-1", " 1", "1 ", "0x1", "9223372036854775808",
                            "18446744073709551616", "1e3"}) {
        EXPECT_FALSE(internal::parse_decimal(bad)) << bad;
    }
}

// RFC 4648 section 10.
TEST(Base64, IsThatOfTheRfc) {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, text] : vectors) {
        EXPECT_EQ(internal::to_base64(base::as_bytes(plain)), text);
        const auto bytes = internal::from_base64(text);
        ASSERT_TRUE(bytes);
        EXPECT_EQ(base::as_text(*bytes), plain);
    }
    EXPECT_EQ(internal::to_base64(base::Bytes{0xfb, 0xff}), "+/8=");
}

}  // namespace
}  // namespace witness
