// SPDX-License-Identifier: Apache-2.0
#include "identity/consent_keys.h"

#include <algorithm>
#include <array>

#include "crypto/hash.h"
#include "crypto/key_wrap.h"

namespace identity {
namespace {

constexpr std::size_t key_bytes = 32;

base::Bytes storage_key(const wire::Hash256& token_key_hash) {
    base::Bytes out;
    base::append(out, base::as_bytes("consent_key/"));
    base::append(out, token_key_hash.view());
    return out;
}

}  // namespace

base::Result<wire::Hash256> ConsentKeys::create() {
    std::array<std::uint8_t, key_bytes> key{};
    random_.fill(key);
    const wire::Hash256 hash{crypto::sha512_256(key)};
    storage::WriteBatch batch;
    // Bound to its hash, so that a wrapped key moved under another name does not open.
    batch.put(storage_key(hash), crypto::wrap_key(wrapping_key_, key, hash.view(), random_));
    crypto::wipe(key);
    if (const auto written = store_.write(batch); !written) return base::pass(written);
    return hash;
}

base::Result<wire::Hash256> ConsentKeys::token(const wire::Hash256& token_key_hash,
                                               const wire::Hash256& readings_root) const {
    const auto wrapped = store_.get(storage_key(token_key_hash));
    if (!wrapped) return base::pass(wrapped);
    if (!wrapped->has_value()) {
        return base::fail(base::ErrorCode::not_found,
                          "this node does not hold the consent's token key; the patient must grant "
                          "consent anew here");
    }
    auto key = crypto::unwrap_key(wrapping_key_, **wrapped, token_key_hash.view());
    if (!key) {
        return base::fail(base::ErrorCode::corrupted,
                          "the stored token key of a consent does not open under the node key; "
                          "restore DIR/keys/node.key that belongs to this data");
    }
    const auto mac = crypto::hmac_sha512(*key, readings_root.view());
    crypto::wipe(*key);
    wire::Hash256 token;
    std::copy_n(mac.begin(), token.bytes.size(), token.bytes.begin());
    return token;
}

}  // namespace identity
