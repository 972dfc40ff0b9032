// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "wire/ids.h"

namespace vault::internal {

/// The largest that `seal_object` makes of `content_bytes_max`; nothing above is read from disk.
[[nodiscard]] std::size_t object_bytes_max();

/// version 1 | nonce 12 | AES-256-GCM(zstd(content)), the version byte being associated data.
///
/// The nonce is derived from the record key and from what is sealed. So the same key and content
/// give the same object and id; and should one key ever seal two contents (or one content that
/// another version of zstd packs otherwise), they do not share a nonce, which GCM would not
/// survive. CHECKs the sizes of the key and of the content.
[[nodiscard]] base::Bytes seal_object(base::ByteView record_key, base::ByteView content);
/// Errors: `corrupted` saying what is wrong.
[[nodiscard]] base::Result<base::Bytes> open_object(base::ByteView record_key,
                                                    base::ByteView object);

/// CIDv1 of these bytes: raw codec, sha2-256.
[[nodiscard]] wire::ContentId id_of_object(base::ByteView object);

}  // namespace vault::internal
