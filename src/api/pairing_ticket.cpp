// SPDX-License-Identifier: Apache-2.0
#include "api/pairing_ticket.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ranges>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/hkdf.h"

namespace api {
namespace {

using base::ErrorCode;
/// Crockford's: without I, L, O and U, which are misread or spell words.
constexpr std::string_view letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr unsigned letter_bits = 5;
constexpr std::size_t code_letters = 28;  // 140 bits: the secret's 128 and 12 to check them
constexpr std::size_t group_letters = 4;
constexpr std::size_t check_bits = 12;
constexpr std::string_view text_prefix = "SALUS:PAIR:1:";
constexpr std::string_view scheme = "HTTP://";

/// The first 12 bits of a hash of the secret.
unsigned check_of(const TicketSecret& secret) {
    const auto digest = crypto::sha256({base::as_bytes("salus ticket check"), secret.view()});
    return static_cast<unsigned>(digest[0]) << 4U | digest[1] >> 4U;
}

std::optional<unsigned> value_of(char letter) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
    if (letter == 'O') letter = '0';
    if (letter == 'I' || letter == 'L') letter = '1';
    const auto at = letters.find(letter);
    if (at == letters.npos) return std::nullopt;
    return static_cast<unsigned>(at);
}

/// The letters' values; empty unless there are just 28.
base::Bytes values_of(std::string_view code) {
    base::Bytes out;
    for (const char c : code) {
        if (c == '-' || c == ' ') continue;
        const auto value = value_of(c);
        if (!value || out.size() == code_letters) return {};
        out.push_back(static_cast<std::uint8_t>(*value));
    }
    if (out.size() != code_letters) out.clear();
    return out;
}

crypto::Secret32 request_key(const TicketSecret& secret) {
    const auto prk = crypto::hkdf_extract({}, secret.view());
    return crypto::hkdf_expand<32>(prk.view(), {base::as_bytes("salus pair request")});
}

/// Both public keys are in the key: the answer is one to this device alone.
crypto::Secret32 answer_key(const TicketSecret& secret, const crypto::Secret32& agreed,
                            base::ByteView node, base::ByteView device) {
    const auto prk = crypto::hkdf_extract(secret.view(), agreed.view());
    return crypto::hkdf_expand<32>(prk.view(), {base::as_bytes("salus pair answer"), node, device});
}

std::string upper(std::string text) {
    for (char& c : text) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
}
std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

}  // namespace

TicketId id_of(const TicketSecret& secret) {
    const auto mac = crypto::hmac_sha512(secret.view(), base::as_bytes("salus ticket id"));
    TicketId id;
    std::copy_n(mac.begin(), id.bytes.size(), id.bytes.begin());
    return id;
}

std::string code_of(const TicketSecret& secret) {
    std::string out;
    unsigned bits = 0;
    unsigned pending = 0;
    const auto put = [&](unsigned value, unsigned width) {
        bits = bits << width | value;
        pending += width;
        while (pending >= letter_bits) {
            pending -= letter_bits;
            if (out.size() % (group_letters + 1) == group_letters) out += '-';
            out += letters[bits >> pending & 31U];
            bits &= (1U << pending) - 1U;
        }
    };
    for (const auto byte : secret.view()) put(byte, 8);
    put(check_of(secret), check_bits);
    return out;
}

base::Result<TicketSecret> secret_of_code(std::string_view code) {
    auto values = values_of(code);
    if (values.empty()) {
        return base::fail(ErrorCode::malformed,
                          "a pairing code has 28 letters and digits, in groups of four");
    }
    TicketSecret secret;
    const auto bytes = secret.writable();
    std::size_t filled = 0;
    unsigned bits = 0;
    unsigned pending = 0;
    for (const auto value : values) {
        bits = bits << letter_bits | value;
        pending += letter_bits;
        if (pending >= 8 && filled < bytes.size()) {
            pending -= 8;
            bytes[filled++] = static_cast<std::uint8_t>(bits >> pending);
            bits &= (1U << pending) - 1U;
        }
    }
    crypto::wipe(values);
    if (bits != check_of(secret)) {
        return base::fail(ErrorCode::malformed,
                          "the pairing code has a typing error; compare it letter by letter");
    }
    return secret;
}

