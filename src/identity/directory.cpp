// SPDX-License-Identifier: Apache-2.0
#include "identity/directory.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "identity/internal/directory_records.h"

namespace identity {
namespace {

constexpr std::string_view person_prefix = "directory/person/";
constexpr std::string_view device_prefix = "directory/device/";

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

}  // namespace

/// Everything is in memory as well: a clinic has thousands of people, not millions.
struct Directory::State {
    explicit State(storage::KeyValueStore& borrowed) : store(borrowed) {}

    storage::KeyValueStore& store;
    mutable std::shared_mutex mutex;  // guards all below
    std::map<wire::LedgerId, Person> people;
    std::map<std::string, wire::LedgerId, std::less<>> logins;
    std::map<wire::DeviceId, DeviceRecord> devices;

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
        if (const auto people_read = read(person_prefix, take_person); !people_read) {
            return people_read;
        }
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
    if (state_->devices.contains(device.id)) {
        return base::fail(base::ErrorCode::conflict, "a device with this id is enrolled already");
    }
    const auto written =
        put(state_->store, storage_key(device_prefix, device.id.view()), to_json(device));
    if (!written) return written;
    state_->devices.emplace(device.id, device);
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
    std::vector<DeviceRecord> out;
    out.reserve(state_->devices.size());
    for (const auto& [id, device] : state_->devices) out.push_back(device);
    return out;
}

std::vector<DeviceRecord> Directory::devices_of(const wire::LedgerId& patient) const {
    const std::shared_lock lock(state_->mutex);
    std::vector<DeviceRecord> out;
    for (const auto& [id, device] : state_->devices) {
        if (device.patient == patient) out.push_back(device);
    }
    return out;
}

base::Result<void> Directory::set_suspended(const wire::DeviceId& id, bool suspended) {
    const std::unique_lock lock(state_->mutex);
    const auto found = state_->devices.find(id);
    if (found == state_->devices.end()) {
        return base::fail(base::ErrorCode::not_found, "no device is enrolled under this id");
    }
    auto changed = found->second;
    changed.suspended = suspended;
    const auto written =
        put(state_->store, storage_key(device_prefix, id.view()), to_json(changed));
    if (!written) return written;
    found->second = std::move(changed);
    return {};
}

}  // namespace identity
