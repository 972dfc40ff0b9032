// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "attack/user_live.h"

/// The WebSocket of a node on this machine, at /api/v1/agreement: docs/formats/http-api.md. One
/// thread.
class WebWay final : public attack::UserWay {
public:
    explicit WebWay(std::uint16_t port);
    ~WebWay() override;
    WebWay(const WebWay&) = delete;
    WebWay& operator=(const WebWay&) = delete;

    [[nodiscard]] base::Result<void> connect() override;
    bool send(base::ByteView frame) override;
    [[nodiscard]] std::optional<base::Bytes> receive(std::chrono::milliseconds patience) override;

private:
    class Connection;
    std::uint16_t port_;
    std::unique_ptr<Connection> connection_;
};
