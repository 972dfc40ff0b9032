// SPDX-License-Identifier: Apache-2.0
#include "pda/hub.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>

namespace pda {

using base::pass;
using namespace std::chrono_literals;

namespace {

/// What is to be erased waits this long for a write that has to be made anyway.
constexpr std::chrono::milliseconds erase_after = 1s;
constexpr std::size_t erasures_max = 4'096;

/// A time that a clock set back has moved far ahead counts as reached.
bool is_due(base::TimePoint at, base::TimePoint now, std::chrono::milliseconds wait_max) {
    return at <= now || at > now + wait_max;
}

void add(RelayCounts& sum, const RelayCounts& more) {
    sum.batches_received += more.batches_received;
    sum.batches_repeated += more.batches_repeated;
    sum.batches_forwarded += more.batches_forwarded;
    sum.batches_resent += more.batches_resent;
    sum.batches_stored += more.batches_stored;
    sum.batches_acknowledged += more.batches_acknowledged;
    sum.records_forwarded += more.records_forwarded;
    sum.passed_on += more.passed_on;
    for (const auto& [reason, count] : more.refusals) sum.refusals[reason] += count;
}

}  // namespace

/// Tells one content of a file from another: a replaced file is another inode.
struct Hub::FileState {
    ::ino_t inode = 0;
    ::off_t size = -1;
    ::timespec changed{};

    static FileState of(const std::filesystem::path& file) {
        struct stat info{};
        if (::stat(file.c_str(), &info) != 0) return {};
        return {info.st_ino, info.st_size, info.st_mtim};
    }
    friend bool operator==(const FileState& a, const FileState& b) {
        return a.inode == b.inode && a.size == b.size && a.changed.tv_sec == b.changed.tv_sec &&
               a.changed.tv_nsec == b.changed.tv_nsec;
    }
};

struct Hub::Member {
    std::unique_ptr<Relay> relay;
    std::filesystem::path file;
    FileState credentials;
};

Hub::Hub(std::filesystem::path config, const DeviceQueue::Limits& limits,
         const Surroundings& surroundings)
    : config_file_(std::move(config)),
      limits_(limits),
      surroundings_(surroundings),
      store_(surroundings.store),
      config_state_(std::make_unique<FileState>()) {}

Hub::~Hub() = default;

base::Result<std::unique_ptr<Hub>> Hub::open(const std::filesystem::path& config,
                                             const DeviceQueue::Limits& limits,
                                             const Surroundings& surroundings) {
    std::unique_ptr<Hub> hub(new Hub(config, limits, surroundings));
    if (auto loaded = hub->reload(); !loaded) return pass(loaded);
    return hub;
}

base::Result<void> Hub::reload() {
    const FileState state = FileState::of(config_file_);
    const bool same_files = std::ranges::all_of(members_, [](const auto& member) {
        return FileState::of(member.second->file) == member.second->credentials;
    });
    if (state == *config_state_ && same_files) return {};
    const auto config = read_pda_config(config_file_);
    if (!config) return pass(config);
    if (auto taken = take(*config); !taken) return taken;
    *config_state_ = state;
    return {};
}

/// One PDA whose credentials cannot be read does not keep the others from theirs.
base::Result<void> Hub::take(const PdaConfig& config) {
    base::Result<void> first;
    std::set<wire::DeviceId> wanted;
    for (const PdaMember& member : config.pdas) {
        wanted.insert(member.id);
        if (auto taken = take(member, config.tenant); !taken && first) first = taken;
    }
    std::erase_if(members_, [&](const auto& member) { return !wanted.contains(member.first); });
    return first;
}

base::Result<void> Hub::take(const PdaMember& wanted, const std::string& tenant) {
    const auto file = config_file_.parent_path() / wanted.credentials;
    const FileState state = FileState::of(file);
    const auto known = members_.find(wanted.id);
    if (known != members_.end() && known->second->credentials == state) return {};
    auto credentials = askg::read_file<askg::PdaCredentials>(file);
    if (!credentials) return pass(credentials);
    if (credentials->grant.id != wanted.id) {
        return base::fail(base::ErrorCode::malformed,
                          file.string() + " holds another PDA's credentials");
    }
    const Relay::Setup setup{.credentials = std::move(*credentials), .tenant = tenant};
    if (known != members_.end()) {
        if (auto updated = known->second->relay->update(setup); !updated) return updated;
        known->second->credentials = state;
        return {};
    }
    auto relay = Relay::open(setup, limits_, {store_, surroundings_.clock, surroundings_.random});
    if (!relay) return pass(relay);
    const std::string name = base::to_hex(wanted.id.view());
    (*relay)->attach(surroundings_.network.make_client({name, name, wanted.password}));
    members_.emplace(wanted.id, std::make_unique<Member>(Member{std::move(*relay), file, state}));
    return {};
}

void Hub::step(std::chrono::milliseconds wait_max) {
    base::TimePoint now = surroundings_.clock.now();
    if (is_due(look_at_, now, look_every)) {
        look_at_ = now + look_every;
        if (auto loaded = reload(); !loaded) last_error_ = loaded.error().detail;
    }
    base::TimePoint wake = now + wait_max;
    for (const auto& [id, member] : members_) {
        wake = std::min(wake, member->relay->next_wake());
        if (const auto keep = member->relay->next_keep()) {
            wake = std::min(wake, std::max(*keep, write_at_));
        }
    }
    surroundings_.network.poll(std::max(wake - surroundings_.clock.now(), 0ms));
    for (const auto& [id, member] : members_) member->relay->work();
    now = surroundings_.clock.now();
    if (is_due(write_at_, now, write_every)) {
        write_at_ = now + write_every;
        write();
    }
    for (const auto& [id, member] : members_) member->relay->tell();
}

/// A write takes as long as the disk does, so what was handed on leaves before it.
void Hub::write() {
    for (const auto& [id, member] : members_) member->relay->keep();
    const base::TimePoint now = surroundings_.clock.now();
    const bool erase_due =
        is_due(erase_at_, now, erase_after) || store_.erasures_waiting() >= erasures_max;
    if (store_.puts_waiting() == 0 && (store_.erasures_waiting() == 0 || !erase_due)) return;
    erase_at_ = now + erase_after;
    surroundings_.network.poll(0ms);
    const auto written = store_.flush();
    if (!written) last_error_ = written.error().detail;
    for (const auto& [id, member] : members_) member->relay->flushed(written);
}

base::Result<void> Hub::close() {
    for (const auto& [id, member] : members_) {
        member->relay->close();
        member->relay->keep();  // without a connection: everything
    }
    return store_.flush();
}

std::string Hub::last_error() const {
    for (const auto& [id, member] : members_) {
        if (!member->relay->last_error().empty()) return member->relay->last_error();
    }
    return last_error_;
}

HubSummary Hub::summary() const {
    HubSummary out;
    out.pdas = members_.size();
    out.last_error = last_error();
    for (const auto& [id, member] : members_) {
        const Relay& relay = *member->relay;
        if (relay.connected()) ++out.connected;
        if (relay.reaches_cloud()) ++out.reach_cloud;
        out.waiting += relay.waiting();
        add(out.counts, relay.counts());
    }
    return out;
}

}  // namespace pda
