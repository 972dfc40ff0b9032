// SPDX-License-Identifier: Apache-2.0
#include "state/entry.h"

#include "state/keys.h"
#include "state/proof.h"

namespace state {

Position position_of(const Entry& entry) {
    if (!entry.patient) return {.main = path_of(entry.key), .own = std::nullopt};
    return {.main = path_of(patient_of(*entry.patient)), .own = path_of(entry.key)};
}

}  // namespace state
