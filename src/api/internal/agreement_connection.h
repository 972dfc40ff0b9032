// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "api/internal/connection.h"

namespace api {

/// Makes a WebSocket of a connection that asked for one, and carries frames of key agreement
/// between it and the service's UserAgreement until either end closes: binary messages, one frame
/// each. What is no frame gets no answer. `request`: the upgrade, admitted already.
void serve_agreement(boost::beast::tcp_stream stream,
                     const boost::beast::http::request<boost::beast::http::string_body>& request,
                     const ConnectionContext& context);

}  // namespace api
