// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "coap/address.h"
#include "coap/bounds.h"
#include "coap/device_path.h"

namespace coap {

/// What happened since the start.
struct Counts {
    std::uint64_t frames_up = 0;    ///< Handed on.
    std::uint64_t frames_down = 0;  ///< As answers or notifications.
    /// What was dropped or refused, by reason: "bad_path", "bad_request", "backlog", "full",
    /// "incomplete", "malformed", "not_observed", "observer_lost", "too_fast", "too_large".
    std::map<std::string, std::uint64_t> refusals;
};

/// A CoAP server on one UDP port (RFC 7252): the side of the PDAs. A device observes its resource
/// (RFC 7641) and posts frames to it. What is sent while its frame is handled is the response; what
/// is sent later are confirmable notifications, a frame each.
///
/// It vouches for nobody: a datagram says who sent it, and may lie. So a response goes to who asked
/// and is no longer than the question made it, and everything kept for somebody is bounded. A
/// device that nobody knows is treated as any other; what is in its frames decides. One thread.
class Server {
public:
    /// A frame that came in whole. The view is valid until it returns.
    using Handler = std::function<void(const DevicePath&, base::ByteView)>;

    /// Errors: `unavailable` where the port cannot be had or CoAP is not in this build.
    [[nodiscard]] static base::Result<std::unique_ptr<Server>> listen(const Address& address,
                                                                      const Limits& limits,
                                                                      const Timing& timing);
    ~Server();
    void set_handler(Handler handler);

    /// Readable when `process` has something to do.
    [[nodiscard]] int descriptor() const;
    /// Sends what is due, and says how long nothing else is; at most a second.
    [[nodiscard]] std::chrono::milliseconds prepare();
    /// Receives, and calls the handler. Never waits.
    void process();

    /// False where nobody observes the device. True: it is on its way, or was dropped and counted
    /// since it is larger than `block_bytes` or its observer gives no sign of life; a carrier may
    /// lose.
    bool send(const DevicePath& path, base::Bytes frame);
    /// Nobody observes this device any more.
    void forget(const DevicePath& path);

    [[nodiscard]] std::size_t observations() const;
    [[nodiscard]] Counts counts() const;

private:
    struct State;
    explicit Server(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace coap
