// SPDX-License-Identifier: Apache-2.0
// Goal: a ticket survives being shown, scanned and typed; what is sealed under it opens for its
// holder alone. Method: secrets from a seed, and each way to get them wrong.
#include "api/pairing_ticket.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace api {
namespace {

class PairingTicketTest : public ::testing::Test {
protected:
    base::SeededRandom random{17};
    TicketSecret secret = TicketSecret::draw(random);
};

TEST_F(PairingTicketTest, ACodeIsSevenGroupsOfFourAndLeadsBackToTheSecret) {
    for (int i = 0; i < 200; ++i) {
        const auto drawn = TicketSecret::draw(random);
        const auto code = code_of(drawn);
        ASSERT_EQ(code.size(), 34U) << "28 letters and 6 dashes";
        EXPECT_EQ(std::ranges::count(code, '-'), 6);
        const auto back = secret_of_code(code);
        ASSERT_TRUE(back) << back.error().detail;
        EXPECT_TRUE(*back == drawn);
    }
}

TEST_F(PairingTicketTest, TheCodeOfAFixedSecretNeverChanges) {
    TicketSecret fixed;
    std::ranges::fill(fixed.writable(), std::uint8_t{0xA5});
    EXPECT_EQ(code_of(fixed), "MPJT-B9D5-MPJT-B9D5-MPJT-B9D5-MNS2");
}

TEST_F(PairingTicketTest, ACodeMayBeTypedInLowerCaseWithLettersThatLookAlike) {
    auto code = code_of(secret);
    std::erase(code, '-');
    for (char& c : code) {
        if (c == '0') c = 'o';
        if (c == '1') c = 'l';
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    const auto back = secret_of_code(" " + code + " ");
    ASSERT_TRUE(back) << back.error().detail;
    EXPECT_TRUE(*back == secret);
}

TEST_F(PairingTicketTest, OneWrongLetterIsNoticed) {
    const auto code = code_of(secret);
    unsigned taken = 0;
    unsigned tried = 0;
    for (std::size_t at = 0; at < code.size(); ++at) {
        for (const char letter : std::string_view("0123456789ABCDEFGHJKMNPQRSTVWXYZ")) {
            if (code[at] == '-' || code[at] == letter) continue;
            auto typed = code;
            typed[at] = letter;
            ++tried;
            if (secret_of_code(typed)) ++taken;
        }
    }
    EXPECT_EQ(tried, 28U * 31U);
    EXPECT_LE(taken, 3U) << "12 check bits let about one in 4096 pass";
}

TEST_F(PairingTicketTest, WhatIsNoCodeIsRefused) {
    const auto code = code_of(secret);
    for (const auto& typed :
         {std::string(), std::string("-"), code.substr(1), code + "0", "U" + code.substr(1),
          "\xC3\xA9" + code.substr(2), std::string(1'000'000, '0')}) {
        const auto read = secret_of_code(typed);
        ASSERT_FALSE(read) << typed.substr(0, 40);
        EXPECT_EQ(read.error().code, base::ErrorCode::malformed);
    }
}

TEST_F(PairingTicketTest, ATicketsTextHasOnlyLettersOfAQrCodesAlphanumericMode) {
    const PairingTicket ticket{.secret = secret.clone(),
                               .until = base::from_unix_ms(1'767'226'200'000),
                               .address = "http://127.0.0.1:8080"};
    const auto text = text_of(ticket);
    EXPECT_EQ(text.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"), text.npos)
        << text;
    const auto back = ticket_of_text(text);
    ASSERT_TRUE(back) << back.error().detail;
    EXPECT_TRUE(back->secret == secret);
    EXPECT_EQ(back->until, ticket.until);
    EXPECT_EQ(back->address, ticket.address);
}

TEST_F(PairingTicketTest, ATextThatIsNoTicketIsRefused) {
    const auto good = text_of({.secret = secret.clone(),
                               .until = base::from_unix_ms(1'767'226'200'000),
                               .address = "http://127.0.0.1:8080"});
    const auto with = [&](std::string_view from, std::string_view to) {
        auto text = good;
        return text.replace(text.find(from), from.size(), to);
    };
    for (const auto& text :
         {std::string(), std::string("SALUS:PAIR:1:"), with("PAIR:1", "PAIR:2"),
          with("SALUS", "salus"), with(":1767226200:", ":-1:"), with(":1767226200:", ":soon:"),
          with(":1767226200:", ":99999999999999999999:"), with("HTTP://127.0.0.1:8080", ""),
          with("HTTP://127.0.0.1:8080", "HTTP://"), with("HTTP:", "FTP:"), good.substr(1),
          with("1:", "1:0")}) {
        const auto read = ticket_of_text(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, base::ErrorCode::malformed) << text;
    }
}

TEST_F(PairingTicketTest, TheIdSaysNothingOfTheSecretAndIsItsOwn) {
    const auto other = TicketSecret::draw(random);
    EXPECT_NE(id_of(secret), id_of(other));
    EXPECT_EQ(id_of(secret), id_of(secret.clone()));
}

TEST_F(PairingTicketTest, ARequestOpensUnderItsTicketAlone) {
    const auto request = base::as_bytes("a request");
    auto sealed = seal_request(secret, request, random);
    const auto opened = open_request(secret, sealed);
    ASSERT_TRUE(opened);
    EXPECT_EQ(base::as_text(*opened), "a request");
    EXPECT_FALSE(open_request(TicketSecret::draw(random), sealed));
    EXPECT_NE(sealed, seal_request(secret, request, random)) << "each has a nonce of its own";
    for (auto& byte : sealed) {
        byte ^= 1U;
        EXPECT_FALSE(open_request(secret, sealed));
        byte ^= 1U;
    }
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        EXPECT_FALSE(open_request(secret, std::span(sealed).first(size))) << size;
    }
}

TEST_F(PairingTicketTest, AnAnswerOpensForTheDeviceThatAskedAlone) {
    const auto device = crypto::X25519PrivateKey::draw(random);
    auto sealed = seal_answer(secret, device.public_key(), base::as_bytes("keys"), random);
    ASSERT_TRUE(sealed);
    const auto opened = open_answer(secret, device, *sealed);
    ASSERT_TRUE(opened);
    EXPECT_EQ(base::as_text(*opened), "keys");
    const auto onlooker = crypto::X25519PrivateKey::draw(random);
    EXPECT_FALSE(open_answer(secret, onlooker, *sealed)) << "who saw the ticket, without the key";
    EXPECT_FALSE(open_answer(TicketSecret::draw(random), device, *sealed))
        << "a node that never showed the ticket";
    for (auto& byte : *sealed) {
        byte ^= 1U;
        EXPECT_FALSE(open_answer(secret, device, *sealed));
        byte ^= 1U;
    }
    for (std::size_t size = 0; size < sealed->size(); ++size) {
        EXPECT_FALSE(open_answer(secret, device, std::span(*sealed).first(size))) << size;
    }
}

TEST_F(PairingTicketTest, AKeyOfLowOrderGetsNoAnswer) {
    EXPECT_FALSE(seal_answer(secret, crypto::X25519PublicKeyBytes{}, {}, random));
}

}  // namespace
}  // namespace api
