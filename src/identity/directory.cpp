// SPDX-License-Identifier: Apache-2.0
#include "identity/directory.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "identity/internal/directory_records.h"

namespace identity {
namespace {

constexpr std::string_view person_prefix = "directory/person/";
constexpr std::string_view device_prefix = "directory/device/";
constexpr std::string_view pda_prefix = "directory/pda/";
/// Names by number, the first being number 1: the enumerators are contiguous.
constexpr std::array<std::string_view, 4> state_names = {"active", "suspended", "revoked",
                                                         "retired"};
constexpr std::array<std::string_view, 2> sealed_to_names = {"pda", "cloud"};

template <class Enum, std::size_t N>
std::string_view name_at(const std::array<std::string_view, N>& names, Enum value) {
    const auto number = static_cast<std::size_t>(value);
    return number >= 1 && number <= N ? names[number - 1] : "unknown";
}
template <class Enum, std::size_t N>
std::optional<Enum> from_name(const std::array<std::string_view, N>& names, std::string_view name) {
    const auto* const found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Enum>(found - names.begin() + 1);
}

base::Bytes storage_key(std::string_view prefix, base::ByteView id) {
    base::Bytes out;
    base::append(out, base::as_bytes(prefix));
    base::append(out, id);
    return out;
}

base::Result<void> put(storage::KeyValueStore& store, base::Bytes key, const std::string& record) {
    storage::WriteBatch batch;
    const auto bytes = base::as_bytes(record);
    batch.put(std::move(key), base::Bytes(bytes.begin(), bytes.end()));
    return store.write(batch);
}

template <class Record>
std::vector<Record> values_of(const std::map<wire::DeviceId, Record>& records) {
    std::vector<Record> out;
    out.reserve(records.size());
    for (const auto& [id, record] : records) out.push_back(record);
    return out;
}

}  // namespace

std::string_view name_of(DeviceState state) {
    return name_at(state_names, state);
}
std::string_view name_of(SealedTo sealed_to) {
    return name_at(sealed_to_names, sealed_to);
}
std::optional<DeviceState> device_state_from_name(std::string_view name) {
    return from_name<DeviceState>(state_names, name);
}
std::optional<SealedTo> sealed_to_from_name(std::string_view name) {
    return from_name<SealedTo>(sealed_to_names, name);
}

/// Everything is in memory as well: a clinic has thousands of people, not millions.
struct Directory::State {
    explicit State(storage::KeyValueStore& borrowed) : store(borrowed) {}

    storage::KeyValueStore& store;
    mutable std::shared_mutex mutex;  // guards all below
    std::map<wire::LedgerId, Person> people;
    std::map<std::string, wire::LedgerId, std::less<>> logins;
    std::map<wire::DeviceId, DeviceRecord> devices;
    std::map<wire::DeviceId, PdaRecord> pdas;
    std::atomic<std::uint64_t> version = 1;  // read without the mutex

    [[nodiscard]] bool taken(const wire::DeviceId& id) const {
        return devices.contains(id) || pdas.contains(id);
    }
    /// Changes the state of one of `records` on disk, then in memory.
    template <class Record>
    base::Result<void> change(std::map<wire::DeviceId, Record>& records, std::string_view prefix,
                              const wire::DeviceId& id, DeviceState wanted,
                              const wire::LedgerId& by) {
        Record& kept = records.at(id);
        if (kept.state == wanted && kept.changed_by == by) return {};
        if (is_final(kept.state) && kept.state != wanted) {
            return base::fail(base::ErrorCode::conflict, "what is " +
                                                             std::string(name_of(kept.state)) +
                                                             " stays so; enrol it under a new id");
        }
        Record changed = kept;
        changed.state = wanted;
        changed.changed_by = by;
        const auto written = put(store, storage_key(prefix, id.view()), to_json(changed));
        if (!written) return written;
        kept = std::move(changed);
        ++version;
        return {};
    }

