// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "wire/ids.h"
#include "wire/receipt.h"

namespace state {

/// The shape of the state tree, that of ICS-23's `SmtSpec`, path-compressed.
///
/// path  = SHA-256(key); bit 0 is the highest bit of its first byte
/// leaf  = SHA-256(0x00 | path | SHA-256(value))
/// inner = SHA-256(bit + 1 | left | right): all paths below agree before `bit` and part there,
/// those
///         with a 0 to the left. It exists only where both sides are filled.
/// The byte for the bit is what makes a misplaced leaf show: without it the same hashes could be
/// read as a tree of another shape, and one leaf prove existence and absence. 255 + 1 does not fit
/// a byte: two keys whose SHA-256 agree in 255 bits are not expected to be found by anybody.
[[nodiscard]] wire::Hash256 path_of(base::ByteView key);
[[nodiscard]] wire::Hash256 leaf_hash(const wire::Hash256& path, base::ByteView value);
/// CHECKs that `bit` < 255.
[[nodiscard]] wire::Hash256 inner_hash(unsigned bit, const wire::Hash256& left,
                                       const wire::Hash256& right);
/// 0 or 1. `bit` < 256.
[[nodiscard]] inline unsigned bit_of(const wire::Hash256& path, unsigned bit) {
    return path.bytes[bit / 8] >> (7 - bit % 8) & 1U;
}

/// The leaf that the absent key's bits lead to, with another key: were the key present, its leaf
/// would stand on this way.
struct AbsenceProof {
    wire::StateProof reached;
    friend bool operator==(const AbsenceProof&, const AbsenceProof&) = default;
};

/// Errors: `malformed` naming the step, unless `proof.steps` fall in `bit` from leaf to root;
/// `wrong_root` unless they lead, with the turns of the key's own bits, from its leaf to `root`.
[[nodiscard]] base::Result<void> verify_existence(const wire::Hash256& root,
                                                  const wire::StateProof& proof);
/// Errors: `malformed` as above, or if the leaf reached is `key` itself or lies off the way that
/// the bits of `key` take.
[[nodiscard]] base::Result<void> verify_absence(const wire::Hash256& root, base::ByteView key,
                                                const AbsenceProof& absence);

}  // namespace state
