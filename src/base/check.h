// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace base {
/// Prints the broken condition and ends the process. Stopping beats signing a wrong block.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}  // namespace base

/// For errors of the programmer, never for input. On in production too.
#define CHECK(condition) \
    ((condition) ? static_cast<void>(0) : ::base::check_failed(#condition, __FILE__, __LINE__))
