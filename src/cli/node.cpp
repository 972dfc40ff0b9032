// SPDX-License-Identifier: Apache-2.0
#include "cli/node.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>

#include "api/api.h"
#include "cli/auto_approver.h"
#include "cli/certification_sender.h"
#include "cli/checkpoints.h"
#include "cli/closable_submitter.h"
#include "cli/demo.h"
#include "cli/desk_enroller.h"
#include "cli/engine.h"
#include "cli/enrolment.h"
#include "cli/miner.h"
#include "cli/node_reports.h"
#include "cli/process.h"
#include "cli/pruner.h"
#include "cli/sequences.h"
#include "cli/setup_command.h"
#include "cli/trust_file.h"
#include "cli/verify.h"
#include "consensus/engine.h"
#include "crypto/random.h"
#include "gateway/gateway.h"
#include "identity/consent_keys.h"
#include "identity/directory.h"
#include "identity/key_store.h"
#include "identity/peers.h"
#include "ledger/application.h"
#include "ledger/entry_names.h"
#include "monitor/monitor.h"
#include "mqtt/mosquitto_network.h"
#include "mqtt/network_thread.h"
#include "readmodel/access_log.h"
#include "readmodel/read_model.h"
#include "review/review.h"
#include "series/series_store.h"
#include "storage/files.h"
#include "storage/rocks_store.h"
#include "vault/vault.h"

namespace cli {
namespace {

using base::ErrorCode;
using base::Result;
using storage::RocksStore;

constexpr std::size_t file_bytes_max = 16'777'216;

/// All stations of the path, from the bottom up. Members are destroyed in reverse, so that each
/// outlives what borrows it.
class Node {
public:
    explicit Node(const NodeOptions& options)
        : options_(options), folder_(options.folder), sequences_(folder_.sequences()) {}
    ~Node() { stop(); }

    Result<void> open();
    Result<void> watch();
    Result<void> write_summary();

private:
    Result<std::unique_ptr<RocksStore>> store(std::string_view name);
    Result<void> open_identity();
    Result<void> open_ledger();
    Result<void> submit_first_transactions();
    void follow_miners();
    Result<void> open_checkpoints();
    void publish_checkpoint();
    Result<void> open_records();
    Result<void> open_gateway();
    void open_device_desk();
    void take_device_orders();
    void tend_device_desk();
    Result<base::Bytes> signed_certification(const wire::Certify& certify);
    Result<void> open_api();
    [[nodiscard]] monitor::PatientFacts facts_of(const wire::LedgerId& patient, wire::Vital vital);
    [[nodiscard]] api::GatewayStats gateway_stats() const;
    [[nodiscard]] bool done() const;
    void tell_what_it_waits_for();
    void stop();

    const NodeOptions& options_;
    const DataFolder& folder_;
    base::SystemClock clock_;
    crypto::SystemRandom random_;
    Sequences sequences_;
    SetupRecord setup_;
    std::optional<storage::FolderLock> lock_;
    base::TimePoint started_ = clock_.now();

