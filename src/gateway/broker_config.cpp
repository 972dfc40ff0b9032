// SPDX-License-Identifier: Apache-2.0
#include "gateway/broker_config.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "crypto/certificates.h"
#include "crypto/hash.h"
#include "gateway/gateway.h"
#include "mqtt/topics.h"
#include "storage/files.h"

namespace gateway {

using base::ErrorCode;
using base::fail;
using base::pass;
using namespace std::chrono_literals;

namespace {

// mosquitto 2.0 writes 101 iterations itself. The passwords have 256 random bits, so that nothing
// is gained by more; a fleet connects the faster.
constexpr unsigned hash_iterations = 101;
constexpr std::size_t hash_bytes = 64;
constexpr std::size_t salt_bytes = 12;
constexpr std::size_t password_bytes = 32;
constexpr std::size_t name_size_max = 64;
constexpr std::size_t pem_bytes_max = 64 << 10;
constexpr std::chrono::days authority_valid{3'650};
constexpr std::chrono::days certificate_valid{365};
constexpr std::chrono::days renew_before{30};

/// RFC 4648 section 4, with padding: what mosquitto reads.
std::string to_base64(base::ByteView bytes) {
    std::string out = base::to_base64url(bytes);
    std::ranges::replace(out, '-', '+');
    std::ranges::replace(out, '_', '/');
    out.append((4 - out.size() % 4) % 4, '=');
    return out;
}

bool is_plain_name(std::string_view name) {
    constexpr std::string_view allowed =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
    return !name.empty() && name.size() <= name_size_max &&
           name.find_first_not_of(allowed) == std::string_view::npos;
}

/// Source: mosquitto 2.0 password file: user:$7$iterations$salt$hash, PBKDF2 with SHA-512.
std::string password_lines(const BrokerSetup& setup, base::Random& random) {
    std::string out;
    const auto add = [&](const std::string& user) {
        std::array<std::uint8_t, salt_bytes> salt{};
        random.fill(salt);
        const auto hash = crypto::pbkdf2_sha512(broker_password(setup.node_secret, user), salt,
                                                hash_iterations, hash_bytes);
        out += user + ":$7$" + std::to_string(hash_iterations) + "$" + to_base64(salt) + "$" +
               to_base64(hash) + "\n";
    };
    add(std::string(gateway_user));
    for (const wire::DeviceId& pda : setup.pdas) add(base::to_hex(pda.view()));
    for (const BrokerDevice& device : setup.devices) add(base::to_hex(device.id.view()));
    return out;
}

/// Rules of one user, each for one topic and one direction.
class Rules {
public:
    void user(std::string_view name) { text_.append("\nuser ").append(name).append("\n"); }
    void write(const std::string& topic) { text_ += "topic write " + topic + "\n"; }
    void read(const std::string& topic) { text_ += "topic read " + topic + "\n"; }
    [[nodiscard]] std::string text() && { return std::move(text_); }

private:
    std::string text_ = "# Written by salus at every start.\n";
};

std::string access_rules(const BrokerSetup& setup) {
    using mqtt::Direction;
    const std::string& tenant = setup.tenant;
    std::multimap<wire::DeviceId, const BrokerDevice*> devices_of;
    for (const BrokerDevice& device : setup.devices) devices_of.emplace(device.pda, &device);
    Rules rules;
    rules.user(gateway_user);
    rules.read(mqtt::cloud_topic(tenant, "+", Direction::up));
    rules.write(mqtt::cloud_topic(tenant, "+", Direction::down));
    rules.write(mqtt::started_topic(tenant));
    for (const wire::DeviceId& id : setup.pdas) {
        const std::string pda = base::to_hex(id.view());
        rules.user(pda);
        rules.write(mqtt::cloud_topic(tenant, pda, Direction::up));
        rules.read(mqtt::cloud_topic(tenant, pda, Direction::down));
        rules.read(mqtt::pda_topic(tenant, pda, "+", Direction::up));
        rules.write(mqtt::pda_topic(tenant, pda, "+", Direction::down));
        rules.write(mqtt::pda_started_topic(tenant, pda));
        rules.read(mqtt::started_topic(tenant));
        const auto [begin, end] = devices_of.equal_range(id);
        for (auto at = begin; at != end; ++at) {
            if (!at->second->seals_to_cloud) continue;
            const std::string device = base::to_hex(at->second->id.view());
            rules.write(mqtt::cloud_topic(tenant, device, Direction::up));
            rules.read(mqtt::cloud_topic(tenant, device, Direction::down));
        }
    }
    for (const BrokerDevice& device : setup.devices) {
        const std::string pda = base::to_hex(device.pda.view());
        const std::string id = base::to_hex(device.id.view());
        rules.user(id);
        rules.write(mqtt::pda_topic(tenant, pda, id, Direction::up));
        rules.read(mqtt::pda_topic(tenant, pda, id, Direction::down));
        rules.read(mqtt::pda_started_topic(tenant, pda));
    }
    return std::move(rules).text();
}

std::string configuration(const BrokerFiles& files, const BrokerSetup& setup) {
    const auto line = [](std::string_view key, const std::string& value) {
        return std::string(key) + " " + value + "\n";
    };
    std::string out = "# Written by salus at every start.\n";
    out += "per_listener_settings true\n";
    if (::geteuid() == 0) out += "user root\n";
    out += "log_dest stderr\nlog_type error\nlog_type warning\nlog_type notice\n";
    out += "connection_messages false\n";
    // Sessions are clean ones: devices send again what was not acknowledged. What is persisted is
    // what a broker needs to be restarted without clients noticing more than a lost connection.
    out += line("persistence", "true");
    out += line("persistence_location", files.data().string() + "/");
    out += line("autosave_interval", "60");
    // A replay sends faster than one group is stored; what waits is bounded by the devices'
    // windows.
    out += line("max_inflight_messages", "1000");
    out += line("max_queued_messages", "100000");
    // Of one client that is slow. Chosen by us: five times what the fastest replay leaves waiting.
    out += line("max_queued_bytes", std::to_string(std::size_t{64} * 1024 * 1024));
    out += line("message_size_limit", std::to_string(frame_bytes_max));
    out += line("retain_available", "false");
    out += line("set_tcp_nodelay", "true");
    out += "\n" + line("listener", std::to_string(setup.port) + " 127.0.0.1");
    out += line("cafile", files.ca().string());
    out += line("certfile", files.certificate().string());
    out += line("keyfile", files.key().string());
    out += line("tls_version", mqtt::mosquitto_name(setup.tls_min));  // and newer
    out += line("ciphers", mqtt::tls_1_2_ciphers);
    out += line("allow_anonymous", "false");
    out += line("password_file", files.passwords().string());
    out += line("acl_file", files.access().string());
    return out;
}

base::Result<void> write_text(const std::filesystem::path& file, std::string_view text) {
    return storage::write_file_synced(file, base::as_bytes(text));
}

/// Nothing where the file is missing, not a certificate, or ends soon.
std::string lasting_certificate(const std::filesystem::path& file) {
    const auto bytes = storage::read_file(file, pem_bytes_max);
    if (!bytes) return {};
    std::string pem(base::as_text(*bytes));
    const auto left = crypto::time_left(pem);
    return left && *left > renew_before ? pem : std::string{};
}

/// True where one was made.
base::Result<bool> ensure_certificates(const BrokerFiles& files) {
    crypto::CertificateAndKey authority{lasting_certificate(files.ca()), {}};
    const auto key = storage::read_file(files.ca_key(), pem_bytes_max);
    if (key) authority.key_pem = base::as_text(*key);
    const bool new_authority = authority.certificate_pem.empty() || authority.key_pem.empty();
    // A certificate goes before its key changes and comes back after: what is there always fits.
    const auto remove = [](const std::filesystem::path& file) {
        std::error_code failed;
        std::filesystem::remove(file, failed);
        return failed ? base::Result<void>(
                            fail(ErrorCode::unavailable, file.string() + ": " + failed.message()))
                      : base::Result<void>{};
    };
    if (new_authority) {
        for (const auto& file : {files.certificate(), files.ca()}) {
            if (auto done = remove(file); !done) return pass(done);
        }
        authority = crypto::make_certificate_authority("salus broker", authority_valid);
        if (auto done = write_text(files.ca_key(), authority.key_pem); !done) return pass(done);
        if (auto done = write_text(files.ca(), authority.certificate_pem); !done) return pass(done);
    }
    std::error_code ignored;
    const bool has_key = std::filesystem::exists(files.key(), ignored);
    if (!new_authority && has_key && !lasting_certificate(files.certificate()).empty())
        return false;
    const auto server = crypto::make_server_certificate(authority, {{"localhost"}, {"127.0.0.1"}},
                                                        certificate_valid);
    if (!server) return pass(server);
    if (auto done = remove(files.certificate()); !done) return pass(done);
    if (auto done = write_text(files.key(), server->key_pem); !done) return pass(done);
    auto done = write_text(files.certificate(), server->certificate_pem);
    return done ? base::Result<bool>(true) : pass(done);
}

base::Result<void> check(const BrokerFiles& files, const BrokerSetup& setup) {
    if (setup.port == 0) return fail(ErrorCode::malformed, "the broker needs a port");
    if (!is_plain_name(setup.tenant)) {
        return fail(ErrorCode::malformed, "a tenant's name is 1 to 64 of [0-9A-Za-z_-]");
    }
    if (setup.node_secret.empty()) {
        return fail(ErrorCode::malformed, "the broker's passwords need the node's secret");
    }
    const std::set<wire::DeviceId> pdas(setup.pdas.begin(), setup.pdas.end());
    for (const BrokerDevice& device : setup.devices) {
        if (pdas.contains(device.pda)) continue;
        return fail(ErrorCode::malformed, "the PDA of device " + base::to_hex(device.id.view()) +
                                              " is not among the broker's");
    }
    // mosquitto takes the rest of a line as the path; a line break would begin another setting.
    if (files.folder.string().find_first_of("\r\n") != std::string::npos) {
        return fail(ErrorCode::malformed, "the data folder's name has a line break in it");
    }
    return {};
}

}  // namespace

std::string broker_password(base::ByteView node_secret, std::string_view user) {
    const std::string purpose = "salus broker password v2 of " + std::string(user);
    return base::to_base64url(
        crypto::hkdf_sha512({}, node_secret, base::as_bytes(purpose), password_bytes));
}

base::Result<BrokerFiles> write_broker_config(const std::filesystem::path& folder,
                                              const BrokerSetup& setup, base::Random& random) {
    std::error_code error;
    const BrokerFiles files{std::filesystem::absolute(folder, error)};
    if (error) return fail(ErrorCode::unavailable, folder.string() + ": " + error.message());
    if (auto valid = check(files, setup); !valid) return pass(valid);
    for (const auto& made : {files.folder, files.data()}) {
        if (auto done = storage::make_folder(made); !done) return pass(done);
    }
    if (auto done = ensure_certificates(files); !done) return pass(done);
    if (auto done = write_text(files.passwords(), password_lines(setup, random)); !done) {
        return pass(done);
    }
    if (auto done = write_text(files.access(), access_rules(setup)); !done) {
        return pass(done);
    }
    if (auto done = write_text(files.config(), configuration(files, setup)); !done) {
        return pass(done);
    }
    return files;
}

base::Result<bool> renew_certificates(const BrokerFiles& files) {
    return ensure_certificates(files);
}

}  // namespace gateway
