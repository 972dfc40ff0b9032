// SPDX-License-Identifier: Apache-2.0
#include "cli/device_desk.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <thread>

#include "cli/setup_command.h"
#include "storage/files.h"

namespace cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using base::ErrorCode;
using base::Result;

constexpr std::size_t order_bytes_max = 65'536;
constexpr std::chrono::seconds answer_patience{10};
constexpr std::chrono::seconds work_patience{60};  // once the node has begun; both chosen by us
constexpr std::chrono::milliseconds answer_poll{20};
constexpr std::string_view order_end = ".order";
constexpr std::string_view begun_end = ".begun";
constexpr std::string_view answer_end = ".answer";

Enrolment::Parts parts_of(const DeviceDesk& desk) {
    return {.folder = desk.folder,
            .keys = desk.keys,
            .directory = desk.directory,
            .clock = desk.clock,
            .random = desk.random,
            .certify = [chain = desk.chain](const wire::Certify& certify) -> Result<void> {
                if (chain != nullptr) chain->tell(certify);
                return {};
            }};
}

/// Who is elsewhere and cannot speak with its PDA any more is named, with what to do.
void name_left_behind(const DeviceDesk& desk, const Enrolment& enrolment) {
    for (const auto& id : enrolment.left_behind()) {
        spdlog::warn(
            "device {} has keys of an earlier generation, and its PDA has not: renew its file with "
            "salus askg renew --data {} --party device --id {} --out FILE",
            base::to_hex(id.view()), desk.folder.root.string(), base::to_hex(id.view()));
    }
}

/// Files for PDAs, cloud server and broker; and the node that runs learns of it now.
Result<void> publish(const DeviceDesk& desk, Enrolment& enrolment) {
    if (auto done = enrolment.commit(); !done) return done;
    name_left_behind(desk, enrolment);
    if (desk.peers != nullptr) {
        auto face = read_cloud_server(desk.folder, desk.peers->sequence());
        if (!face) return base::pass(face);
        if (auto taken = desk.peers->take(std::move(face->provision)); !taken) return taken;
    }
    if (desk.broker.port == 0) return {};  // written at the next start
    return write_broker(desk.folder, desk.broker, desk.directory, desk.keys, desk.random);
}

Result<json::object> read_object(const fs::path& file) {
    const auto bytes = storage::read_file(file, order_bytes_max);
    if (!bytes) return base::pass(bytes);
    boost::system::error_code broken;
    auto value = json::parse(base::as_text(*bytes), broken);
    if (broken || !value.is_object()) {
        return base::fail(ErrorCode::malformed, file.string() + " is not a JSON object");
    }
    return std::move(value.get_object());
}

Result<void> write_object(const fs::path& file, const json::object& object) {
    return storage::write_file_synced(file, base::as_bytes(json::serialize(object)));
}

std::string text_in(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
}

std::optional<identity::Person> person_named(const identity::Directory& directory,
                                             const std::string& word) {
    if (auto person = directory.person_by_login(word)) return person;
    const auto id = base::fixed_from_hex<wire::LedgerId>(word);
    return id ? directory.person(*id) : std::nullopt;
}

Result<identity::Person> patient_named(const identity::Directory& directory,
                                       const std::string& word) {
    const auto person = person_named(directory, word);
    if (person && person->role == wire::Role::patient) return *person;
    return base::fail(ErrorCode::not_found, "no patient has the login or id '" + word + "'");
}

Result<wire::DeviceId> device_named(const identity::Directory& directory, const std::string& word) {
    std::vector<wire::DeviceId> found;
    const auto take = [&](const wire::DeviceId& id) {
        if (!word.empty() && base::to_hex(id.view()).starts_with(word)) found.push_back(id);
    };
    for (const auto& device : directory.devices()) take(device.id);
    for (const auto& pda : directory.pdas()) take(pda.id);
    if (found.size() == 1) return found[0];
    if (found.empty()) {
        return base::fail(ErrorCode::not_found, "no such device; salus device list names them");
    }
    return base::fail(ErrorCode::conflict, "more than one device's id begins so");
}

