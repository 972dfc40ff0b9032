// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>

#include "api/internal/connection.h"

namespace api {

/// What floods are told apart by: an IPv4 address, and of an IPv6 address the /64 that one
/// subscriber has whole.
[[nodiscard]] std::string source_of(const boost::asio::ip::address& remote);

/// Makes a WebSocket of a connection that asked for one, and carries frames of key agreement
/// between it and the service's UserAgreement until either end closes: binary messages, one frame
/// each. What is no frame gets no answer. `request`: the upgrade, admitted already.
void serve_agreement(boost::beast::tcp_stream stream,
                     const boost::beast::http::request<boost::beast::http::string_body>& request,
                     const ConnectionContext& context);

}  // namespace api
