// SPDX-License-Identifier: Apache-2.0
#include "storage/salvage.h"

#include <rocksdb/sst_file_reader.h>

#include <algorithm>
#include <map>

#include "storage/internal/checked_value.h"
#include "storage/internal/database_check.h"
#include "storage/internal/log_check.h"
#include "storage/internal/rocks_options.h"
#include "storage/internal/rocks_state.h"

namespace storage {

using base::Bytes;
using base::ByteView;
using internal::to_slice;
using internal::to_view;

namespace {

constexpr std::uint8_t user_prefix = 'u';

Bytes user_key(ByteView key) {
    Bytes out;
    out.reserve(key.size() + 1);
    out.push_back(user_prefix);
    base::append(out, key);
    return out;
}

// One logged write: sequence 8 | count 4 | entries; an entry is its kind and its parts, each after
// its length as a varint (RocksDB 7.8, db/write_batch.cc).
class LoggedWrite {
public:
    explicit LoggedWrite(ByteView record) : rest_(record) {
        constexpr std::size_t header_bytes = 12;
        rest_ = record.size() > header_bytes ? record.subspan(header_bytes) : ByteView();
    }
    struct Put {
        ByteView key;
        ByteView value;
    };
    // Nothing at the end, or where the rest is not understood.
    std::optional<Put> next() {
        constexpr std::uint8_t deletes = 0;
        constexpr std::uint8_t puts = 1;
        while (!rest_.empty()) {
            const auto kind = rest_[0];
            rest_ = rest_.subspan(1);
            if (kind != deletes && kind != puts) return std::nullopt;
            const auto key = part();
            if (!key) return std::nullopt;
            if (kind == deletes) continue;
            const auto value = part();
            if (!value) return std::nullopt;
            return Put{*key, *value};
        }
        return std::nullopt;
    }

private:
    std::optional<ByteView> part() {
        std::uint64_t length = 0;
        for (unsigned shift = 0; shift < 32 && !rest_.empty(); shift += 7) {
            const auto byte = rest_[0];
            rest_ = rest_.subspan(1);
            length |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
            if ((byte & 0x80U) != 0) continue;
            if (length > rest_.size()) return std::nullopt;
            const auto out = rest_.first(length);
            rest_ = rest_.subspan(length);
            return out;
        }
        return std::nullopt;
    }
    ByteView rest_;
};

struct Table {
    std::unique_ptr<rocksdb::SstFileReader> reader;
    std::unique_ptr<rocksdb::Iterator> at;
};

}  // namespace

struct Salvage::State {
    std::map<Bytes, Bytes> logged;  // users' keys with their last intact value, from the logs
    std::vector<Table> tables;
    std::optional<internal::HeadFile::Entry> head;
    bool torn = false;
    std::vector<std::string> damages;