    base::Result<void> load() {
        base::Result<void> outcome;
        const auto read = [&](std::string_view prefix, auto&& take) -> base::Result<void> {
            const auto begin = storage_key(prefix, {});
            const auto scanned = store.scan(begin, storage::end_of_prefix(begin),
                                            [&](base::ByteView, base::ByteView value) {
                                                outcome = take(base::as_text(value));
                                                return outcome.has_value();
                                            });
            if (!scanned) return scanned;
            return outcome;
        };
        const auto take_person = [&](std::string_view text) -> base::Result<void> {
            auto person = person_from_json(text);
            if (!person) return base::pass(person);
            if (!person->login.empty()) logins.emplace(person->login, person->id);
            const auto id = person->id;
            people.emplace(id, *std::move(person));
            return {};
        };
        const auto take_device = [&](std::string_view text) -> base::Result<void> {
            auto device = device_from_json(text);
            if (!device) return base::pass(device);
            const auto id = device->id;
            devices.emplace(id, *std::move(device));
            return {};
        };
        const auto take_pda = [&](std::string_view text) -> base::Result<void> {
            auto pda = pda_from_json(text);
            if (!pda) return base::pass(pda);
            const auto id = pda->id;
            pdas.emplace(id, *std::move(pda));
            return {};
        };
        if (auto done = read(person_prefix, take_person); !done) return done;
        if (auto done = read(pda_prefix, take_pda); !done) return done;
        return read(device_prefix, take_device);
    }
};

Directory::Directory(std::unique_ptr<State> state) : state_(std::move(state)) {}
Directory::~Directory() = default;

base::Result<std::unique_ptr<Directory>> Directory::open(storage::KeyValueStore& store) {
    auto state = std::make_unique<State>(store);
    if (const auto loaded = state->load(); !loaded) return base::pass(loaded);
    return std::unique_ptr<Directory>(new Directory(std::move(state)));
}

base::Result<void> Directory::add(const Person& person) {
    if (const auto form = check_form(person); !form) return form;
    const std::unique_lock lock(state_->mutex);
    if (state_->people.contains(person.id)) {
        return base::fail(base::ErrorCode::conflict, "a person with this id is enrolled already");
    }
    if (!person.login.empty() && state_->logins.contains(person.login)) {
        return base::fail(base::ErrorCode::conflict,
                          "the login '" + person.login + "' is taken; choose another");
    }
    const auto written =
        put(state_->store, storage_key(person_prefix, person.id.view()), to_json(person));
    if (!written) return written;
    state_->people.emplace(person.id, person);
    if (!person.login.empty()) state_->logins.emplace(person.login, person.id);
    return {};
}

base::Result<void> Directory::add(const DeviceRecord& device) {
    if (const auto form = check_form(device); !form) return form;
    const std::unique_lock lock(state_->mutex);
    if (state_->taken(device.id)) {
        return base::fail(base::ErrorCode::conflict, "a device with this id is enrolled already");
    }
    const auto pda = state_->pdas.find(device.pda);
    if (pda == state_->pdas.end() || pda->second.patient != device.patient) {
        return base::fail(base::ErrorCode::not_found,
                          "the device's PDA is not enrolled for the device's patient");
    }
    const auto written =
        put(state_->store, storage_key(device_prefix, device.id.view()), to_json(device));
    if (!written) return written;
    state_->devices.emplace(device.id, device);
    ++state_->version;
    return {};
}

base::Result<void> Directory::add(const PdaRecord& pda) {
    if (const auto form = check_form(pda); !form) return form;
    const std::unique_lock lock(state_->mutex);
    if (state_->taken(pda.id)) {
        return base::fail(base::ErrorCode::conflict, "a PDA with this id is enrolled already");
    }
    const auto written = put(state_->store, storage_key(pda_prefix, pda.id.view()), to_json(pda));
    if (!written) return written;
    state_->pdas.emplace(pda.id, pda);
    ++state_->version;
    return {};
}

std::optional<Person> Directory::person(const wire::LedgerId& id) const {
    const std::shared_lock lock(state_->mutex);
    const auto found = state_->people.find(id);
    if (found == state_->people.end()) return std::nullopt;
    return found->second;
}

std::optional<Person> Directory::person_by_login(std::string_view login) const {
    const std::shared_lock lock(state_->mutex);
    const auto found = state_->logins.find(login);
    if (found == state_->logins.end()) return std::nullopt;
    return state_->people.at(found->second);
}

std::vector<Person> Directory::people() const {
    const std::shared_lock lock(state_->mutex);
    std::vector<Person> out;
    out.reserve(state_->people.size());
    for (const auto& [id, person] : state_->people) out.push_back(person);
    return out;
}

std::vector<Person> Directory::people(wire::Role role) const {
    const std::shared_lock lock(state_->mutex);
    std::vector<Person> out;
    for (const auto& [id, person] : state_->people) {
        if (person.role == role) out.push_back(person);
    }
    return out;
}

std::optional<DeviceRecord> Directory::device(const wire::DeviceId& id) const {
    const std::shared_lock lock(state_->mutex);
    const auto found = state_->devices.find(id);
    if (found == state_->devices.end()) return std::nullopt;
    return found->second;
}

std::vector<DeviceRecord> Directory::devices() const {
    const std::shared_lock lock(state_->mutex);
    return values_of(state_->devices);
}

std::vector<DeviceRecord> Directory::devices_of(const wire::LedgerId& patient) const {
    const std::shared_lock lock(state_->mutex);
    std::vector<DeviceRecord> out;
    for (const auto& [id, device] : state_->devices) {
        if (device.patient == patient) out.push_back(device);
    }
    return out;
}

std::optional<PdaRecord> Directory::pda(const wire::DeviceId& id) const {
    const std::shared_lock lock(state_->mutex);
    const auto found = state_->pdas.find(id);
    if (found == state_->pdas.end()) return std::nullopt;
    return found->second;
}

std::vector<PdaRecord> Directory::pdas() const {
    const std::shared_lock lock(state_->mutex);
    return values_of(state_->pdas);
}

base::Result<void> Directory::set_state(const wire::DeviceId& id, DeviceState state,
                                        const wire::LedgerId& by) {
    const std::unique_lock lock(state_->mutex);
    if (state_->devices.contains(id)) {
        return state_->change(state_->devices, device_prefix, id, state, by);
    }
    if (state_->pdas.contains(id)) return state_->change(state_->pdas, pda_prefix, id, state, by);
    return base::fail(base::ErrorCode::not_found, "no device is enrolled under this id");
}

std::uint64_t Directory::version() const {
    return state_->version;
}

}  // namespace identity
