// SPDX-License-Identifier: Apache-2.0
#include "cli/trace_file.h"

#include <fmt/format.h>

namespace cli {

base::Result<std::unique_ptr<TraceFile>> TraceFile::open(const std::filesystem::path& file) {
    if (file.empty()) return std::unique_ptr<TraceFile>();
    std::FILE* const opened = std::fopen(file.c_str(), "a");
    if (opened == nullptr) {
        return base::fail(base::ErrorCode::unavailable,
                          fmt::format("cannot write the trace {}", file.string()));
    }
    std::setvbuf(opened, nullptr, _IOLBF, 4096);
    return std::unique_ptr<TraceFile>(new TraceFile(opened));
}

TraceFile::~TraceFile() {
    std::fclose(file_);
}

void TraceFile::on_sealed(const wire::DeviceId& device, const keyagreement::Sid& session,
                          std::uint64_t sequence, std::uint64_t counter) {
    fmt::print(file_, "sealed {} {} {} {}\n", base::to_hex(device.view()),
               base::to_hex(session.view()), sequence, counter);
}

void TraceFile::on_kept(const wire::DeviceId& device, std::uint64_t counter) {
    fmt::print(file_, "kept {} {}\n", base::to_hex(device.view()), counter);
}

void TraceFile::on_acknowledged(const wire::DeviceId& device, std::uint64_t counter) {
    fmt::print(file_, "acknowledged {} {}\n", base::to_hex(device.view()), counter);
}

}  // namespace cli
