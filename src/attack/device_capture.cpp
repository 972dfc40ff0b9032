// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "askg/polynomial.h"
#include "attack/interpolation.h"
#include "attack/rows.h"
#include "attack/world.h"
#include "base/check.h"

namespace attack {
namespace {

using askg::SymmetricPolynomial;
using crypto::FieldElement;

/// chi'(x, y) = chi(x, y) + c prod(x - x_i) prod(y - x_i), with the c that gives the pair (a, b)
/// the key `wanted`: of the same form and degree as chi, and with the captured shares the same.
struct Another {
    const std::vector<Captured>& captured;
    const FieldElement& a;
    const FieldElement& b;
    FieldElement factor;

    [[nodiscard]] FieldElement product(const FieldElement& x) const {
        auto out = FieldElement::of(1);
        for (const auto& one : captured) out = out * (x - one.x);
        return out;
    }
    /// What is added to the share of `x`, at `y`.
    [[nodiscard]] FieldElement added(const FieldElement& x, const FieldElement& y) const {
        return factor * product(x) * product(y);
    }
};

Another another_with(const std::vector<Captured>& captured, const FieldElement& a,
                     const FieldElement& b, const FieldElement& difference) {
    Another out{captured, a, b, FieldElement::of(1)};
    out.factor = difference * (out.product(a) * out.product(b)).inverse();
    return out;
}

struct Capture {
    bool any_key_fits = true;    ///< t shares: every key of the pair is as good as the true one.
    bool guess_fails = true;     ///< Interpolating t shares gives another key.
    bool one_more_tells = true;  ///< t + 1 shares: recovered, so the bound is where it is said.
};

Capture capture(base::Random& random) {
    const auto chi = SymmetricPolynomial::draw(random);
    const auto a = FieldElement::draw(random), b = FieldElement::draw(random);
    const auto key = chi.share_of(a).at(b);
    std::vector<Captured> captured;
    while (captured.size() < askg::collusion_bound) {
        auto x = FieldElement::draw(random);
        const auto share = chi.share_of(x);
        captured.push_back({x, {share.coefficients().begin(), share.coefficients().end()}});
    }
    Capture out;
    for (int i = 0; i < 8; ++i) {
        const auto wanted = FieldElement::draw(random);
        const auto other = another_with(captured, a, b, wanted - key);
        out.any_key_fits &=
            key + other.added(a, b) == wanted && other.added(a, b) == other.added(b, a);
        for (const auto& one : captured) {
            const auto y = FieldElement::draw(random);
            out.any_key_fits &= other.added(one.x, y).is_zero();
        }
    }
    out.guess_fails = !(FieldElement::evaluate(interpolate(captured, a), b) == key);
    auto x = FieldElement::draw(random);
    const auto share = chi.share_of(x);
    captured.push_back({x, {share.coefficients().begin(), share.coefficients().end()}});
    out.one_more_tells = FieldElement::evaluate(interpolate(captured, a), b) == key;
    return out;
}

/// Enrols devices of one patient until the key generator refuses. Returns how many shares it gave
/// in all, and whether the refusal was the bound's.
std::pair<std::uint32_t, bool> fill_domain(World& world) {
    const auto pda = base::draw<wire::DeviceId>(world.random);
    CHECK(
        world.askg
            ->enrol_pda({.patient = world.other_patient,
                         .id = pda,
                         .static_public = crypto::X25519PrivateKey::draw(world.random).public_key(),
                         .token_verifier = Secret32::draw(world.random),
                         .suite = keyagreement::Suite::chacha20_poly1305})
            .has_value());
    while (true) {
        const auto key = crypto::X25519PrivateKey::draw(world.random);
        const auto enrolled =
            world.askg->enrol_device({.patient = world.other_patient,
                                      .id = base::draw<wire::DeviceId>(world.random),
                                      .pda = pda,
                                      .static_public = key.public_key(),
                                      .token_verifier = std::nullopt,
                                      .clockless = false});
        if (enrolled) continue;
        const auto domain = world.askg->domain(world.other_patient);
        return {domain ? domain->issued : 0,
                askg::protocol_word(enrolled.error().code) == "E_DOMAIN_FULL"};
    }
}

}  // namespace

Verdict device_capture(base::Random& random) {
    const auto found = capture(random);
    World world(random);
    const auto [issued, refused] = fill_domain(world);
    const bool bounded = refused && issued <= askg::collusion_bound;
    return {
        found.any_key_fits && found.guess_fails && found.one_more_tells && bounded,
        fmt::format("{} shares fitted every key of another pair {}, {} shares recovered it; the "
                    "key generator gave {} shares of a polynomial and refused the next.",
                    askg::collusion_bound, found.any_key_fits ? "alike" : "NOT alike",
                    askg::collusion_bound + 1, issued)};
}

}  // namespace attack