Result<json::object> obey_enrol(const DeviceDesk& desk, const json::object& order) {
    const auto patient = patient_named(desk.directory, text_in(order, "patient"));
    if (!patient) return base::pass(patient);
    const auto sealed_to = identity::sealed_to_from_name(text_in(order, "sealed_to"));
    if (!sealed_to) return base::fail(ErrorCode::malformed, "a device seals to pda or cloud");
    NewDevice device{.patient = patient->id, .label = text_in(order, "label"), .vitals = {}};
    const auto* vitals = order.if_contains("vitals");
    if (vitals != nullptr && vitals->is_array()) {
        for (const auto& name : vitals->get_array()) {
            const auto vital = name.is_string() ? wire::vital_from_name(name.get_string())
                                                : std::optional<wire::Vital>();
            if (!vital) return base::fail(ErrorCode::malformed, "an unknown vital is named");
            device.vitals.push_back(*vital);
        }
    }
    const auto* interval = order.if_contains("interval_ms");
    boost::system::error_code wrong;
    if (interval != nullptr) device.interval_ms = interval->to_number<std::uint32_t>(wrong);
    if (wrong) return base::fail(ErrorCode::malformed, "the interval is not a number of ms");
    const auto record = enrol_device(desk, device, *sealed_to, text_in(order, "out"));
    if (!record) return base::pass(record);
    return json::object{{"id", base::to_hex(record->id.view())},
                        {"pda", base::to_hex(record->pda.view())},
                        {"state", identity::name_of(record->state)}};
}

Result<json::object> obey_state(const DeviceDesk& desk, const json::object& order) {
    const auto state = identity::device_state_from_name(text_in(order, "state"));
    if (!state) return base::fail(ErrorCode::malformed, "the order names no state");
    const auto id = device_named(desk.directory, text_in(order, "id"));
    if (!id) return base::pass(id);
    if (auto set = set_device_state(desk, *id, *state); !set) return base::pass(set);
    return json::object{{"id", base::to_hex(id->view())}, {"state", identity::name_of(*state)}};
}

Result<json::object> obey_revoke_user(const DeviceDesk& desk, const json::object& order) {
    const auto word = text_in(order, "user");
    const auto person = person_named(desk.directory, word);
    if (!person) {
        return base::fail(ErrorCode::not_found, "nobody has the login or id '" + word + "'");
    }
    if (auto revoked = revoke_user(desk, person->id); !revoked) return base::pass(revoked);
    return json::object{{"id", base::to_hex(person->id.view())}, {"client", "revoked"}};
}

}  // namespace

Result<EnrolledDevice> enrol_device(const DeviceDesk& desk, const NewDevice& device,
                                    const DeviceKeys& keys) {
    auto enrolment = Enrolment::open(parts_of(desk));
    if (!enrolment) return base::pass(enrolment);
    auto enrolled = enrolment->enrol_device(device, keys);
    if (!enrolled) return enrolled;
    if (auto done = publish(desk, *enrolment); !done) return base::pass(done);
    return enrolled;
}

Result<identity::DeviceRecord> enrol_device(const DeviceDesk& desk, const NewDevice& device,
                                            identity::SealedTo sealed_to, const fs::path& file) {
    auto enrolment = Enrolment::open(parts_of(desk));
    if (!enrolment) return base::pass(enrolment);
    const auto record = enrolment->enrol_device(device, sealed_to, file);
    if (!record) return record;
    if (auto done = publish(desk, *enrolment); !done) return base::pass(done);
    return record;
}

Result<void> set_device_state(const DeviceDesk& desk, const wire::DeviceId& id,
                              identity::DeviceState state, const wire::LedgerId& by) {
    if (!identity::is_final(state)) return desk.directory.set_state(id, state, by);
    auto enrolment = Enrolment::open(parts_of(desk));
    if (!enrolment) return base::pass(enrolment);
    if (auto ended = enrolment->end(id, state, by); !ended) return ended;
    return publish(desk, *enrolment);
}

Result<askg::KeyGenerator::Registration> register_user(const DeviceDesk& desk,
                                                       const askg::UserApplication& user) {
    auto enrolment = Enrolment::open(parts_of(desk));
    if (!enrolment) return base::pass(enrolment);
    auto registration = enrolment->register_user(user);
    if (!registration) return registration;
    if (auto done = publish(desk, *enrolment); !done) return base::pass(done);
    return registration;
}

Result<void> revoke_user(const DeviceDesk& desk, const wire::LedgerId& user) {
    auto enrolment = Enrolment::open(parts_of(desk));
    if (!enrolment) return base::pass(enrolment);
    if (auto revoked = enrolment->revoke_user(user); !revoked) return revoked;
    return publish(desk, *enrolment);
}

Result<void> take_up(const DeviceDesk& desk) {
    auto enrolment = Enrolment::open(parts_of(desk));
    if (!enrolment) return base::pass(enrolment);
    const auto shown = [&](const wire::Certify& certify) { return desk.chain->shown(certify); };
    if (auto taken = enrolment->take_up(shown); !taken) return taken;
    return publish(desk, *enrolment);
}

