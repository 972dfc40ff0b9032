// SPDX-License-Identifier: Apache-2.0
#include "attack/attack.h"

#include <algorithm>

#include "attack/rows.h"

namespace attack {
namespace {

constexpr Attack attacks[] = {
    {"replay", true, "replay of recorded messages", replay},
    {"man_in_the_middle", true, "man in the middle", man_in_the_middle},
    {"impersonation", true, "impersonation of device, PDA, server or user", impersonation},
    {"ephemeral_leak", true, "ephemeral secrets leak", ephemeral_leak},
    {"insider", true, "insider at the key generator or a server", insider},
    {"device_capture", true, "captured devices", device_capture},
    {"stolen_verifier", false, "stolen table of a server", stolen_verifier},
    {"offline_guessing", false, "offline guessing of a biometric", offline_guessing},
    {"desynchronisation", false, "desynchronisation", desynchronisation},
    {"flooding", false, "flooding", flooding},
    {"traceability", false, "linking of handshakes", traceability},
    {"key_compromise", false, "impersonation to whose key is known", key_compromise},
};

}  // namespace

std::span<const Attack> all_attacks() {
    return attacks;
}

const Attack* find_attack(std::string_view name) {
    const auto* found = std::ranges::find(attacks, name, &Attack::name);
    return found == std::end(attacks) ? nullptr : found;
}

}  // namespace attack