    std::unique_ptr<RocksStore> identity_store_, ledger_store_, series_store_, monitor_store_,
        review_store_, readmodel_store_, access_store_, vault_store_;
    std::unique_ptr<identity::KeyStore> keys_;
    std::unique_ptr<identity::Directory> directory_;
    std::unique_ptr<identity::ConsentKeys> consent_keys_;
    std::unique_ptr<crypto::SignatureVerifier> verifier_;
    std::unique_ptr<ledger::Application> application_;
    std::unique_ptr<consensus::Engine> engine_;
    std::unique_ptr<ClosableSubmitter> submitter_;  ///< Of whoever waits for a block.
    std::unique_ptr<chain::Subscription> block_log_;
    std::unique_ptr<TrustFile> trust_file_;
    std::string trust_fault_;  ///< The last one that was logged.
    std::unique_ptr<witness::CheckpointPublisher> checkpoints_;
    std::string checkpoint_fault_;  ///< The last one that was logged.
    std::uint64_t waits_for_ = 0;   ///< Reports, as last written.
    std::unique_ptr<vault::Vault> vault_;
    std::unique_ptr<series::SeriesStore> series_;
    std::unique_ptr<monitor::Monitor> monitor_;
    std::unique_ptr<wire::Signer> cloud_server_;
    std::unique_ptr<wire::Signer> demo_program_;
    std::unique_ptr<review::Review> review_;
    std::unique_ptr<readmodel::ReadModel> read_model_;
    std::unique_ptr<Pruner> pruner_;
    std::unique_ptr<readmodel::AccessLog> access_log_;
    std::unique_ptr<AutoApprover> approver_;
    std::unique_ptr<identity::Peers> peers_;
    std::unique_ptr<CertificationSender> certifications_;
    std::unique_ptr<DeskEnroller> enroller_;
    std::string desk_fault_;  ///< The last one that was logged.
    std::unique_ptr<api::UserAgreement> users_;
    std::unique_ptr<mqtt::MosquittoNetwork> network_;
    std::unique_ptr<mqtt::MqttTransport> transport_;
    std::unique_ptr<gateway::Gateway> gateway_;
    std::unique_ptr<mqtt::NetworkThread> network_thread_;
    std::unique_ptr<api::Api> api_;
};

Result<std::unique_ptr<RocksStore>> Node::store(std::string_view name) {
    storage::RocksOptions options;
    if (name == "ledger") options.name_of_key = ledger::name_of_entry;
    auto opened = RocksStore::open(folder_.database(name), std::move(options));
    if (opened) return opened;
    return base::fail(opened.error().code,
                      fmt::format("database {}: {}", name, opened.error().detail));
}

Result<void> Node::open_identity() {
    auto setup = read_setup(folder_);
    if (!setup) return base::pass(setup);
    setup_ = *setup;
    auto lock = storage::FolderLock::take(folder_.databases());
    if (!lock) return base::pass(lock);
    lock_.emplace(std::move(*lock));

    const std::pair<std::unique_ptr<RocksStore>*, std::string_view> stores[] = {
        {&identity_store_, "identity"}, {&ledger_store_, "ledger"},
        {&series_store_, "series"},     {&monitor_store_, "monitor"},
        {&review_store_, "review"},     {&readmodel_store_, "readmodel"},
        {&access_store_, "access"},     {&vault_store_, "vault"}};
    for (const auto& [slot, name] : stores) {
        auto opened = store(name);
        if (!opened) return base::pass(opened);
        *slot = std::move(*opened);
    }
    auto keys = identity::KeyStore::open(folder_.keys(), clock_, random_);
    if (!keys) return base::pass(keys);
    keys_ = std::move(*keys);
    auto directory = identity::Directory::open(*identity_store_);
    if (!directory) return base::pass(directory);
    directory_ = std::move(*directory);
    consent_keys_ = std::make_unique<identity::ConsentKeys>(
        *identity_store_, keys_->derived_key("consent keys"), random_);

    auto cloud_server = keys_->service_signer(setup_.cloud_server);
    if (!cloud_server) return base::pass(cloud_server);
    cloud_server_ = std::move(*cloud_server);
    auto program = keys_->service_signer(setup_.demo_program);
    if (!program) return base::pass(program);
    demo_program_ = std::move(*program);
    return {};
}

Result<void> Node::open_ledger() {
    verifier_ = crypto::make_parallel_verifier(0);
    auto application = ledger::Application::open(*ledger_store_, *verifier_);
    if (!application) return base::pass(application);
    application_ = std::move(*application);
    if (!application_->initialised()) {
        const auto bytes = storage::read_file(folder_.genesis(), file_bytes_max);
        if (!bytes) return base::pass(bytes);
        const auto genesis = wire::decode_genesis(*bytes);
        if (!genesis) return base::pass(genesis);
        if (auto made = application_->init_chain(*genesis); !made) return made;
    }
    auto engine = start_engine(
        {.folder = folder_,
         .application = *application_,
         .verifier = *verifier_,
         .clock = clock_,
         .keys = *keys_,
         .sequences = sequences_,
         .on_error = [](const base::Error& error) { spdlog::error("ledger: {}", error.detail); }});
    if (!engine) return base::pass(engine);
    engine_ = std::move(*engine);
    submitter_ = std::make_unique<ClosableSubmitter>(*engine_);
    spdlog::info("{}", describe_engine(application_->info()));
    // A line that stands in the log is a promise: tests hold it against what is on disk.
    block_log_ = engine_->follow(engine_->height() + 1, [](const wire::Block& block) {
        spdlog::info("committed block {} {}", block.header.height,
                     base::to_hex(wire::hash_of_header(block.header_bytes).view()));
    });
    if (auto submitted = submit_first_transactions(); !submitted) return submitted;
    trust_file_ = std::make_unique<TrustFile>(folder_, *application_);
    return trust_file_->follow();
}

/// The chain goes on whether or not its anchor can be written: a fault is told once.
void Node::follow_miners() {
    const auto followed = trust_file_->follow();
    const std::string fault = followed ? "" : followed.error().detail;
    if (!fault.empty() && fault != trust_fault_) spdlog::error("trust.json: {}", fault);
    trust_fault_ = fault;
}

/// Enrolments first, then the consents of those enrolled, each until it is in a block; then what
/// `salus miner` has signed.
Result<void> Node::submit_first_transactions() {
    const auto envelopes = first_transactions(folder_);
    if (!envelopes) return base::pass(envelopes);
    if (envelopes->empty()) return submit_waiting(folder_, *engine_);
    if (auto done = submit_in_order(*engine_, *envelopes); !done) return done;
    std::error_code error;
    std::filesystem::remove(folder_.first_transactions(), error);
    if (error) return base::fail(ErrorCode::unavailable, error.message());
    spdlog::info("{} first transactions are on the chain", envelopes->size());
    return submit_waiting(folder_, *engine_);
}

Result<void> Node::open_checkpoints() {
    auto publisher = open_publisher(folder_, {.keys = *keys_, .blocks = *engine_, .clock = clock_});
    if (!publisher) return base::pass(publisher);
    checkpoints_ = std::move(*publisher);
    publish_checkpoint();
    return {};
}

/// Patients are monitored whether or not checkpoints can be signed: a fault is told once.
void Node::publish_checkpoint() {
    if (!checkpoints_) return;
    const auto published = checkpoints_->publish();
    const std::string fault = published ? "" : published.error().detail;
    if (!fault.empty() && fault != checkpoint_fault_) spdlog::error("checkpoint: {}", fault);
    checkpoint_fault_ = fault;
}

monitor::PatientFacts Node::facts_of(const wire::LedgerId& patient, wire::Vital vital) {
    constexpr int adult_years = 16;
    monitor::PatientFacts facts;
    const auto person = directory_->person(patient);
    facts.adult = person && person->age_years && *person->age_years >= adult_years;
    for (const auto& device : directory_->devices_of(patient)) {
        if (std::ranges::find(device.vitals, vital) != device.vitals.end()) {
            facts.interval_ms = device.interval_ms;
            break;
        }
    }
    return facts;
}

Result<void> Node::open_records() {
    auto vault =
        vault::Vault::open(folder_.vault(), *vault_store_, keys_->derived_key("vault"), random_);
    if (!vault) return base::pass(vault);
    vault_ = std::move(*vault);
    auto series = series::SeriesStore::open(*series_store_);
    if (!series) return base::pass(series);
    series_ = std::move(*series);
    auto monitor = monitor::Monitor::open(*monitor_store_, *series_, clock_,
                                          [this](const wire::LedgerId& patient, wire::Vital vital) {
                                              return facts_of(patient, vital);
                                          });
    if (!monitor) return base::pass(monitor);
    monitor_ = std::move(*monitor);
    auto read_model = readmodel::ReadModel::open(*readmodel_store_, *engine_);
    if (!read_model) return base::pass(read_model);
    read_model_ = std::move(*read_model);
    if (options_.keep_blocks != 0) {
        pruner_ = std::make_unique<Pruner>(
            *application_, ledger::PrunePolicy{.keep_blocks = options_.keep_blocks},
            [this] { return first_needed(*read_model_, *directory_, clock_.now()); });
    }
    auto access_log = readmodel::AccessLog::open(*access_store_);
    if (!access_log) return base::pass(access_log);
    access_log_ = std::move(*access_log);

    review::Options options;
    options.chain_id = application_->info().chain_id;
    options.period = std::chrono::seconds{options_.report_seconds};
    auto review = review::Review::open(
        {.store = *review_store_,
         .series = *series_,
         .monitor = *monitor_,
         .directory = *directory_,
         .consent_keys = *consent_keys_,
         .vault = *vault_,
         .submitter = *submitter_,
         .blocks = *engine_,
         .cloud_server = *cloud_server_,
         .next_sequence = [this] { return sequences_.next(setup_.cloud_server); },
         .clock = clock_},
        options);
    if (!review) return base::pass(review);
    review_ = std::move(*review);
    review_->on_change([this](const review::ReportView& report) {
        if (report.state == review::ReportState::approved) {
            spdlog::info("approved report {} {}", report.id,
                         base::to_hex(report.transaction.view()));
        } else if (approver_ && report.state == review::ReportState::pending) {
            approver_->wake();
        }
    });
    if (!options_.auto_approve) return {};
    if (!application_->info().demo) {
        return base::fail(
            ErrorCode::not_authorised,
            "--auto-approve works on demo chains only: programs never pass for people");
    }
    approver_ = std::make_unique<AutoApprover>(*review_, *demo_program_);
    return {};
}

Result<void> Node::open_gateway() {
    auto face = read_cloud_server(folder_, 0);
    if (!face) return base::pass(face);
    const auto& certificate = face->credentials.grant.certificate;
    if (!certificate.record.suite) {
        return base::fail(ErrorCode::corrupted, "the cloud server's record names no suite");
    }
    auto peers = identity::Peers::open(*directory_, *identity_store_);
    if (!peers) return base::pass(peers);
    peers_ = std::move(*peers);
    if (auto taken = peers_->take(std::move(face->provision)); !taken) return taken;
    auto network = mqtt::MosquittoNetwork::open(address_of(options_.broker, folder_));
    if (!network) return base::pass(network);
    network_ = std::move(*network);
    transport_ = network_->make_client(gateway_credentials(*keys_));
    gateway_ = std::make_unique<gateway::Gateway>(
        gateway::Gateway::Parts{*directory_, *peers_, *series_, clock_, random_},
        keyagreement::ServerSetup{
            .profiles = {keyagreement::Profile::pda_cloud},
            .suite = *certificate.record.suite,
            .domain = certificate.authority,
            .own = keyagreement::PrivateKey::from_bytes(face->credentials.static_private),
            .started_at = clock_.now()},
        gateway::Gateway::Options{});
    users_ = std::make_unique<api::UserAgreement>(
        keyagreement::ServerSetup{
            .profiles = {keyagreement::Profile::user_cloud},
            .suite = *certificate.record.suite,
            .domain = certificate.authority,
            .own = keyagreement::PrivateKey::from_bytes(face->credentials.static_private),
            .started_at = clock_.now()},
        api::UserAgreement::Parts{*peers_, clock_, random_, [this] { return peers_->refused(); }});
    gateway_->attach(*transport_);
    gateway_->start();
    network_thread_ = std::make_unique<mqtt::NetworkThread>(*network_);
    return {};
}

api::GatewayStats Node::gateway_stats() const {
    const auto counts = gateway_->counts();
    return {.since = started_,
            .readings_accepted = counts.readings_accepted,
            .frames_duplicate = counts.duplicates,
            .refused = {counts.refusals.begin(), counts.refusals.end()},
            .connected = gateway_->health().broker_connected};
}

Result<void> Node::open_api() {
    open_device_desk();
    if (options_.headless) return {};
    api::Options options;
    options.port = options_.port;
    options.web = options_.web;
    options.chain_id = application_->info().chain_id;
    options.demo = application_->info().demo;
    options.version = SALUS_VERSION;
    options.trust_json = [this] { return trust_file_->text(); };
    options.attacks = folder_.attacks();
    for (const auto& person : directory_->people()) {
        if (options.demo && !person.login.empty()) {
            options.demo_logins.push_back({person.login, std::string(demo_password)});
        }
    }
    auto api = api::Api::start(
        {.directory = *directory_,
         .key_store = *keys_,
         .consent_keys = *consent_keys_,
         .series = *series_,
         .monitor = *monitor_,
         .review = *review_,
         .read_model = *read_model_,
         .access_log = *access_log_,
         .blocks = *engine_,
         .submitter = *submitter_,
         .clock = clock_,
         .random = random_,
         .next_sequence = [this](const wire::LedgerId& id) { return sequences_.next(id); },
         .gateway = [this] { return gateway_stats(); },
         .storage = [this] { return storage_stats(folder_); },
         .health = [this] { return health_of(gateway_->health(), *ledger_store_); },
         .verify_chain = [this](const auto& progress) { return verify_for_api(folder_, progress); },
         .checkpoints = checkpoints_.get(),
         .enroller = enroller_.get(),
         .users = users_.get()},
        std::move(options));
    if (!api) return base::pass(api);
    api_ = std::move(*api);
    return {};
}

Result<void> Node::open() {
    using Step = Result<void> (Node::*)();
    for (const Step step : {&Node::open_identity, &Node::open_ledger, &Node::open_checkpoints,
                            &Node::open_records, &Node::open_gateway, &Node::open_api}) {
        if (auto opened = (this->*step)(); !opened) return opened;
    }
    return tell_ready(options_.ready_fd);
}

bool Node::done() const {
    if (!options_.until_done || !review_->all_finished()) return false;
    const auto counts = review_->counts();
    if (!review_->reports(review::ReportState::submitting, std::nullopt).empty()) return false;
    return counts.pending == 0 || (approver_ && approver_->idle());
}

/// A run to the end in which no program decides waits for doctors: whoever started it is told so.
void Node::tell_what_it_waits_for() {
    if (!options_.until_done || approver_) return;
    const std::uint64_t reports = review_->all_finished() ? review_->counts().pending : 0;
    if (reports == waits_for_) return;
    waits_for_ = reports;
    if (auto written = write_waiting(folder_, reports); !written) {
        spdlog::error("what it waits for: {}", written.error().detail);
    }
}

void Node::open_device_desk() {
    certifications_ = std::make_unique<CertificationSender>(CertificationSender::Parts{
        .submitter = *submitter_,
        .blocks = *engine_,
        .sign = [this](const wire::Certify& certify) { return signed_certification(certify); },
        .on_error =
            [](const base::Error& error) {
                spdlog::error("a certification is not on the chain: {}", error.detail);
            }});
    enroller_ = std::make_unique<DeskEnroller>(DeviceDesk{.folder = folder_,
                                                          .broker = options_.broker,
                                                          .keys = *keys_,
                                                          .directory = *directory_,
                                                          .peers = peers_.get(),
                                                          .clock = clock_,
                                                          .random = random_,
                                                          .chain = certifications_.get()});
    if (auto taken = enroller_->take_up(); !taken) {
        spdlog::error("what was enrolled or revoked before this start: {}", taken.error().detail);
    }
}

/// Whoever is suspended or revoked by a command is refused within a second.
void Node::take_device_orders() {
    if (auto done = enroller_->obey_orders(); !done) {
        spdlog::error("device orders: {}", done.error().detail);
    }
}

/// Those who are served go on with what they have: a fault is told once.
void Node::tend_device_desk() {
    const auto tended = enroller_->tick();
    const std::string fault = tended ? "" : tended.error().detail;
    if (!fault.empty() && fault != desk_fault_) spdlog::error("device desk: {}", fault);
    desk_fault_ = fault;
}

Result<base::Bytes> Node::signed_certification(const wire::Certify& certify) {
    const auto signer = keys_->service_signer(setup_.key_generator);
    if (!signer) return base::pass(signer);
    return sequences_.sign(**signer, application_->info().chain_id, clock_.now(), certify);
}

Result<void> Node::watch() {
    constexpr std::chrono::milliseconds tick{200};
    constexpr int ticks_a_second = 5;
    for (int ticks = 0; !done(); ++ticks) {
        if (const auto signal = next_signal(tick, false)) {
            spdlog::info("stopping on signal {}", *signal);
            return {};
        }
        take_device_orders();
        if (ticks % ticks_a_second != 0) continue;
        certifications_->retry();
        tend_device_desk();
        monitor_->tick();
        follow_miners();
        publish_checkpoint();
        keys_->drop_idle();
        tell_what_it_waits_for();
    }
    return {};
}

/// First the way in, then whoever decides, then the way out: nothing calls what is gone. Nobody is
/// left waiting for a block, which may never come.
void Node::stop() {
    constexpr std::chrono::seconds grace{3};  // a few blocks; chosen by us
    network_thread_.reset();
    if (gateway_) gateway_->stop();
    if (certifications_) certifications_->stop();
    if (submitter_) submitter_->close(grace);
    approver_.reset();
    api_.reset();
    pruner_.reset();
}

Result<void> Node::write_summary() {
    return write_node_summary(folder_, {.series = *series_,
                                        .monitor = *monitor_,
                                        .review = *review_,
                                        .read_model = *read_model_,
                                        .blocks = *engine_,
                                        .gateway = gateway_->counts()});
}

Result<void> run(const NodeOptions& options) {
    Node node(options);
    if (auto opened = node.open(); !opened) return opened;
    if (auto watched = node.watch(); !watched) return watched;
    return node.write_summary();
}

}  // namespace

int run_node(const NodeOptions& options) {
    hold_signals();
    spdlog::flush_on(spdlog::level::info);
    const auto done = run(options);
    if (done) return 0;
    fmt::print(stderr, "salus: {}\n", done.error().detail);
    return 1;
}

}  // namespace cli
