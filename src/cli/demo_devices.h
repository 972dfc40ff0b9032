// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "base/error.h"
#include "cli/demo.h"
#include "cli/demo_cast.h"
#include "cli/enrolment.h"
#include "device/reading_source.h"

namespace cli {

/// A patient of the demo: simulated, or played back from a recording.
struct DemoPatient {
    CastMember person;
    std::filesystem::path recording;  ///< Empty: simulated.
    /// Those of the paper's table, or those the recording was made by.
    std::vector<device::DevicePlan> devices;
};
/// The patients that `setup` asks for. Errors: those of reading recordings; `not_found` if the
/// folder holds none.
[[nodiscard]] base::Result<std::vector<DemoPatient>> demo_patients(const DemoSetup& setup);

/// Enrols a PDA for each patient and the patient's devices, with keys drawn here, and writes the
/// fleet's own file. `ids`: the patients' LedgerIds, in order. The caller commits.
[[nodiscard]] base::Result<void> enrol_devices(const std::vector<DemoPatient>& patients,
                                               const std::vector<wire::LedgerId>& ids,
                                               std::uint64_t seed, const Enrolment::Parts& parts,
                                               Enrolment& enrolment);

}  // namespace cli
