// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "keys.h"
#include "trace.h"

namespace sim {

/// Plays the script at `path` (scenario.cpp says what one can say). Throws Violation, naming the
/// line, where something is not as the script or a checker expects.
void play_scenario(const std::string& path, const KeyRing& ring, Trace& trace);

}  // namespace sim
