// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>

#include "base/error.h"

namespace cli {

/// What the key generator's work costs, on one core.
struct EnrolmentBench {
    double device_us = 0;         ///< One device enrolled, sealed to the PDA, store in memory.
    double operations_us = 0;     ///< Its share, signatures and X25519 alone.
    double synced_device_us = 0;  ///< The same enrolment, on disk when it returns.
    double share_us = 0;          ///< 32 coefficients of chi(x, .).
    double pair_us = 0;           ///< phi at a device: one evaluation.
    double user_token_ms = 0;     ///< Argon2id and what follows: a guess costs as much.
    std::size_t members = 0;      ///< Of the folder that was opened.
    double open_ms = 0;           ///< Every member and entry read and checked.
    double provision_us = 0;      ///< A peer of a provision, sealed; of as many.
};
/// In `folder`, which is empty. Errors: those of the key generator.
[[nodiscard]] base::Result<EnrolmentBench> run_enrolment_bench(const std::filesystem::path& folder);

}  // namespace cli