std::string text_of(const PairingTicket& ticket) {
    auto code = code_of(ticket.secret);
    std::erase(code, '-');
    return fmt::format("{}{}:{}:{}", text_prefix, code, base::to_unix_ms(ticket.until) / 1000,
                       upper(ticket.address));
}

base::Result<PairingTicket> ticket_of_text(std::string_view text) {
    const auto wrong = [] {
        return base::fail(ErrorCode::malformed, "this is no pairing ticket of Salus");
    };
    if (!text.starts_with(text_prefix)) return wrong();
    text.remove_prefix(text_prefix.size());
    const auto code_end = text.find(':');
    if (code_end == text.npos) return wrong();
    auto secret = secret_of_code(text.substr(0, code_end));
    if (!secret) return base::pass(secret);
    text.remove_prefix(code_end + 1);
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    constexpr std::int64_t seconds_max = 1'000'000'000'000;
    if (error != std::errc{} || seconds < 0 || seconds > seconds_max || !text.starts_with(':')) {
        return wrong();
    }
    text.remove_prefix(1);
    if (!text.starts_with(scheme) || text.size() == scheme.size()) return wrong();
    return PairingTicket{.secret = *std::move(secret),
                         .until = base::from_unix_ms(seconds * 1000),
                         .address = lower(text)};
}

base::Bytes seal_request(const TicketSecret& secret, base::ByteView request, base::Random& random) {
    crypto::Aes256Gcm::Nonce nonce{};
    random.fill(nonce);
    base::Bytes out(nonce.begin(), nonce.end());
    const auto id = id_of(secret);
    crypto::Aes256Gcm aead(request_key(secret).view());
    base::append(out, aead.seal(nonce, id.view(), request));
    return out;
}

base::Result<base::Bytes> open_request(const TicketSecret& secret, base::ByteView sealed) {
    crypto::Aes256Gcm::Nonce nonce{};
    if (sealed.size() < nonce.size() + crypto::Aes256Gcm::tag_bytes) {
        return base::fail(ErrorCode::bad_signature, "the request is cut short");
    }
    std::ranges::copy(sealed.first(nonce.size()), nonce.begin());
    const auto id = id_of(secret);
    return crypto::Aes256Gcm(request_key(secret).view())
        .open(nonce, id.view(), sealed.subspan(nonce.size()));
}

std::optional<base::Bytes> seal_answer(const TicketSecret& secret,
                                       const crypto::X25519PublicKeyBytes& device,
                                       base::ByteView answer, base::Random& random) {
    const auto ephemeral = crypto::X25519PrivateKey::draw(random);
    const auto agreed = ephemeral.agree(device);
    if (!agreed) return std::nullopt;
    const auto& node = ephemeral.public_key();
    base::Bytes out(node.begin(), node.end());
    const auto id = id_of(secret);
    // The key is used once, so the nonce may be a constant.
    base::append(out, crypto::Aes256Gcm(answer_key(secret, *agreed, node, device).view())
                          .seal(crypto::nonce_of(0), id.view(), answer));
    return out;
}

base::Result<base::Bytes> open_answer(const TicketSecret& secret,
                                      const crypto::X25519PrivateKey& device,
                                      base::ByteView sealed) {
    crypto::X25519PublicKeyBytes node{};
    if (sealed.size() < node.size() + crypto::Aes256Gcm::tag_bytes) {
        return base::fail(ErrorCode::bad_signature, "the answer is cut short");
    }
    std::ranges::copy(sealed.first(node.size()), node.begin());
    const auto agreed = device.agree(node);
    if (!agreed) return base::fail(ErrorCode::bad_signature, "the answer's key is no key");
    const auto id = id_of(secret);
    const auto key = answer_key(secret, *agreed, node, device.public_key());
    return crypto::Aes256Gcm(key.view())
        .open(crypto::nonce_of(0), id.view(), sealed.subspan(node.size()));
}

}  // namespace api
