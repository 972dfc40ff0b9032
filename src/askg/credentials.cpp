// SPDX-License-Identifier: Apache-2.0
#include "askg/credentials.h"

#include <algorithm>

#include "askg/internal/codec.h"
#include "crypto/x25519.h"
#include "keyagreement/credentials.h"
#include "storage/files.h"

namespace askg {

using base::ErrorCode;
using base::Result;
using internal::FileKind;
using internal::PartReader;
using internal::SecretWriter;
using internal::write;

namespace {

/// A PDA with 31 devices and some servers has about 10 KiB; chosen by us.
constexpr std::size_t file_bytes_max = 1 << 20;
constexpr std::size_t server_entry_bytes = wire::LedgerId::size_bytes + record_bytes;
constexpr std::size_t device_entry_bytes =
    wire::DeviceId::size_bytes + FieldElement::size_bytes + Secret32::size_bytes + record_bytes + 2;

// ---- parts ----

void write_certificate(SecretWriter& out, const Certificate& certificate) {
    out.fixed(certificate.authority.view()).fixed(certificate.authority_key);
    write(out, certificate.record);
}
Certificate read_certificate(PartReader& in) {
    Certificate out;
    out.authority = in.fixed<keyagreement::DomainName>();
    out.authority_key = in.array<32>();
    out.record = in.record();
    return out;
}

void write_servers(SecretWriter& out, const std::vector<CloudServerEntry>& servers) {
    out.u32(static_cast<std::uint32_t>(servers.size()));
    for (const auto& server : servers) {
        out.fixed(server.id.view());
        write(out, server.record);
    }
}
std::vector<CloudServerEntry> read_servers(PartReader& in) {
    std::vector<CloudServerEntry> out(in.count(server_entry_bytes));
    for (auto& server : out) {
        server.id = in.fixed<wire::LedgerId>();
        server.record = in.record();
    }
    return out;
}

void write_devices(SecretWriter& out, const std::vector<DeviceEntry>& devices) {
    out.u32(static_cast<std::uint32_t>(devices.size()));
    for (const auto& device : devices) {
        out.fixed(device.id.view());
        write(out, device.x);
        out.fixed(device.pid_key.view());
        write(out, device.record);
        out.flag(device.clockless).flag(device.revoked);
    }
}
std::vector<DeviceEntry> read_devices(PartReader& in) {
    std::vector<DeviceEntry> out(in.count(device_entry_bytes));
    for (auto& device : out) {
        device.id = in.fixed<wire::DeviceId>();
        device.x = in.element();
        device.pid_key = in.fixed<Secret32>();
        device.record = in.record();
        device.clockless = in.flag();
        device.revoked = in.flag();
    }
    return out;
}

// ---- what makes the content of a file one: records under one authority ----

class Checker {
public:
    Checker(const keyagreement::DomainName& authority,
            const crypto::Ed25519PublicKeyBytes& authority_key)
        : authority_(authority), key_(crypto::Ed25519PublicKey::decode(authority_key)) {
        if (!key_) failure_ = base::pass(key_);
    }
    void record(const Record& record, PartyRole role) {
        if (!failure_) return;
        if (record.role != role || record.authority != authority_) {
            failure_ = base::fail(ErrorCode::malformed,
                                  "a record of another role or of another key generator");
            return;
        }
        failure_ = verify(record, *key_);
    }
    void servers(const std::vector<CloudServerEntry>& servers) {
        for (const auto& server : servers) record(server.record, PartyRole::cloud_server);
    }
    void owner(const Secret32& static_private, const Record& record) {
        if (!failure_) return;
        const auto key = crypto::X25519PrivateKey::from_bytes(static_private);
        if (key.public_key() != record.static_public) {
            failure_ = base::fail(ErrorCode::bad_key,
                                  "the private key does not belong to the certified one");
        }
    }
    [[nodiscard]] const Result<void>& verdict() const { return failure_; }

private:
    keyagreement::DomainName authority_;
    Result<crypto::Ed25519PublicKey> key_;
    Result<void> failure_;
};

// ---- one codec a type ----

template <class T>
struct Codec;

template <>
struct Codec<DeviceGrant> {
    static constexpr auto kind = FileKind::device_grant;
    static void write_body(SecretWriter& out, const DeviceGrant& grant) {
        write_certificate(out, grant.certificate);
        out.fixed(grant.id.view()).fixed(grant.pid_key.view());
        write(out, grant.domain);
        out.fixed(grant.pda.view());
        write(out, grant.pda_x);
        write(out, grant.pda_record);
        out.flag(grant.clockless).flag(grant.sealed_to_cloud);
        write(out, grant.temporary);
        write_servers(out, grant.cloud_servers);
    }
    static DeviceGrant read_body(PartReader& in) {
        DeviceGrant out;
        out.certificate = read_certificate(in);
        out.id = in.fixed<wire::DeviceId>();
        out.pid_key = in.fixed<Secret32>();
        out.domain = in.domain_share();
        out.pda = in.fixed<wire::DeviceId>();
        out.pda_x = in.element();
        out.pda_record = in.record();
        out.clockless = in.flag();
        out.sealed_to_cloud = in.flag();
        out.temporary = in.epoch_secrets();
        out.cloud_servers = read_servers(in);
        if (!out.sealed_to_cloud && !(out.temporary.empty() && out.cloud_servers.empty())) {
            in.refuse();
        }
        return out;
    }
    static Result<void> check(const DeviceGrant& grant) {
        Checker checker(grant.certificate.authority, grant.certificate.authority_key);
        checker.record(grant.certificate.record, PartyRole::device);
        checker.record(grant.pda_record, PartyRole::pda);
        checker.servers(grant.cloud_servers);
        return checker.verdict();
    }
};

template <>
struct Codec<PdaGrant> {
    static constexpr auto kind = FileKind::pda_grant;
    static void write_body(SecretWriter& out, const PdaGrant& grant) {
        write_certificate(out, grant.certificate);
        out.fixed(grant.id.view()).fixed(grant.pid_key.view());
        write(out, grant.domain);
        write(out, grant.temporary);
        write_devices(out, grant.devices);
        write_servers(out, grant.cloud_servers);
    }
    static PdaGrant read_body(PartReader& in) {
        PdaGrant out;
        out.certificate = read_certificate(in);
        out.id = in.fixed<wire::DeviceId>();
        out.pid_key = in.fixed<Secret32>();
        out.domain = in.domain_share();
        out.temporary = in.epoch_secrets();
        out.devices = read_devices(in);
        out.cloud_servers = read_servers(in);
        return out;
    }
    static Result<void> check(const PdaGrant& grant) {
        Checker checker(grant.certificate.authority, grant.certificate.authority_key);
        checker.record(grant.certificate.record, PartyRole::pda);
        for (const auto& device : grant.devices) checker.record(device.record, PartyRole::device);
        checker.servers(grant.cloud_servers);
        return checker.verdict();
    }
};

template <>
struct Codec<CloudServerGrant> {
    static constexpr auto kind = FileKind::cloud_server_grant;
    static void write_body(SecretWriter& out, const CloudServerGrant& grant) {
        write_certificate(out, grant.certificate);
        out.fixed(grant.id.view()).fixed(grant.channel_key.view());
    }
    static CloudServerGrant read_body(PartReader& in) {
        CloudServerGrant out;
        out.certificate = read_certificate(in);
        out.id = in.fixed<wire::LedgerId>();
        out.channel_key = in.fixed<Secret32>();
        return out;
    }
    static Result<void> check(const CloudServerGrant& grant) {
        Checker checker(grant.certificate.authority, grant.certificate.authority_key);
        checker.record(grant.certificate.record, PartyRole::cloud_server);
        return checker.verdict();
    }
};

template <>
struct Codec<UserGrant> {
    static constexpr auto kind = FileKind::user_grant;
    static void write_body(SecretWriter& out, const UserGrant& grant) {
        out.fixed(grant.authority.view()).fixed(grant.authority_key).fixed(grant.id.view());
        out.u8(static_cast<std::uint8_t>(grant.role)).fixed(grant.serial.view());
        out.fixed(grant.pid_key.view());
        write(out, grant.temporary);
        write_servers(out, grant.cloud_servers);
    }
    static UserGrant read_body(PartReader& in) {
        UserGrant out;
        out.authority = in.fixed<keyagreement::DomainName>();
        out.authority_key = in.array<32>();
        out.id = in.fixed<wire::LedgerId>();
        out.role = in.enumerator(wire::Role::patient, wire::Role::administrator);
        out.serial = in.fixed<Serial>();
        out.pid_key = in.fixed<Secret32>();
        out.temporary = in.epoch_secrets();
        out.cloud_servers = read_servers(in);
        return out;
    }
    static Result<void> check(const UserGrant& grant) {
        Checker checker(grant.authority, grant.authority_key);
        checker.servers(grant.cloud_servers);
        return checker.verdict();
    }
};

template <>
struct Codec<DeviceCredentials> {
    static constexpr auto kind = FileKind::device_credentials;
    static void write_body(SecretWriter& out, const DeviceCredentials& credentials) {
        out.fixed(credentials.static_private.view()).fixed(credentials.token.view());
        Codec<DeviceGrant>::write_body(out, credentials.grant);
    }
    static DeviceCredentials read_body(PartReader& in) {
        DeviceCredentials out;
        out.static_private = in.fixed<Secret32>();
        out.token = in.fixed<Secret32>();
        out.grant = Codec<DeviceGrant>::read_body(in);
        return out;
    }
    static Result<void> check(const DeviceCredentials& credentials) {
        if (const auto sound = Codec<DeviceGrant>::check(credentials.grant); !sound) return sound;
        Checker checker(credentials.grant.certificate.authority,
                        credentials.grant.certificate.authority_key);
        checker.owner(credentials.static_private, credentials.grant.certificate.record);
        return checker.verdict();
    }
};

template <>
struct Codec<PdaCredentials> {
    static constexpr auto kind = FileKind::pda_credentials;
    static void write_body(SecretWriter& out, const PdaCredentials& credentials) {
        out.fixed(credentials.static_private.view()).fixed(credentials.token.view());
        Codec<PdaGrant>::write_body(out, credentials.grant);
    }
    static PdaCredentials read_body(PartReader& in) {
        PdaCredentials out;
        out.static_private = in.fixed<Secret32>();
        out.token = in.fixed<Secret32>();
        out.grant = Codec<PdaGrant>::read_body(in);
        return out;
    }
    static Result<void> check(const PdaCredentials& credentials) {
        if (const auto sound = Codec<PdaGrant>::check(credentials.grant); !sound) return sound;
        Checker checker(credentials.grant.certificate.authority,
                        credentials.grant.certificate.authority_key);
        checker.owner(credentials.static_private, credentials.grant.certificate.record);
        return checker.verdict();
    }
};

template <>
struct Codec<CloudServerCredentials> {
    static constexpr auto kind = FileKind::cloud_server_credentials;
    static void write_body(SecretWriter& out, const CloudServerCredentials& credentials) {
        out.fixed(credentials.static_private.view());
        Codec<CloudServerGrant>::write_body(out, credentials.grant);
    }
    static CloudServerCredentials read_body(PartReader& in) {
        CloudServerCredentials out;
        out.static_private = in.fixed<Secret32>();
        out.grant = Codec<CloudServerGrant>::read_body(in);
        return out;
    }
    static Result<void> check(const CloudServerCredentials& credentials) {
        const auto sound = Codec<CloudServerGrant>::check(credentials.grant);
        if (!sound) return sound;
        Checker checker(credentials.grant.certificate.authority,
                        credentials.grant.certificate.authority_key);
        checker.owner(credentials.static_private, credentials.grant.certificate.record);
        return checker.verdict();
    }
};

template <>
struct Codec<UserCredentials> {
    static constexpr auto kind = FileKind::user_credentials;
    static void write_body(SecretWriter& out, const UserCredentials& credentials) {
        const auto& factor = credentials.factor;
        out.fixed(factor.client_secret.view()).fixed(factor.salt).bytes(factor.helper);
        Codec<UserGrant>::write_body(out, credentials.grant);
    }
    static UserCredentials read_body(PartReader& in) {
        UserCredentials out;
        out.factor.client_secret = in.fixed<Secret32>();
        out.factor.salt = in.array<16>();
        out.factor.helper = in.bytes();
        out.grant = Codec<UserGrant>::read_body(in);
        return out;
    }
    static Result<void> check(const UserCredentials& credentials) {
        return Codec<UserGrant>::check(credentials.grant);
    }
};

template <class T>
SecretBytes encode_file(const T& content) {
    return internal::enclose(Codec<T>::kind, internal::write_form(content));
}

}  // namespace

template <class T>
Result<T> internal::read_form(base::ByteView body) {
    PartReader in(body);
    T out = Codec<T>::read_body(in);
    if (!in.done()) return base::fail(ErrorCode::malformed, "credentials: out of form");
    return out;
}
template <class T>
SecretBytes internal::write_form(const T& content) {
    SecretWriter out;
    Codec<T>::write_body(out, content);
    return out.take();
}

SecretBytes encode(const DeviceGrant& grant) {
    return encode_file(grant);
}
SecretBytes encode(const PdaGrant& grant) {
    return encode_file(grant);
}
SecretBytes encode(const CloudServerGrant& grant) {
    return encode_file(grant);
}
SecretBytes encode(const UserGrant& grant) {
    return encode_file(grant);
}
SecretBytes encode(const DeviceCredentials& credentials) {
    return encode_file(credentials);
}
SecretBytes encode(const PdaCredentials& credentials) {
    return encode_file(credentials);
}
SecretBytes encode(const CloudServerCredentials& credentials) {
    return encode_file(credentials);
}
SecretBytes encode(const UserCredentials& credentials) {
    return encode_file(credentials);
}

template <class T>
Result<T> decode(base::ByteView bytes) {
    const auto body = internal::opened(Codec<T>::kind, bytes);
    if (!body) return base::pass(body);
    auto out = internal::read_form<T>(*body);
    if (!out) return out;
    if (const auto sound = Codec<T>::check(*out); !sound) return base::pass(sound);
    return out;
}

template <class T>
Result<T> read_file(const std::filesystem::path& file) {
    auto bytes = storage::read_private_file(file, file_bytes_max);
    if (!bytes) return base::pass(bytes);
    const WipeAtEnd wiped(*bytes);
    auto content = decode<T>(*bytes);
    if (!content) {
        return base::fail(content.error().code, file.string() + ": " + content.error().detail);
    }
    return content;
}

template <class T>
Result<void> write_file(const std::filesystem::path& file, const T& content) {
    return storage::write_file_synced(file, encode(content));
}

template Result<DeviceGrant> internal::read_form(base::ByteView);
template SecretBytes internal::write_form(const DeviceGrant&);
template Result<DeviceGrant> decode(base::ByteView);
template Result<DeviceGrant> read_file(const std::filesystem::path&);
template Result<void> write_file(const std::filesystem::path&, const DeviceGrant&);
template Result<PdaGrant> internal::read_form(base::ByteView);
template SecretBytes internal::write_form(const PdaGrant&);
template Result<PdaGrant> decode(base::ByteView);
template Result<PdaGrant> read_file(const std::filesystem::path&);
template Result<void> write_file(const std::filesystem::path&, const PdaGrant&);
template Result<CloudServerGrant> internal::read_form(base::ByteView);
template SecretBytes internal::write_form(const CloudServerGrant&);
template Result<CloudServerGrant> decode(base::ByteView);
template Result<CloudServerGrant> read_file(const std::filesystem::path&);
template Result<void> write_file(const std::filesystem::path&, const CloudServerGrant&);
template Result<UserGrant> internal::read_form(base::ByteView);
template SecretBytes internal::write_form(const UserGrant&);
template Result<UserGrant> decode(base::ByteView);
template Result<UserGrant> read_file(const std::filesystem::path&);
template Result<void> write_file(const std::filesystem::path&, const UserGrant&);
template Result<DeviceCredentials> internal::read_form(base::ByteView);
template SecretBytes internal::write_form(const DeviceCredentials&);
template Result<DeviceCredentials> decode(base::ByteView);
template Result<DeviceCredentials> read_file(const std::filesystem::path&);
template Result<void> write_file(const std::filesystem::path&, const DeviceCredentials&);
template Result<PdaCredentials> internal::read_form(base::ByteView);
template SecretBytes internal::write_form(const PdaCredentials&);
template Result<PdaCredentials> decode(base::ByteView);
template Result<PdaCredentials> read_file(const std::filesystem::path&);
template Result<void> write_file(const std::filesystem::path&, const PdaCredentials&);
template Result<CloudServerCredentials> internal::read_form(base::ByteView);
template SecretBytes internal::write_form(const CloudServerCredentials&);
template Result<CloudServerCredentials> decode(base::ByteView);
template Result<CloudServerCredentials> read_file(const std::filesystem::path&);
template Result<void> write_file(const std::filesystem::path&, const CloudServerCredentials&);
template Result<UserCredentials> internal::read_form(base::ByteView);
template SecretBytes internal::write_form(const UserCredentials&);
template Result<UserCredentials> decode(base::ByteView);
template Result<UserCredentials> read_file(const std::filesystem::path&);
template Result<void> write_file(const std::filesystem::path&, const UserCredentials&);

const EpochSecret* newest_until(const std::vector<EpochSecret>& secrets, std::int64_t epoch) {
    const EpochSecret* found = nullptr;
    for (const auto& secret : secrets) {
        if (secret.epoch <= epoch) found = &secret;
    }
    return found;
}

Secret32 pair_secret(const DomainShare& own, const FieldElement& peer_x) {
    const auto as_secret = [](const FieldElement& element) {
        return *Secret32::from(element.bytes());
    };
    return keyagreement::psk_of_pair(as_secret(own.share.at(peer_x)), as_secret(own.x),
                                     as_secret(peer_x), own.generation);
}

}  // namespace askg
