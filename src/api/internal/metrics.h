// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "api/api.h"

namespace api {

/// What Prometheus reads: counts and times, nothing of a person. Thread-safe.
class Metrics {
public:
    /// Borrows `parts`.
    explicit Metrics(const Api::Parts& parts);
    ~Metrics();
    void answered(std::string_view route, unsigned status, double seconds);
    /// The text exposition format.
    [[nodiscard]] std::string text() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace api