    void read_head(const std::filesystem::path& folder);
    void read_log(const std::filesystem::path& log);
    void read_table(const std::filesystem::path& table);
    [[nodiscard]] std::optional<Bytes> in_table(Table& table, ByteView key) const;
};

void Salvage::State::read_head(const std::filesystem::path& folder) {
    const auto path = internal::head_of(folder);
    const auto slots = internal::HeadFile::read(path);
    if (!slots) {
        damages.push_back(path.string() + ": " + slots.error().detail);
        return;
    }
    head = slots->newest();
    if (!slots->whole()) damages.push_back(path.string() + ": a slot fails its checksum");
}

void Salvage::State::read_log(const std::filesystem::path& log) {
    const auto end = internal::check_log(
        log, UINT64_MAX,
        [this](ByteView record) {
            LoggedWrite write(record);
            while (const auto put = write.next()) {
                if (put->key.empty() || put->key[0] != user_prefix) continue;
                const auto key = put->key.subspan(1);
                const auto value = internal::checked_value(key, put->value);
                if (!value) continue;
                logged.insert_or_assign(Bytes(key.begin(), key.end()),
                                        Bytes(value->begin(), value->end()));
            }
        },
        internal::LogDamage::skip);
    if (!end) {
        damages.push_back(end.error().detail);
        return;
    }
    torn = end->torn;  // logs come in rising order: the newest counts
    if (end->damaged) damages.push_back(log.string() + ": records fail their checksums");
}

void Salvage::State::read_table(const std::filesystem::path& table) {
    auto reader = std::make_unique<rocksdb::SstFileReader>(internal::rocks_options_read_only());
    const auto opened = reader->Open(table.string());
    const auto status = opened.ok() ? reader->VerifyChecksum() : opened;
    if (!status.ok()) damages.push_back(table.string() + ": " + status.ToString());
    if (!opened.ok()) return;
    std::unique_ptr<rocksdb::Iterator> at(reader->NewIterator({}));
    tables.push_back({.reader = std::move(reader), .at = std::move(at)});
}

std::optional<Bytes> Salvage::State::in_table(Table& table, ByteView key) const {
    const auto wanted = user_key(key);
    table.at->Seek(to_slice(wanted));
    if (!table.at->Valid() || table.at->key() != to_slice(wanted)) return std::nullopt;
    const auto value = internal::checked_value(key, to_view(table.at->value()));
    if (!value) return std::nullopt;
    return Bytes(value->begin(), value->end());
}

Salvage::Salvage(std::unique_ptr<State> state) : state_(std::move(state)) {}
Salvage::~Salvage() = default;

base::Result<std::unique_ptr<Salvage>> Salvage::open(const std::filesystem::path& folder) {
    auto state = std::make_unique<State>();
    const auto slots = internal::HeadFile::read(internal::head_of(folder));
    if (!slots && slots.error().code == base::ErrorCode::unsupported_version) return pass(slots);
    state->read_head(folder);
    const auto database = internal::database_of(folder);
    const auto files = internal::list_files(database);
    if (!files) return pass(files);
    for (const auto& [name, size] : *files) {
        if (name.ends_with(".log")) state->read_log(database / name);
        if (name.ends_with(".sst")) state->read_table(database / name);
    }
    return std::unique_ptr<Salvage>(new Salvage(std::move(state)));
}

std::optional<Bytes> Salvage::get(ByteView key) {
    const auto logged = state_->logged.find(Bytes(key.begin(), key.end()));
    if (logged != state_->logged.end()) return logged->second;
    for (auto& table : state_->tables) {
        if (auto value = state_->in_table(table, key)) return value;
    }
    return std::nullopt;
}

bool Salvage::holds(ByteView key, ByteView value) {
    const auto same = [&](const Bytes& found) { return std::ranges::equal(found, value); };
    const auto logged = state_->logged.find(Bytes(key.begin(), key.end()));
    if (logged != state_->logged.end() && same(logged->second)) return true;
    return std::ranges::any_of(state_->tables, [&](Table& table) {
        const auto found = state_->in_table(table, key);
        return found && same(*found);
    });
}

std::optional<Bytes> Salvage::last_key(ByteView begin, ByteView end) {
    std::optional<Bytes> last;
    const auto take = [&](ByteView key) {
        if (std::ranges::lexicographical_compare(key, begin)) return;
        if (last && !std::ranges::lexicographical_compare(*last, key)) return;
        last = Bytes(key.begin(), key.end());
    };
    auto logged = state_->logged.lower_bound(Bytes(end.begin(), end.end()));
    if (logged != state_->logged.begin()) take((--logged)->first);
    const auto stop = user_key(end);
    for (auto& table : state_->tables) {
        table.at->SeekForPrev(to_slice(stop));
        if (table.at->Valid() && table.at->key() == to_slice(stop)) table.at->Prev();
        if (!table.at->Valid() || !table.at->key().starts_with("u")) continue;
        take(to_view(table.at->key()).subspan(1));
    }
    return last;
}

std::optional<std::uint64_t> Salvage::mark() const {
    if (!state_->head) return std::nullopt;
    return state_->head->mark;
}

bool Salvage::torn() const {
    return state_->torn;
}

const std::vector<std::string>& Salvage::damages() const {
    return state_->damages;
}

}  // namespace storage
