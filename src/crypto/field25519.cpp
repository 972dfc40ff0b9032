// SPDX-License-Identifier: Apache-2.0
#include "crypto/field25519.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "base/check.h"
#include "crypto/internal/openssl.h"

namespace crypto {
namespace {

/// Both wipe what they held.
using Number = std::unique_ptr<BIGNUM, internal::Free<BN_clear_free>>;
using Scratch = std::unique_ptr<BN_CTX, internal::Free<BN_CTX_free>>;

Number make_number() {
    Number number(BN_new());
    CHECK(number != nullptr);
    BN_set_flags(number.get(), BN_FLG_CONSTTIME);
    return number;
}

Number read_number(base::ByteView little_endian) {
    Number number = make_number();
    CHECK(BN_lebin2bn(little_endian.data(), static_cast<int>(little_endian.size()), number.get()) !=
          nullptr);
    return number;
}

Scratch make_scratch() {
    Scratch scratch(BN_CTX_new());
    CHECK(scratch != nullptr);
    return scratch;
}

/// 2^255 - 19, little-endian.
constexpr std::array<std::uint8_t, FieldElement::size_bytes> prime_bytes = [] {
    std::array<std::uint8_t, FieldElement::size_bytes> bytes{};
    bytes.fill(0xff);
    bytes.front() = 0xed;
    bytes.back() = 0x7f;
    return bytes;
}();

/// p and what Montgomery's product needs of it; made once, only read afterwards.
struct Prime {
    Prime() : p(read_number(prime_bytes)), exponent(read_number(prime_bytes)) {
        const Scratch scratch = make_scratch();
        CHECK(montgomery != nullptr);
        CHECK(BN_MONT_CTX_set(montgomery, p.get(), scratch.get()) == 1);
        CHECK(BN_sub_word(exponent.get(), 2) == 1);
    }
    Number p;
    Number exponent;  // p - 2
    BN_MONT_CTX* montgomery = BN_MONT_CTX_new();
};

const Prime& prime() {
    static const Prime* const made = new Prime;
    return *made;
}

/// a * b. Montgomery's product of a and b*R is a*b, so that only b is brought into that form.
void multiply(BIGNUM* out, const BIGNUM* a, const BIGNUM* b_in_montgomery_form, BN_CTX* scratch) {
    CHECK(BN_mod_mul_montgomery(out, a, b_in_montgomery_form, prime().montgomery, scratch) == 1);
}

Number montgomery_form(base::ByteView bytes, BN_CTX* scratch) {
    Number number = read_number(bytes);
    CHECK(BN_to_montgomery(number.get(), number.get(), prime().montgomery, scratch) == 1);
    return number;
}

void write_number(const BIGNUM* number, std::span<std::uint8_t> out) {
    CHECK(BN_bn2lebinpad(number, out.data(), static_cast<int>(out.size())) ==
          static_cast<int>(out.size()));
}

/// Constant time: the borrow out of `bytes` - p says which is smaller.
bool below_prime(base::ByteView bytes) {
    unsigned borrow = 0;
    for (std::size_t i = 0; i < FieldElement::size_bytes; ++i) {
        borrow = ((unsigned{bytes[i]} - prime_bytes[i] - borrow) >> 8U) & 1U;
    }
    return borrow == 1;
}

}  // namespace

FieldElement::~FieldElement() {
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

base::Result<FieldElement> FieldElement::decode(base::ByteView little_endian) {
    if (little_endian.size() != size_bytes || !below_prime(little_endian)) {
        return base::fail(base::ErrorCode::malformed,
                          "a field element is 32 bytes, little-endian, below 2^255 - 19");
    }
    FieldElement out;
    std::ranges::copy(little_endian, out.bytes_.begin());
    return out;
}

FieldElement FieldElement::reduce(const Digest64& digest) {
    // digest = c0 + c1 B + c2 B^2 + c3 B^3 with B = 2^128: a polynomial at B, whose coefficients
    // are below p.
    constexpr std::size_t limb_bytes = 16;
    std::array<FieldElement, sizeof(Digest64) / limb_bytes> limbs;
    for (std::size_t i = 0; i < limbs.size(); ++i) {
        std::copy_n(digest.begin() + static_cast<std::ptrdiff_t>(i * limb_bytes), limb_bytes,
                    limbs[i].bytes_.begin());
    }
    FieldElement b;
    b.bytes_[limb_bytes] = 1;
    return evaluate(limbs, b);
}

FieldElement FieldElement::draw(base::Random& random) {
    FieldElement out;
    do {
        random.fill(out.bytes_);
        out.bytes_.back() &= 0x7fU;
    } while (!below_prime(out.bytes_));
    return out;
}

FieldElement FieldElement::of(std::uint64_t small) {
    FieldElement out;
    for (std::size_t i = 0; i < sizeof small; ++i) {
        out.bytes_[i] = static_cast<std::uint8_t>(small >> (8 * i));
    }
    return out;
}

bool FieldElement::is_zero() const {
    return *this == FieldElement{};
}

bool operator==(const FieldElement& a, const FieldElement& b) {
    return equal_constant_time(a.bytes_, b.bytes_);
}

FieldElement operator+(const FieldElement& a, const FieldElement& b) {
    const Number left = read_number(a.bytes_);
    const Number right = read_number(b.bytes_);
    CHECK(BN_mod_add_quick(left.get(), left.get(), right.get(), prime().p.get()) == 1);
    FieldElement out;
    write_number(left.get(), out.bytes_);
    return out;
}

FieldElement operator-(const FieldElement& a, const FieldElement& b) {
    // a + (p-1) b: OpenSSL's own subtraction asks which of the two is larger.
    FieldElement minus_one;
    minus_one.bytes_ = prime_bytes;
    --minus_one.bytes_.front();
    return a + minus_one * b;
}

FieldElement operator*(const FieldElement& a, const FieldElement& b) {
    const Scratch scratch = make_scratch();
    const Number product = read_number(a.bytes_);
    const Number factor = montgomery_form(b.bytes_, scratch.get());
    multiply(product.get(), product.get(), factor.get(), scratch.get());
    FieldElement out;
    write_number(product.get(), out.bytes_);
    return out;
}

FieldElement FieldElement::inverse() const {
    const Scratch scratch = make_scratch();
    const Number base = read_number(bytes_);
    const Number power = make_number();
    CHECK(BN_mod_exp_mont_consttime(power.get(), base.get(), prime().exponent.get(),
                                    prime().p.get(), scratch.get(), prime().montgomery) == 1);
    FieldElement out;
    write_number(power.get(), out.bytes_);
    return out;
}

// Source: docs/protocol.md 2.1. c0 + x (c1 + x (c2 + ...)).
FieldElement FieldElement::evaluate(std::span<const FieldElement> coefficients,
                                    const FieldElement& x) {
    CHECK(!coefficients.empty());
    const Scratch scratch = make_scratch();
    const Number factor = montgomery_form(x.bytes_, scratch.get());
    const Number sum = read_number(coefficients.back().bytes_);
    for (std::size_t i = coefficients.size() - 1; i > 0; --i) {
        multiply(sum.get(), sum.get(), factor.get(), scratch.get());
        const Number next = read_number(coefficients[i - 1].bytes_);
        CHECK(BN_mod_add_quick(sum.get(), sum.get(), next.get(), prime().p.get()) == 1);
    }
    FieldElement out;
    write_number(sum.get(), out.bytes_);
    return out;
}

}  // namespace crypto
