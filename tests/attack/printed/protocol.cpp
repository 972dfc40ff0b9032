// SPDX-License-Identifier: Apache-2.0
#include "printed/protocol.h"

#include "base/random.h"

namespace printed {
namespace {

base::Bytes four(Seconds value) {
    base::Bytes out;
    base::append_u32(out, value);
    return out;
}

/// |TSP - TSP*| <= dT is all that the paper asks of a time.
bool in_window(Seconds sent, Seconds now) {
    return (sent > now ? sent - now : now - sent) <= window_s;
}

base::Bytes joined(std::initializer_list<base::ByteView> parts) {
    base::Bytes out;
    for (const auto part : parts) base::append(out, part);
    return out;
}

Hash draw_hash(base::Random& random) {
    Hash out{};
    random.fill(out);
    return out;
}

Hash second_message(const Hash& m1, Seconds tsp1, const Hash& pid_askg) {
    return crypto::sha512({m1, four(tsp1), pid_askg});
}

}  // namespace

Hash exclusive_or(const Hash& a, const Hash& b) {
    Hash out{};
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<std::uint8_t>(a[i] ^ b[i]);
    }
    return out;
}

base::Bytes DeviceHello::encode() const {
    return joined({pid_device, four(tsp1)});
}
base::Bytes PdaAnswer::encode() const {
    return joined({pid_pda, msg1, four(tsp2)});
}
base::Bytes PdaLogin::encode() const {
    return joined({m1, m2, four(tsp1)});
}

KeyGenerator::KeyGenerator(base::Random& random)
    : secret_(draw_hash(random)), pid_askg_(draw_hash(random)), polynomial_(degree, random) {}

Hash KeyGenerator::pid_of(std::string_view id) const {
    return crypto::sha512({base::as_bytes("pid"), secret_, base::as_bytes(id)});
}

crypto::FieldElement KeyGenerator::point_of(const Hash& pid) {
    return crypto::FieldElement::reduce(pid);
}

Share KeyGenerator::share_of(std::string_view id) const {
    return polynomial_.share(point_of(pid_of(id)));
}

Hash KeyGenerator::credential_of(std::string_view id) const {
    const auto token = crypto::sha512({base::as_bytes("tkn"), secret_, base::as_bytes(id)});
    const auto temporary = crypto::sha512({base::as_bytes("tempc"), secret_, base::as_bytes(id)});
    return crypto::sha512({token, temporary});
}

Hash priv_of(const Share& own, const Hash& other_pid, Seconds tsp1, Seconds received_at) {
    const auto phi = crypto::FieldElement::evaluate(own, KeyGenerator::point_of(other_pid));
    return crypto::sha512({phi.bytes(), four(tsp1), four(received_at)});
}

Device::Device(const KeyGenerator& askg, std::string_view id)
    : pid_(askg.pid_of(id)), share_(askg.share_of(id)) {}

DeviceHello Device::start(Seconds now) {
    tsp1_ = now;
    return {pid_, now};
}

std::optional<Hash> Device::receive(const PdaAnswer& answer, Seconds now) const {
    if (!in_window(answer.tsp2, now)) return std::nullopt;
    for (Seconds tried = tsp1_ - window_s; tried <= tsp1_ + window_s; ++tried) {
        const auto priv = priv_of(share_, answer.pid_pda, tsp1_, tried);
        const auto expected =
            exclusive_or(crypto::sha512({priv, four(answer.tsp2)}), answer.pid_pda);
        if (crypto::equal_constant_time(expected, answer.msg1)) return priv;
    }
    return std::nullopt;
}

Pda::Pda(const KeyGenerator& askg, std::string_view id)
    : pid_(askg.pid_of(id)),
      share_(askg.share_of(id)),
      credential_(askg.credential_of(id)),
      pid_askg_(askg.pid_askg()) {}

std::optional<Pda::Answered> Pda::receive(const DeviceHello& hello, Seconds now) const {
    if (!in_window(hello.tsp1, now)) return std::nullopt;
    const auto priv = priv_of(share_, hello.pid_device, hello.tsp1, now);
    const auto msg1 = exclusive_or(crypto::sha512({priv, four(now)}), pid_);
    return Answered{{pid_, msg1, now}, priv};
}

PdaLogin Pda::log_in(Seconds now) const {
    return login_of(credential_, pid_askg_, now);
}

PdaLogin login_of(const Hash& credential, const Hash& pid_askg, Seconds now) {
    const auto m1 = exclusive_or(credential, pid_askg);
    return {m1, second_message(m1, now, pid_askg), now};
}

Hash session_key(const SessionNames& names, const Hash& pid_askg) {
    const auto cloud = crypto::sha512({names.pid_cloud, pid_askg});
    return crypto::sha512(
        {names.pid_pda, base::as_bytes(names.pda), four(names.tsp1), four(names.tsp2), cloud});
}

Cloud::Cloud(const KeyGenerator& askg, std::string_view id)
    : pid_(askg.pid_of(id)), pid_askg_(askg.pid_askg()) {}

void Cloud::enrol_pda(const KeyGenerator& askg, std::string_view id) {
    pdas_[askg.credential_of(id)] = {std::string(id), askg.pid_of(id)};
}

void Cloud::enrol_user(const UserLogin& user) {
    users_[user.id] = user.token;
}

std::optional<Cloud::Session> Cloud::receive(const PdaLogin& login, Seconds now) const {
    if (!in_window(login.tsp1, now)) return std::nullopt;
    if (login.m2 != second_message(login.m1, login.tsp1, pid_askg_)) return std::nullopt;
    const auto found = pdas_.find(exclusive_or(login.m1, pid_askg_));
    if (found == pdas_.end()) return std::nullopt;
    const auto& [id, pid] = found->second;
    return Session{id, now, session_key({pid, id, login.tsp1, now, pid_}, pid_askg_)};
}

bool Cloud::receive(const UserLogin& login) const {
    const auto found = users_.find(login.id);
    return found != users_.end() && crypto::equal_constant_time(found->second, login.token);
}

Hash token_of(std::string_view id, std::string_view biometric) {
    return crypto::sha512({base::as_bytes(id), base::as_bytes(biometric)});
}

}  // namespace printed
