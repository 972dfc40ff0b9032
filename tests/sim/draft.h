// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "keys.h"
#include "wire/ids.h"
#include "wire/transaction.h"

namespace sim {

/// Somebody of the simulated hospital, with the key that is in use now.
struct Person {
    wire::LedgerId id;
    wire::Role role{};
    std::size_t key = 0;  ///< Index in the KeyRing.
};

/// One signature of a transaction: who, and under which key.
struct Hand {
    wire::LedgerId id;
    std::size_t key = 0;                   ///< Index in the KeyRing.
    bool spoiled = false;                  ///< A bit of the signature is flipped.
    wire::PublicKeyBytes public_key = {};  ///< Of `key`; the notary sets it.
};

/// A transaction together with what its author knows of it, so that the model can judge it without
/// parsing anything.
struct Draft {
    wire::TransactionBody body;
    std::vector<Hand> hands;
    base::Bytes envelope;
    wire::TxId id;
    wire::Hash256 ref;  ///< body_ref.
    /// Bytes of the envelope were altered: whatever refuses it is right.
    bool damaged = false;
    /// Of evidence: the key that both seals were made with.
    wire::PublicKeyBytes sealed_under = {};
    bool bad_key = false;  ///< It names a public key that is no point of the curve.
};
using DraftPtr = std::shared_ptr<const Draft>;

/// Signs for everybody.
class Notary {
public:
    /// Borrows `ring`.
    Notary(const KeyRing& ring, Signing signing) : ring_(ring), signing_(signing) {}

    [[nodiscard]] Draft sign(wire::TransactionBody body, std::vector<Hand> hands) const;
    /// All bodies under one signature a hand.
    [[nodiscard]] std::vector<Draft> sign_batch(const std::vector<wire::TransactionBody>& bodies,
                                                std::vector<Hand> hands) const;
    [[nodiscard]] wire::SignatureBytes sign_bytes(std::size_t key, base::ByteView message) const {
        return ring_.sign(key, signing_, message);
    }
    [[nodiscard]] const KeyRing& ring() const { return ring_; }
    [[nodiscard]] Signing signing() const { return signing_; }

private:
    [[nodiscard]] wire::Signature signature(Hand& hand, base::ByteView message) const;
    const KeyRing& ring_;
    Signing signing_;
};

}  // namespace sim
