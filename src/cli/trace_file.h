// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>

#include "base/error.h"
#include "device/device_session.h"

namespace cli {

/// Writes a line for each frame sealed and each batch kept or acknowledged, so that a test can hold
/// what a device was promised against what is on disk: "sealed DEVICE SESSION SEQUENCE COUNTER",
/// "kept DEVICE COUNTER", "acknowledged DEVICE COUNTER". Each line leaves the process before the
/// call returns.
class TraceFile final : public device::SessionObserver {
public:
    /// Nothing for an empty path. Errors: `unavailable`.
    [[nodiscard]] static base::Result<std::unique_ptr<TraceFile>> open(
        const std::filesystem::path& file);
    ~TraceFile() override;
    TraceFile(const TraceFile&) = delete;
    TraceFile& operator=(const TraceFile&) = delete;

    void on_sealed(const wire::DeviceId& device, const keyagreement::Sid& session,
                   std::uint64_t sequence, std::uint64_t counter) override;
    void on_kept(const wire::DeviceId& device, std::uint64_t counter) override;
    void on_acknowledged(const wire::DeviceId& device, std::uint64_t counter) override;

private:
    explicit TraceFile(std::FILE* file) : file_(file) {}
    std::FILE* file_;
};

}  // namespace cli
