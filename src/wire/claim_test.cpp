// SPDX-License-Identifier: Apache-2.0
// Goal: a receipt has one JSON text and one compact form, and either gives the other. Method: one
// of each kind there and back, the bytes written down once, and each member gone wrong.
#include "wire/claim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "crypto/hash.h"
#include "wire/internal/base45.h"
#include "wire/internal/packing.h"
#include "wire/internal/shared_steps.h"
#include "wire/internal/test_samples.h"

namespace wire {
namespace {

using testing::HasSubstr;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}
base::Bytes bytes_of(std::string_view text) {
    const auto view = base::as_bytes(text);
    return {view.begin(), view.end()};
}

TEST(Claim, EveryKindGoesThereAndBackInEveryForm) {
    for (const auto& claim : samples::claims()) {
        SCOPED_TRACE(name_of(claim.fact));
        EXPECT_EQ(claim_from_json(to_json(claim)).value(), claim);
        EXPECT_EQ(decode_claim(encode(claim)).value(), claim);
        EXPECT_EQ(claim_from_text(to_text(claim)).value(), claim);
        EXPECT_LT(encode(claim).size(), to_json(claim).size());
        EXPECT_EQ(read_claim(bytes_of(to_json(claim))).value(), claim);
        EXPECT_EQ(read_claim(encode(claim)).value(), claim);
        EXPECT_EQ(read_claim(bytes_of("\r\n " + to_text(claim) + " \n")).value(), claim);
    }
}

// Goal: bytes never drift, or old receipts could not be checked. Method: both forms written down
// once.
TEST(Claim, ThisReceiptIsTheseBytes) {
    const Claim claim{
        .header = {5},
        .seal = {6, 7},
        .fact =
            ProvenNoConsent{
                .patient = samples::counted<LedgerId>(0x20),
                .category = Category::vital_signs,
                .purpose = Purpose::treatment,
                .patient_leaf = std::nullopt,
                .patient_absence = StateProof{.key = {0x70}, .value = {1}, .steps = {{9, {}}}},
                .readers = {{samples::counted<LedgerId>(0x30), std::nullopt, std::nullopt}}},
        .checkpoint = CheckpointLink{.note = "n\n", .path = {}}};
    EXPECT_EQ(
        to_json(claim),
        R"({"format":"salus-receipt-2","kind":"no_consent","header":"BQ","seal":"Bgc",)"
        R"("patient":"ICEiIyQlJicoKSorLC0uLw","category":"vital_signs","purpose":"treatment",)"
        R"("patient_leaf":null,"patient_absence":{"key":"cA","value":"AQ","steps":[{"bit":9,)"
        R"("sibling":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]},"readers":[{"id":)"
        R"("MDEyMzQ1Njc4OTo7PD0-Pw","absence":null,"record":null}],)"
        R"("checkpoint":{"note":"bgo","path":[]}})"
        "\n");
    EXPECT_EQ(base::to_hex(encode_plain(claim)),
              "0802"                                  // version
              "120105"                                // header
              "1a020607"                              // seal
              "3257"                                  // no_consent
              "0a10202122232425262728292a2b2c2d2e2f"  // patient
              "10011801"                              // category, purpose
              "2a2b0a01701201011a01092220"            // absence: key, value, bits, siblings
              "0000000000000000000000000000000000000000000000000000000000000000"
              "32120a10303132333435363738393a3b3c3d3e3f"  // reader
              "42040a026e0a");                            // checkpoint
    EXPECT_EQ(base::to_hex(encode(claim)),
              "04"                                          // version
              "2c"                                          // so many literals, plus one
              "120105"                                      // header
              "1a020607"                                    // seal
              "3257"                                        // no_consent
              "0a10202122232425262728292a2b2c2d2e2f"        // patient
              "10011801"                                    // category, purpose
              "2a2b0a01701201011a0109222000"                // absence: key, value, bits, siblings
              "9b0001"                                      // 31 zeros more
              "1932120a10303132333435363738393a3b3c3d3e3f"  // reader
              "42040a026e0a");                              // checkpoint
}

// Goal: receipts of before are still read. Method: versions 2 and 3 beside the one that is written.
TEST(Claim, OfAnOlderVersionIsStillRead) {
    for (const auto& claim : samples::claims()) {
        for (const auto& older : {encode_plain(claim), encode_packed(claim)}) {
            EXPECT_EQ(decode_claim(older).value(), claim);
            EXPECT_EQ(read_claim(older).value(), claim);
        }
    }
}

/// The report's proofs go through one tree of two leaves, and the leaf's value is that consent's.
Claim sharing_claim() {
    auto fact = samples::proven_transaction();
    fact.signers.resize(1);
    auto& signer = fact.signers.front();
    StateProof leaf{.key = {0x70, 2}, .value = {}, .steps = {}};
    fact.consent = StateProof{.key = {0x63}, .value = {1}, .steps = {{9, {}}}};
    const auto root = internal::root_of(*fact.consent);
    leaf.value.assign(root.bytes.begin(), root.bytes.end());
    signer = {.key = {0x6b, 1}, .value = {5}, .steps = {}};
    const auto a = crypto::sha256(signer.key);
    const auto b = crypto::sha256(leaf.key);
    std::uint8_t bit = 0;
    while ((a[0] >> (7 - bit) & 1U) == (b[0] >> (7 - bit) & 1U)) ++bit;
    const auto signer_below = internal::root_of(signer);
    signer.steps = {{bit, internal::root_of(leaf)}};
    leaf.steps = {{bit, signer_below}};
    fact.patient_leaf = leaf;
    return samples::claim(fact);
}

TEST(Claim, LeavesOutWhatItsProofsSayTwice) {
    const auto claim = sharing_claim();
    const auto packed = encode(claim);
    EXPECT_EQ(decode_claim(packed).value(), claim);
    // Two siblings and the value of the leaf, and the random bytes of none are found again.
    auto apart = claim;
    auto& fact = std::get<ProvenTransaction>(apart.fact);
    fact.signers.front().steps.front().sibling.bytes[0] ^= 1;
    EXPECT_EQ(decode_claim(encode(apart)).value(), apart);
    EXPECT_GT(encode(apart).size(), packed.size() + 90);
}

// Goal: one receipt has one compact form. Method: what could be left out is not, or what is left
// out is something else.
TEST(Claim, RefusesAnotherWayToLeaveOut) {
    auto claim = sharing_claim();
    auto whole = encode_plain(claim);
    whole.erase(whole.begin(), whole.begin() + 2);  // its version
    const auto as_packed = [](base::ByteView message) {
        auto out = internal::pack(message);
        out.insert(out.begin(), 3);
        return out;
    };
    EXPECT_EQ(decode_claim(as_packed(whole)).error().code, base::ErrorCode::not_canonical);
    auto of_version_4 = as_packed(whole);
    of_version_4.front() = 4;
    EXPECT_EQ(decode_claim(of_version_4).error().code, base::ErrorCode::not_canonical);
    auto& fact = std::get<ProvenTransaction>(claim.fact);
    fact.patient_leaf->value.clear();
    EXPECT_EQ(decode_claim(encode(claim)).value(), claim) << "a value that is empty is no gap";
}

TEST(Claim, RefusesAJsonTextOutOfFormAndNamesTheMember) {
    const auto claims = samples::claims();
    const auto transaction = to_json(claims[0]);
    const auto consent = to_json(claims[1]);
    const auto none = to_json(claims[2]);
    const auto destroyed = to_json(claims[3]);
    const std::vector<std::pair<std::string_view, std::string>> cases = {
        {"no JSON", ""},
        {"no JSON", "{"},
        {"no JSON", std::string(1'000, '[')},
        {"'format'", "[]"},
        {"'format'", "{}"},
        {"'format'", replaced(transaction, "salus-receipt-2", "salus-receipt-1")},
        {"'kind'", replaced(transaction, "\"kind\":\"transaction\"", "\"kind\":\"other\"")},
        {"'envelope'", replaced(transaction, "\"envelope\":\"", "\"envelope\":\"=")},
        {"'history_index'", replaced(transaction, "\"history_index\":41", "\"history_index\":-1")},
        {"'history_index'", replaced(transaction, "\"history_index\":41", "\"history_index\":1.5")},
        {"'history_index'",
         replaced(transaction, "\"history_index\":41", "\"history_index\":9007199254740992")},
        {"'history_path'", replaced(transaction, "\"history_path\":[\"", "\"history_path\":[\"A")},
        {"'seal'", replaced(transaction, "\"seal\":", "\"seal\":null,\"x\":")},
        {"'signers'", replaced(transaction, "\"signers\":[", "\"signers\":[],\"x\":[")},
        {"'key'", replaced(transaction, "\"key\":\"SwE\"", "\"key\":\"\"")},
        {"'bit'", replaced(transaction, "\"bit\":255", "\"bit\":256")},
        {"'sibling'", replaced(transaction, "\"sibling\":\"", "\"sibling\":\"AAAA")},
        {"'checkpoint'", replaced(transaction, "\"checkpoint\":null", "\"checkpoinT\":null")},
        {"'consent'", replaced(consent, "\"consent\":{", "\"consens\":{")},
        {"'note'", replaced(consent, "\"note\":\"YSBub3RlCg\"", "\"note\":\"\"")},
        {"'path'", replaced(consent, "\"path\":[\"", "\"path\":[\"A")},
        {"'patient'", replaced(none, "\"patient\":\"", "\"patient\":\"AAAA")},
        {"'category'", replaced(none, "imaging", "images")},
        {"'purpose'", replaced(none, "research", "searching")},
        {"'readers'", replaced(none, "\"readers\":[", "\"readers\":[],\"x\":[")},
        {"'id'", replaced(none, "\"id\":\"", "\"id\":\"AAAA")},
        {"'content_id'", replaced(destroyed, "\"content_id\":\"", "\"content_id\":\"AAAA")},
        {"'key'", replaced(destroyed, "\"tombstone\":{", "\"tombstone\":[],\"x\":{")},
    };
    for (const auto& [problem, text] : cases) {
        const auto decoded = claim_from_json(text);
        ASSERT_FALSE(decoded) << problem;
        EXPECT_EQ(decoded.error().code, base::ErrorCode::malformed) << problem;
        EXPECT_THAT(decoded.error().detail, HasSubstr(problem)) << text.substr(0, 200);
    }
}

// Goal: one receipt has one text. Method: the same meaning, written otherwise.
TEST(Claim, RefusesOtherTextsOfTheSameMeaning) {
    const auto good = to_json(samples::claims()[0]);
    const std::vector<std::string> cases = {
        good.substr(0, good.size() - 1),
        good + "\n",
        replaced(good, "\"seal\":", "\"seal\": "),
        replaced(good, "\"consent\":null", "\"consent\":null,\"note\":1"),
        replaced(good, "\"consent\":null", "\"consent\":null,\"consent\":null"),
        replaced(good, "\"history_index\":41", "\"history_index\":4.1e1"),
        replaced(good, "\"envelope\"", "\"\\u0065nvelope\""),
        replaced(replaced(good, "\"kind\":\"transaction\",", ""),
                 "\"seal\":", "\"kind\":\"transaction\",\"seal\":"),
    };
    for (const auto& text : cases) EXPECT_FALSE(claim_from_json(text)) << text;
}

TEST(Claim, RefusesCompactBytesOutOfForm) {
    for (const auto& claim : samples::claims()) {
        const auto good = encode_plain(claim);
        auto bare = claim;
        bare.checkpoint.reset();  // the last field, which may be missing
        for (std::size_t size = 0; size < good.size(); size += base::testing::stride) {
            if (size == encode_plain(bare).size()) continue;
            EXPECT_FALSE(decode_claim(base::ByteView(good).first(size))) << size;
        }
        auto more = good;
        more.insert(more.end(), {0xa0, 0x06, 0x01});  // field 100
        EXPECT_EQ(decode_claim(more).error().code, base::ErrorCode::not_canonical);
        auto other_version = good;
        other_version[1] = 3;
        EXPECT_THAT(decode_claim(other_version).error().detail, HasSubstr("version"));
        const auto packed = encode(claim);
        for (std::size_t size = 0; size < packed.size(); size += base::testing::stride) {
            if (size == encode(bare).size()) continue;
            EXPECT_FALSE(decode_claim(base::ByteView(packed).first(size))) << size;
        }
    }
    EXPECT_EQ(decode_claim(base::Bytes(65'537)).error().code, base::ErrorCode::too_large);
    EXPECT_EQ(claim_from_json(std::string(65'537, ' ')).error().code, base::ErrorCode::too_large);
}

TEST(Claim, HoldsToItsBoundsInBothForms) {
    auto many_signers = samples::proven_transaction();
    many_signers.signers.resize(5, many_signers.signers[0]);
    auto long_path = samples::proven_transaction();
    long_path.history_path.resize(65);
    auto steep = samples::proven_transaction();
    steep.signers[0].steps.resize(257);
    auto far = samples::proven_transaction();
    far.history_index = 1ULL << 53;
    for (const auto& fact : {many_signers, long_path, steep, far}) {
        EXPECT_FALSE(claim_from_json(to_json(samples::claim(fact))));
        EXPECT_FALSE(decode_claim(encode(samples::claim(fact))));
        EXPECT_FALSE(decode_claim(encode_plain(samples::claim(fact))));
    }
    const auto none = to_json(samples::claims()[2]);
    std::string readers;
    for (int i = 0; i < 17; ++i) {
        readers += std::string(i == 0 ? "" : ",") +
                   R"({"id":"MDEyMzQ1Njc4OTo7PD0-Pw","absence":null,"record":null})";
    }
    const auto at = none.find("\"readers\":[") + 11;
    const auto end = none.find("],\"checkpoint\"");
    const auto crowd = none.substr(0, at) + readers + none.substr(end);
    EXPECT_THAT(claim_from_json(crowd).error().detail, HasSubstr("'readers'"));
}

// Source of the vectors: RFC 9285 section 4.
TEST(Base45, IsThatOfTheRfc) {
    using internal::from_base45;
    using internal::to_base45;
    const std::vector<std::pair<std::string_view, std::string_view>> vectors = {
        {"", ""},
        {"AB", "BB8"},
        {"Hello!!", "%69 VD92EX0"},
        {"base-45", "UJCLQE7W581"},
        {"ietf!", "QED8WEX0"}};
    for (const auto& [plain, text] : vectors) {
        EXPECT_EQ(to_base45(base::as_bytes(plain)), text);
        EXPECT_EQ(from_base45(text), bytes_of(plain));
    }
    for (const auto* bad : {"A", "BB8A", ":::", "GGW", "::", "6:", "bb8", "B_8"}) {
        EXPECT_FALSE(from_base45(bad)) << bad;
    }
    EXPECT_EQ(from_base45("FGW"), (base::Bytes{0xff, 0xff}));
}

TEST(Claim, RefusesATextThatIsNoQrText) {
    const auto text = to_text(samples::claims()[1]);
    EXPECT_EQ(text.substr(0, 6), "SALUS:");
    EXPECT_EQ(text.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"),
              std::string::npos);
    for (const auto& bad : {text.substr(1), text + "0", "SALUS:" + text.substr(7),
                            std::string("SALUS:"), std::string("SALUS:lower")}) {
        EXPECT_FALSE(claim_from_text(bad)) << bad.substr(0, 20);
    }
}

/// In the version that begins with this byte.
base::Bytes encoded_again(const Claim& claim, std::uint8_t first) {
    if (first == 4) return encode(claim);
    return first == 3 ? encode_packed(claim) : encode_plain(claim);
}

TEST(Claim, TenThousandMutationsNeverCrashNorDrift) {
    int accepted = 0;
    for (const auto& claim : samples::claims()) {
        const auto json = samples::try_mutations(
            bytes_of(to_json(claim)), 31, [&](base::ByteView bytes) -> std::optional<base::Bytes> {
                const auto decoded = claim_from_json(base::as_text(bytes));
                if (!decoded) return std::nullopt;
                return bytes_of(to_json(*decoded));
            });
        EXPECT_EQ(json.drifted, 0);
        const auto compact = samples::try_mutations(
            encode(claim), 32, [&](base::ByteView bytes) -> std::optional<base::Bytes> {
                const auto decoded = decode_claim(bytes);
                if (!decoded) return std::nullopt;
                return encoded_again(*decoded, bytes.front());
            });
        EXPECT_EQ(compact.drifted, 0);
        const auto plain = samples::try_mutations(
            encode_plain(claim), 33, [&](base::ByteView bytes) -> std::optional<base::Bytes> {
                const auto decoded = decode_claim(bytes);
                if (!decoded) return std::nullopt;
                return encoded_again(*decoded, bytes.front());
            });
        EXPECT_EQ(plain.drifted, 0);
        accepted += json.accepted + compact.accepted + plain.accepted;
    }
    EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace wire
