// SPDX-License-Identifier: Apache-2.0
#include "storage/internal/rocks_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>

#include <algorithm>

#include "storage/internal/table_checksum.h"

namespace storage::internal {
namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

// One cache for all stores of the process: the default run must fit a PC of 4 GB.
const std::shared_ptr<rocksdb::Cache>& shared_cache() {
    static const auto cache = rocksdb::NewLRUCache(64 * mebibyte);
    return cache;
}

// What this machine's RocksDB was built with, the first that it has.
rocksdb::CompressionType first_supported(std::initializer_list<rocksdb::CompressionType> wanted) {
    const auto supported = rocksdb::GetSupportedCompressions();
    for (const auto type : wanted) {
        if (std::ranges::find(supported, type) != supported.end()) return type;
    }
    return rocksdb::kNoCompression;
}

// RocksDB would look for room every five seconds on a thread of its own, and refuse Resume
// meanwhile. We resume with the first write after the one that failed, so that room is used at
// once.
class NoRecoveryByItself final : public rocksdb::EventListener {
public:
    const char* Name() const override { return "SalusNoRecoveryByItself"; }
    void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status /*error*/,
                              bool* recover) override {
        *recover = false;
    }
};

// A failed compaction stops flushes too, and then, some writes later, every writer for ever: it
// must be resumed, although no write has failed yet.
class TellsWhenStopped final : public rocksdb::EventListener {
public:
    explicit TellsWhenStopped(std::shared_ptr<std::atomic<bool>> stopped)
        : stopped_(std::move(stopped)) {}
    const char* Name() const override { return "SalusTellsWhenStopped"; }
    void OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/,
                           rocksdb::Status* /*error*/) override {
        *stopped_ = true;
    }

private:
    std::shared_ptr<std::atomic<bool>> stopped_;
};

void set_safety(rocksdb::Options& options) {
    // The default (point in time) drops everything after a flipped bit without a word; this one
    // refuses to open and still accepts a last record that a crash cut short.
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    options.paranoid_checks = true;
    // Block checksums leave some bytes of an .sst unchecked; a checksum of the whole file does not.
    options.file_checksum_gen_factory = table_checksum_factory();
    // A closed log's size stands in the MANIFEST, so that one cut short or lost is noticed although
    // a newer log holds the newest batch.
    options.track_and_verify_wals_in_manifest = true;
    options.verify_sst_unique_id_in_manifest = true;
    options.listeners.push_back(std::make_shared<NoRecoveryByItself>());
    // log_check.cpp reads the logs: no recycled files (their tails hold old records), no
    // compression.
    options.recycle_log_file_num = 0;
    options.wal_compression = rocksdb::kNoCompression;
}

void set_footprint(rocksdb::Options& options) {
    options.write_buffer_size = 16 * mebibyte;
    options.max_write_buffer_number = 3;
    options.max_total_wal_size = 64 * mebibyte;
    options.max_open_files = 256;
    options.max_background_jobs = 2;
    options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
    options.max_log_file_size = mebibyte;
    options.keep_log_file_num = 2;
    options.max_manifest_file_size = 16 * mebibyte;
    options.level_compaction_dynamic_level_bytes = true;
    // At the bottom too: most of what stands there are signatures and hashes, of which zstd would
    // save a sixth for 3 % of the processor while a chain grows.
    options.compression = first_supported({rocksdb::kLZ4Compression, rocksdb::kSnappyCompression});

    rocksdb::BlockBasedTableOptions table;
    table.block_cache = shared_cache();
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));  // bits a key: 1 % false hits
    table.cache_index_and_filter_blocks = true;  // within the cache's bound, not beside it
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    table.format_version = 5;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
}

}  // namespace

rocksdb::Options rocks_options() {
    rocksdb::Options options;
    set_safety(options);
    set_footprint(options);
    return options;
}

void tell_when_stopped(rocksdb::Options& options, std::shared_ptr<std::atomic<bool>> stopped) {
    options.listeners.push_back(std::make_shared<TellsWhenStopped>(std::move(stopped)));
}

rocksdb::Options rocks_options_read_only() {
    rocksdb::Options options = rocks_options();
    options.create_if_missing = false;
    options.max_open_files = -1;
    return options;
}

std::unexpected<base::Error> to_error(const rocksdb::Status& status, const std::string& action) {
    const std::string words = status.ToString();
    const std::string detail = "cannot " + action + ": " + words;
    const auto says = [&](const char* text) { return words.find(text) != std::string::npos; };
    if (status.IsNoSpace() || says("No space left") || says("Disk quota exceeded")) {
        return base::fail(base::ErrorCode::storage_full, detail + "; make room, then retry");
    }
    if (status.IsCorruption()) {
        return base::fail(base::ErrorCode::corrupted, detail + "; restore it from a backup");
    }
    if (says("lock file") || says("lock hold")) {
        return base::fail(base::ErrorCode::busy, detail + "; stop the other process first");
    }
    return base::fail(base::ErrorCode::unavailable, detail);
}

}  // namespace storage::internal
