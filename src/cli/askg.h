// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cli {

/// `salus askg ...`: the trusted key generator of a data folder, offline. The command that was
/// asked for is put into `chosen`, which returns the exit code.
void add_askg(CLI::App& app, std::function<int()>& chosen);

}  // namespace cli
