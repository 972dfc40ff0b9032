// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>

#include "base/error.h"
#include "cli/data_folder.h"

namespace cli {

/// What a run came to: the devices' and the node's own figures, and the chain verified anew.
/// Members: DESIGN's list, in docs/formats/summary.md. Errors: those of reading the parts.
[[nodiscard]] base::Result<boost::json::object> summarise(const DataFolder& folder);
/// A few lines for people.
void print_summary(const boost::json::object& summary);

}  // namespace cli
