// SPDX-License-Identifier: Apache-2.0
#include "coap/with_libcoap/library.h"

#include <arpa/inet.h>

#include <array>
#include <atomic>
#include <cstring>
#include <string_view>

namespace coap {

using base::ErrorCode;
using base::fail;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t token_bytes = 8;
constexpr milliseconds wait_max{1'000};
constexpr unsigned sessions_idle_max = 256;  // without an observation
constexpr unsigned session_idle_s = 30;

std::atomic<std::uint64_t> malformed{0};

/// libcoap tells of what it drops in its log alone.
void listen_to_log(coap_log_t, const char* message) {
    if (std::string_view(message).starts_with("discard malformed PDU")) ++malformed;
}

void start_library() {
    [[maybe_unused]] static const bool started = [] {
        coap_startup();
        coap_set_log_level(LOG_WARNING);
        coap_set_log_handler(listen_to_log);
        return true;
    }();
}

}  // namespace

std::uint64_t malformed_datagrams() {
    return malformed;
}

base::Result<Context> make_context() {
    start_library();
    Context out(coap_new_context(nullptr));
    if (!out) return fail(ErrorCode::unavailable, "libcoap does not start");
    if (coap_context_get_coap_fd(out.get()) < 0) {
        return fail(ErrorCode::unavailable, "this libcoap was built without epoll");
    }
    coap_context_set_max_idle_sessions(out.get(), sessions_idle_max);
    coap_context_set_session_timeout(out.get(), session_idle_s);
    return out;
}

base::Result<coap_address_t> to_library(const Address& address) {
    coap_address_t out;
    coap_address_init(&out);
    if (::inet_pton(AF_INET, address.ip.c_str(), &out.addr.sin.sin_addr) == 1) {
        out.size = sizeof(sockaddr_in);
        out.addr.sin.sin_family = AF_INET;
        out.addr.sin.sin_port = htons(address.port);
        return out;
    }
    coap_address_init(&out);
    if (::inet_pton(AF_INET6, address.ip.c_str(), &out.addr.sin6.sin6_addr) == 1) {
        out.size = sizeof(sockaddr_in6);
        out.addr.sin6.sin6_family = AF_INET6;
        out.addr.sin6.sin6_port = htons(address.port);
        return out;
    }
    return fail(ErrorCode::malformed, address.ip + " is not an IP address");
}

void set_timing(coap_session_t* session, const Timing& timing) {
    const auto ms = timing.ack_timeout.count();
    coap_session_set_ack_timeout(
        session, {static_cast<std::uint16_t>(ms / 1'000), static_cast<std::uint16_t>(ms % 1'000)});
    coap_session_set_max_retransmit(session, timing.retransmit_max);
    // IPv6's smallest MTU, less its header and UDP's: a block, its path and its options fit.
    constexpr unsigned datagram_bytes = 1'232;
    coap_session_set_mtu(session, datagram_bytes);
}

milliseconds prepare(coap_context_t* context) {
    coap_tick_t now = 0;
    coap_ticks(&now);
    const unsigned due = coap_io_prepare_epoll(context, now);
    return due == 0 ? wait_max : std::min(milliseconds(due), wait_max);
}

void process(coap_context_t* context) {
    coap_io_process(context, COAP_IO_NO_WAIT);
}

Token token_of(const coap_pdu_t* message) {
    const coap_bin_const_t token = coap_pdu_get_token(message);
    return {reinterpret_cast<const char*>(token.s), token.length};
}

Token draw_token() {
    Token out(token_bytes, '\0');
    coap_prng(out.data(), out.size());
    return out;
}

base::ByteView payload_of(const coap_pdu_t* message) {
    std::size_t size = 0;
    const std::uint8_t* data = nullptr;
    if (coap_get_data(message, &size, &data) == 0) return {};
    return {data, size};
}

std::optional<std::uint32_t> uint_option(const coap_pdu_t* message, coap_option_num_t number) {
    coap_opt_iterator_t iterator;
    const coap_opt_t* option = coap_check_option(message, number, &iterator);
    if (option == nullptr || coap_opt_length(option) > sizeof(std::uint32_t)) return std::nullopt;
    return coap_decode_var_bytes(coap_opt_value(option), coap_opt_length(option));
}

bool add_uint_option(coap_pdu_t* message, coap_option_num_t number, std::uint32_t value) {
    std::array<std::uint8_t, sizeof value> bytes{};
    const unsigned size = coap_encode_var_safe(bytes.data(), bytes.size(), value);
    return coap_add_option(message, number, size, bytes.data()) != 0;
}

bool add_payload(coap_pdu_t* message, base::ByteView payload) {
    return payload.empty() || coap_add_data(message, payload.size(), payload.data()) != 0;
}

}  // namespace coap
