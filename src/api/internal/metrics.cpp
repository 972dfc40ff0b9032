// SPDX-License-Identifier: Apache-2.0
#include "api/internal/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>

namespace api {
namespace {

/// From the other stations' own counters, at the moment of asking: they are kept once, there.
class Snapshot {
public:
    void counter(std::string name, std::string help, double value) {
        add(std::move(name), std::move(help), prometheus::MetricType::Counter)
            .metric.emplace_back()
            .counter.value = value;
    }
    void gauge(std::string name, std::string help, double value) {
        add(std::move(name), std::move(help), prometheus::MetricType::Gauge)
            .metric.emplace_back()
            .gauge.value = value;
    }
    void labelled_counter(std::string name, std::string help, std::string label,
                          const std::vector<std::pair<std::string, std::uint64_t>>& values) {
        auto& family = add(std::move(name), std::move(help), prometheus::MetricType::Counter);
        for (const auto& [value, count] : values) {
            auto& metric = family.metric.emplace_back();
            metric.label = {{label, value}};
            metric.counter.value = static_cast<double>(count);
        }
    }
    std::vector<prometheus::MetricFamily> families;

private:
    prometheus::MetricFamily& add(std::string name, std::string help, prometheus::MetricType type) {
        auto& family = families.emplace_back();
        family.name = std::move(name);
        family.help = std::move(help);
        family.type = type;
        return family;
    }
};

}  // namespace

struct Metrics::State {
    explicit State(const Api::Parts& borrowed)
        : parts(borrowed),
          requests(prometheus::BuildHistogram()
                       .Name("salus_http_request_seconds")
                       .Help("Time to answer, by route and status")
                       .Register(registry)) {}
    const Api::Parts& parts;
    prometheus::Registry registry;
    prometheus::Family<prometheus::Histogram>& requests;
};

Metrics::Metrics(const Api::Parts& parts) : state_(std::make_unique<State>(parts)) {}
Metrics::~Metrics() = default;

void Metrics::answered(std::string_view route, unsigned status, double seconds) {
    static const prometheus::Histogram::BucketBoundaries bounds{0.001, 0.005, 0.01, 0.025, 0.05,
                                                                0.1,   0.25,  0.5,  1.0,   5.0};
    state_->requests
        .Add({{"route", std::string(route)}, {"status", std::to_string(status)}}, bounds)
        .Observe(seconds);
}

std::string Metrics::text() const {
    Snapshot snapshot;
    const auto& parts = state_->parts;
    if (parts.gateway) {
        const auto gateway = parts.gateway();
        snapshot.counter("salus_readings_accepted_total", "Readings stored since the start",
                         static_cast<double>(gateway.readings_accepted));
        snapshot.counter("salus_frames_duplicate_total", "Frames that were stored before",
                         static_cast<double>(gateway.frames_duplicate));
        snapshot.labelled_counter("salus_frames_refused_total", "Frames refused since the start",
                                  "reason", gateway.refused);
        snapshot.gauge("salus_broker_connected", "1 while connected to the broker",
                       gateway.connected ? 1 : 0);
    }
    snapshot.counter("salus_alarms_raised_total", "Alarms raised since the store was made",
                     static_cast<double>(parts.monitor.raised_count()));
    snapshot.gauge("salus_alarms_active", "Alarms that stand now",
                   static_cast<double>(parts.monitor.active().size()));
    const auto reports = parts.review.counts();
    snapshot.labelled_counter("salus_reports", "Reports by state", "state",
                              {{"pending", reports.pending},
                               {"approved", reports.approved},
                               {"refused", reports.refused}});
    snapshot.families.back().type = prometheus::MetricType::Gauge;
    for (auto& metric : snapshot.families.back().metric) metric.gauge.value = metric.counter.value;
    snapshot.counter("salus_blocks_total", "Blocks committed",
                     static_cast<double>(parts.blocks.height()));
    snapshot.counter("salus_transactions_total", "Transactions committed",
                     static_cast<double>(parts.read_model.transaction_count()));
    if (const auto latency = parts.monitor.reading_to_alarm()) {
        snapshot.gauge("salus_reading_to_alarm_p50_seconds", "Receipt of a reading to its alarm",
                       latency->p50_ms / 1000);
        snapshot.gauge("salus_reading_to_alarm_p99_seconds", "Receipt of a reading to its alarm",
                       latency->p99_ms / 1000);
    }
    if (const auto latency = parts.review.approval_to_commit()) {
        snapshot.gauge("salus_approval_to_commit_p50_seconds", "Approval to its block",
                       latency->p50_ms / 1000);
        snapshot.gauge("salus_approval_to_commit_p99_seconds", "Approval to its block",
                       latency->p99_ms / 1000);
    }
    auto families = state_->registry.Collect();
    std::ranges::move(snapshot.families, std::back_inserter(families));
    return prometheus::TextSerializer().Serialize(families);
}

}  // namespace api
