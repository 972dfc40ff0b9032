// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "attack/world.h"

namespace attack {

/// What an impostor has of the party it poses as; names and public keys it has anyway.
struct Loot {
    bool static_key = false;
    bool psk = false;
};

/// Goes through a handshake as the initiator of `line` as far as the responder lets it, with what
/// is in `known` and, where it is given, that initiator's static key. True if it got a session.
[[nodiscard]] bool completes(const World& world, const Line& line, Known known,
                             const std::optional<crypto::X25519PrivateKey>& own);

/// Whether the responder of `line` took somebody with this loot for the initiator: a session.
[[nodiscard]] bool poses_as_initiator(const World& world, const Line& line, const Loot& loot);
/// The same with this pre-shared key, where `loot` has it.
[[nodiscard]] bool poses_as_initiator(const World& world, const Line& line, const Loot& loot,
                                      const Secret32& psk);
/// Whether the initiator of `line` took somebody with this loot for `station`: it sent its MSG3.
[[nodiscard]] bool poses_as_responder(const World& world, const Line& line, const Station& station,
                                      const Loot& loot);
[[nodiscard]] bool poses_as_responder(const World& world, const Line& line, const Station& station,
                                      const Loot& loot, const Secret32& psk);

/// Whether somebody also has the static key of the party that it poses as.
enum class Own : std::uint8_t { missing, known };
/// Key compromise: who has every secret of one end poses as the other end to it.
[[nodiscard]] bool poses_as_initiator_to_robbed(const World& world, const Line& line,
                                                const Station& robbed, Own own);
[[nodiscard]] bool poses_as_responder_to_robbed(const World& world, const Line& robbed, Own own);

}  // namespace attack
