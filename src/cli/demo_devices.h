// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "cli/data_folder.h"
#include "cli/demo.h"
#include "cli/demo_cast.h"
#include "device/reading_source.h"
#include "identity/directory.h"

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

struct EnrolDevices {  // all borrowed
    const DemoSetup& setup;
    identity::Directory& directory;
    base::Random& random;
};
/// Draws each device's id and keys, puts it into the directory and into the fleet's own file.
/// `ids`: the patients' LedgerIds, in order.
[[nodiscard]] base::Result<void> enrol_devices(const DataFolder& folder,
                                               const std::vector<DemoPatient>& patients,
                                               const std::vector<wire::LedgerId>& ids,
                                               const EnrolDevices& parts);

}  // namespace cli
