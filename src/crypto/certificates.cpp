// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "base/check.h"
#include "crypto/internal/openssl.h"

namespace crypto {

using base::ErrorCode;
using base::fail;
using base::pass;

namespace {

using Certificate = std::unique_ptr<X509, internal::Free<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, internal::Free<X509_EXTENSION_free>>;
using Key = internal::Pkey;
using Memory = internal::Bio;

constexpr long clock_tolerance_s = 3'600;

Memory memory_of(std::string_view text) {
    Memory memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    CHECK(memory != nullptr);
    return memory;
}

std::string text_of(BIO* memory) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    CHECK(size > 0);
    return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
    const Memory out(BIO_new(BIO_s_mem()));
    CHECK(out != nullptr && PEM_write_bio_X509(out.get(), certificate) == 1);
    return text_of(out.get());
}

std::string pem_of(EVP_PKEY* key) {
    const Memory out(BIO_new(BIO_s_mem()));
    CHECK(out != nullptr &&
          PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    return text_of(out.get());
}

/// X509v3 only: a name that OpenSSL does not accept gives false.
bool add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// With key, serial and validity set; not signed.
Certificate begin(EVP_PKEY* key, std::string_view common_name, std::chrono::days valid) {
    Certificate out(X509_new());
    CHECK(out != nullptr && X509_set_version(out.get(), X509_VERSION_3) == 1);
    // RFC 5280 section 4.1.2.2: positive and at most 20 octets.
    std::uint64_t serial = 0;
    CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
    CHECK(ASN1_INTEGER_set_uint64(X509_get_serialNumber(out.get()), (serial >> 1U) | 1U) == 1);
    CHECK(X509_gmtime_adj(X509_getm_notBefore(out.get()), -clock_tolerance_s) != nullptr);
    const long valid_s = std::chrono::duration_cast<std::chrono::seconds>(valid).count();
    CHECK(X509_gmtime_adj(X509_getm_notAfter(out.get()), valid_s) != nullptr);
    CHECK(X509_set_pubkey(out.get(), key) == 1);
    const auto* name = reinterpret_cast<const unsigned char*>(common_name.data());
    CHECK(X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_UTF8, name,
                                     static_cast<int>(common_name.size()), -1, 0) == 1);
    return out;
}

std::string alternative_names(const ServerNames& names) {
    std::string out;
    for (const std::string& name : names.dns) out += (out.empty() ? "DNS:" : ",DNS:") + name;
    for (const std::string& name : names.ip_addresses) out += (out.empty() ? "IP:" : ",IP:") + name;
    return out;
}

}  // namespace

CertificateAndKey make_certificate_authority(std::string_view common_name,
                                             std::chrono::days valid) {
    const Key key(EVP_EC_gen("P-256"));
    CHECK(key != nullptr);
    const Certificate out = begin(key.get(), common_name, valid);
    X509* const self = out.get();
    CHECK(X509_set_issuer_name(self, X509_get_subject_name(self)) == 1);
    CHECK(add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
    CHECK(add_extension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign"));
    CHECK(add_extension(self, self, NID_subject_key_identifier, "hash"));
    CHECK(X509_sign(self, key.get(), EVP_sha256()) > 0);
    return {pem_of(self), pem_of(key.get())};
}

base::Result<CertificateAndKey> make_server_certificate(const CertificateAndKey& authority,
                                                        const ServerNames& names,
                                                        std::chrono::days valid) {
    const Certificate issuer(
        PEM_read_bio_X509(memory_of(authority.certificate_pem).get(), nullptr, nullptr, nullptr));
    const Key issuer_key(
        PEM_read_bio_PrivateKey(memory_of(authority.key_pem).get(), nullptr, nullptr, nullptr));
    if (!issuer || !issuer_key) {
        return fail(ErrorCode::malformed, "the authority's certificate or key is not PEM");
    }
    const Key key(EVP_EC_gen("P-256"));
    CHECK(key != nullptr);
    const Certificate out = begin(key.get(), "salus server", valid);
    X509* const server = out.get();
    CHECK(X509_set_issuer_name(server, X509_get_subject_name(issuer.get())) == 1);
    const bool added =
        add_extension(server, issuer.get(), NID_basic_constraints, "critical,CA:FALSE") &&
        add_extension(server, issuer.get(), NID_key_usage, "critical,digitalSignature") &&
        add_extension(server, issuer.get(), NID_ext_key_usage, "serverAuth") &&
        add_extension(server, issuer.get(), NID_authority_key_identifier, "keyid");
    CHECK(added);
    if (!add_extension(server, issuer.get(), NID_subject_alt_name, alternative_names(names))) {
        return fail(ErrorCode::malformed, "a server name or address is not valid");
    }
    CHECK(X509_sign(server, issuer_key.get(), EVP_sha256()) > 0);
    return CertificateAndKey{pem_of(server), pem_of(key.get())};
}

base::Result<std::chrono::seconds> time_left(std::string_view certificate_pem) {
    const Certificate certificate(
        PEM_read_bio_X509(memory_of(certificate_pem).get(), nullptr, nullptr, nullptr));
    int days = 0;
    int seconds = 0;
    if (!certificate ||
        ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate.get())) != 1) {
        return fail(ErrorCode::malformed, "not a certificate in PEM");
    }
    return std::chrono::days(days) + std::chrono::seconds(seconds);
}

base::Bytes pbkdf2_sha512(std::string_view password, base::ByteView salt, unsigned iterations,
                          std::size_t bytes) {
    CHECK(iterations > 0);
    base::Bytes out(bytes);
    CHECK(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt.data(),
                            static_cast<int>(salt.size()), static_cast<int>(iterations),
                            EVP_sha512(), static_cast<int>(out.size()), out.data()) == 1);
    return out;
}

}  // namespace crypto