Result<void> renew_credentials(const DeviceDesk& desk) {
    const auto face = read_cloud_server(desk.folder, 0);
    if (!face) return base::pass(face);
    if (!is_of_another_epoch(face->provision, desk.clock.now())) return {};
    auto enrolment = Enrolment::open(parts_of(desk));
    if (!enrolment) return base::pass(enrolment);
    if (auto renewed = enrolment->renew_epoch(); !renewed) return renewed;
    return publish(desk, *enrolment);
}

Result<json::object> obey(const DeviceDesk& desk, const json::object& order) {
    const auto what = text_in(order, "order");
    if (what == "enrol") return obey_enrol(desk, order);
    if (what == "state") return obey_state(desk, order);
    if (what == "revoke_user") return obey_revoke_user(desk, order);
    return base::fail(ErrorCode::malformed, "an order that nobody knows");
}

namespace {

/// The files of a folder that end so, by name. None where there is no folder: nobody ever left an
/// order.
std::vector<fs::path> files_with(const fs::path& folder, std::string_view end) {
    std::error_code error;
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        if (entry.path().extension() == end) out.push_back(entry.path());
    }
    std::ranges::sort(out);
    return out;
}

/// Leaves the answer, then forgets the order.
Result<void> close_order(const fs::path& begun, const Result<json::object>& answer) {
    auto to = begun;
    const auto written =
        write_object(to.replace_extension(answer_end),
                     answer ? *answer : json::object{{"error", answer.error().detail}});
    if (!written) return written;
    std::error_code error;
    fs::remove(begun, error);
    if (error) return base::fail(ErrorCode::unavailable, error.message());
    return {};
}

/// What a node had begun when it was killed. To set a state, or revoke, twice does no harm; a
/// second device under the same order would have other keys than the first.
Result<json::object> obey_again(const DeviceDesk& desk, const fs::path& begun) {
    const auto order = read_object(begun);
    if (!order) return base::pass(order);
    if (text_in(*order, "order") != "enrol") return obey(desk, *order);
    return base::fail(ErrorCode::conflict,
                      "the node ended while it carried this out; salus device list says whether "
                      "the device is enrolled: retire it, and enrol it anew");
}

}  // namespace

Result<void> obey_device_orders(const DeviceDesk& desk) {
    for (const fs::path& begun : files_with(desk.folder.device_orders(), begun_end)) {
        if (auto done = close_order(begun, obey_again(desk, begun)); !done) return done;
    }
    for (const fs::path& file : files_with(desk.folder.device_orders(), order_end)) {
        auto begun = file;
        begun.replace_extension(begun_end);
        std::error_code error;
        fs::rename(file, begun, error);
        if (error) continue;  // who left it took it back
        const auto order = read_object(begun);
        const auto answer = order ? obey(desk, *order) : Result<json::object>(base::pass(order));
        if (auto done = close_order(begun, answer); !done) return done;
    }
    return {};
}

namespace {

/// Whether the file is there in time.
bool appears(const fs::path& file, std::chrono::seconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::error_code error;
    while (!fs::exists(file, error)) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(answer_poll);
    }
    return true;
}

}  // namespace

Result<json::object> order_from_node(const DataFolder& folder, const json::object& order,
                                     base::Random& random) {
    if (auto made = storage::make_folder(folder.device_orders()); !made) return base::pass(made);
    const auto name = base::to_hex(base::draw<wire::DeviceId>(random).view());
    const auto file = folder.device_orders() / (name + std::string(order_end));
    const auto answer_file = folder.device_orders() / (name + std::string(answer_end));
    if (auto written = write_object(file, order); !written) return base::pass(written);
    std::error_code error;
    if (!appears(answer_file, answer_patience)) {
        if (fs::remove(file, error)) {
            return base::fail(ErrorCode::unavailable,
                              "the node that runs on this folder does not answer; nothing was "
                              "changed");
        }
        if (!appears(answer_file, work_patience)) {
            return base::fail(ErrorCode::unavailable,
                              "the node has begun and does not end; salus device list and salus "
                              "askg list show what became of it");
        }
    }
    auto answer = read_object(answer_file);
    fs::remove(answer_file, error);
    if (!answer) return answer;
    const auto trouble = text_in(*answer, "error");
    if (!trouble.empty()) return base::fail(ErrorCode::conflict, trouble);
    return answer;
}

}  // namespace cli
