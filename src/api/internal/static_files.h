// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "api/internal/http.h"

namespace api {

/// The built web app, read into memory at the start: a request can only name what is there, so no
/// path can lead out of the folder. Files with a hash in their name (assets/) are cached for good.
class StaticFiles {
public:
    static constexpr std::uintmax_t file_bytes_max = 16U << 20U;
    static constexpr std::size_t files_max = 2'000;

    /// A folder that is missing gives an app that says so.
    explicit StaticFiles(const std::filesystem::path& folder);

    /// The file at the path; `index.html` for a path that is none, so that the app's own addresses
    /// can be opened and reloaded. 404 for what looks like an asset.
    [[nodiscard]] Response answer(const Request& request) const;
    [[nodiscard]] bool empty() const { return files_.empty(); }

private:
    struct File {
        std::string plain;
        std::string gzip;    ///< Empty: there is none.
        std::string brotli;  ///< Empty: there is none.
        std::string content_type;
        std::string etag;
        std::string policy;  ///< Content-Security-Policy of a page.
        bool immutable = false;
    };
    std::map<std::string, File, std::less<>> files_;  ///< By path, with a leading '/'.
};

/// Headers that every answer carries.
[[nodiscard]] const std::vector<std::pair<std::string, std::string>>& security_headers();
/// No script but our own files; styles may stand in the page, as the component library sets sizes
/// so.
inline constexpr std::string_view content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' "
    "data:; "
    "font-src 'self'; connect-src 'self'; media-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace api
