// SPDX-License-Identifier: Apache-2.0
#include "pda/batch_store.h"

#include <utility>

namespace pda {
namespace {

constexpr std::uint8_t prefix = 'b';
constexpr std::size_t key_bytes = 1 + 16 + 16 + 8;

base::Bytes prefix_of(const wire::DeviceId& pda) {
    base::Bytes out;
    out.reserve(key_bytes);
    out.push_back(prefix);
    base::append(out, pda.view());
    return out;
}

base::Bytes bytes_of(const BatchKey& key) {
    base::Bytes out = prefix_of(key.pda);
    base::append(out, key.device.view());
    base::append_u64(out, key.counter);
    return out;
}

base::Result<BatchKey> key_from(base::ByteView bytes) {
    if (bytes.size() != key_bytes) {
        return base::fail(base::ErrorCode::corrupted, "the PDA's store has a key of " +
                                                          std::to_string(bytes.size()) +
                                                          " bytes; a batch's has 41");
    }
    return BatchKey{.pda = *wire::DeviceId::from(bytes.subspan(1, 16)),
                    .device = *wire::DeviceId::from(bytes.subspan(17, 16)),
                    .counter = base::read_u64(bytes.subspan(33))};
}

}  // namespace

void BatchStore::put(const BatchKey& key, base::ByteView batch) {
    puts_.put(bytes_of(key), {batch.begin(), batch.end()});
}

void BatchStore::erase(const BatchKey& key) {
    erasures_.push_back(bytes_of(key));
}

base::Result<void> BatchStore::flush() {
    // What was put and acknowledged before this flush is erased: so erasures stand last.
    storage::WriteBatch all = std::exchange(puts_, {});
    for (const base::Bytes& key : erasures_) all.erase(key);
    if (all.empty()) return {};
    auto written = store_.write(all);
    if (written) erasures_.clear();
    return written;
}

base::Result<base::Bytes> BatchStore::get(const BatchKey& key) const {
    auto value = store_.get(bytes_of(key));
    if (!value) return base::pass(value);
    if (!*value) return base::fail(base::ErrorCode::not_found, "no such batch is kept");
    return std::move(**value);
}

base::Result<void> BatchStore::scan(
    const wire::DeviceId& pda,
    const std::function<void(const BatchKey&, base::ByteView batch)>& visit) const {
    const base::Bytes begin = prefix_of(pda);
    base::Result<void> sound;
    auto scanned = store_.scan(begin, storage::end_of_prefix(begin),
                               [&](base::ByteView key, base::ByteView value) {
                                   const auto parsed = key_from(key);
                                   if (!parsed) {
                                       sound = base::pass(parsed);
                                       return false;
                                   }
                                   visit(*parsed, value);
                                   return true;
                               });
    if (!scanned) return scanned;
    return sound;
}

}  // namespace pda
