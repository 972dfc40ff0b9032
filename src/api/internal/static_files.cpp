// SPDX-License-Identifier: Apache-2.0
#include "api/internal/static_files.h"

#include <spdlog/spdlog.h>

#include <array>
#include <fstream>
#include <iterator>

#include "base/bytes.h"
#include "crypto/hash.h"

namespace api {
namespace {

constexpr std::string_view missing_page =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Salus</title>"
    "<p>The web app is not built on this machine. Run ./run, which builds it, or open "
    "/openapi.json for the interface itself.</p></html>";

std::string content_type_of(const std::filesystem::path& file) {
    static const std::map<std::string, std::string, std::less<>> types{
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".map", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".txt", "text/plain; charset=utf-8"},
        {".webmanifest", "application/manifest+json"}};
    const auto found = types.find(file.extension().string());
    return found == types.end() ? "application/octet-stream" : found->second;
}

std::string read_whole(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string to_base64(base::ByteView bytes) {
    // RFC 4648 section 4, as Content-Security-Policy writes hashes; 32 bytes need one '='.
    auto text = base::to_base64url(bytes);
    for (auto& c : text) {
        if (c == '-') c = '+';
        if (c == '_') c = '/';
    }
    while (text.size() % 4 != 0) text.push_back('=');
    return text;
}

/// The policy of one page: where scripts stand in the page itself (the verifier that one can keep
/// as a single file), exactly those are allowed, by their hashes.
std::string policy_of(std::string_view html) {
    std::string hashes;
    for (std::size_t at = html.find("<script"); at != std::string_view::npos;
         at = html.find("<script", at)) {
        const auto open_end = html.find('>', at);
        if (open_end == std::string_view::npos) break;
        const auto close = html.find("</script", open_end);
        if (close == std::string_view::npos) break;
        const auto code = html.substr(open_end + 1, close - open_end - 1);
        if (!code.empty()) {
            hashes += " 'sha256-" + to_base64(crypto::sha256(base::as_bytes(code))) + "'";
        }
        at = close;
    }
    std::string policy(content_security_policy);
    constexpr std::string_view place = "script-src 'self'";
    policy.insert(policy.find(place) + place.size(), hashes);
    return policy;
}

bool accepts(std::string_view accept_encoding, std::string_view coding) {
    return accept_encoding.find(coding) != std::string_view::npos;
}

}  // namespace

const std::vector<std::pair<std::string, std::string>>& security_headers() {
    static const std::vector<std::pair<std::string, std::string>> headers{
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Permissions-Policy", "camera=(self), microphone=(), geolocation=(), payment=()"}};
    return headers;
}

StaticFiles::StaticFiles(const std::filesystem::path& folder) {
    namespace fs = std::filesystem;
    std::error_code failed;
    if (folder.empty() || !fs::is_directory(folder, failed)) return;
    for (fs::recursive_directory_iterator it(folder, failed), end; !failed && it != end;
         it.increment(failed)) {
        // Links are not followed: the app has none, and they could lead anywhere.
        if (it->is_symlink(failed) || !it->is_regular_file(failed)) continue;
        const auto extension = it->path().extension();
        if (extension == ".br" || extension == ".gz") continue;
        if (it->file_size(failed) > file_bytes_max || files_.size() >= files_max) {
            spdlog::warn(R"({{"event":"web_file_left_out","reason":"too large or too many"}})");
            continue;
        }
        File file;
        file.plain = read_whole(it->path());
        file.gzip = read_whole(it->path().string() + ".gz");
        file.brotli = read_whole(it->path().string() + ".br");
        file.content_type = content_type_of(it->path());
        const auto digest = crypto::sha256(base::as_bytes(file.plain));
        file.etag = '"' + base::to_hex(base::ByteView(digest).first(16)) + '"';
        const auto name = '/' + fs::relative(it->path(), folder, failed).generic_string();
        file.immutable = name.starts_with("/assets/");
        file.policy =
            extension == ".html" ? policy_of(file.plain) : std::string(content_security_policy);
        files_.emplace(name, std::move(file));
    }
    if (failed) {
        spdlog::warn(R"({{"event":"web_folder_unreadable","reason":"{}"}})", failed.message());
    }
}

Response StaticFiles::answer(const Request& request) const {
    Response response;
    auto found = files_.find(request.path);
    if (found == files_.end()) {
        const bool asset = request.path.starts_with("/assets/");
        found = asset ? files_.end() : files_.find("/index.html");
    }
    response.content_type = "text/html; charset=utf-8";
    if (found == files_.end()) {
        response.status = 404;
        response.body = missing_page;
        response.headers = {{"Cache-Control", "no-store"},
                            {"Content-Security-Policy", std::string(content_security_policy)}};
        return response;
    }
    const auto& file = found->second;
    response.content_type = file.content_type;
    response.headers = {
        {"Content-Security-Policy", file.policy},
        {"Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache"},
        {"ETag", file.etag},
        {"Vary", "Accept-Encoding"}};
    if (request.if_none_match == file.etag) {
        response.status = 304;
        return response;
    }
    if (!file.brotli.empty() && accepts(request.accept_encoding, "br")) {
        response.headers.emplace_back("Content-Encoding", "br");
        response.body = file.brotli;
    } else if (!file.gzip.empty() && accepts(request.accept_encoding, "gzip")) {
        response.headers.emplace_back("Content-Encoding", "gzip");
        response.body = file.gzip;
    } else {
        response.body = file.plain;
    }
    return response;
}

}  // namespace api
