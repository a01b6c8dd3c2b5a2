#pragma once
#include <string>
#include <vector>

#include "ledger/load.h"
#include "ledger/peer.h"
#include "ledger/reader.h"
#include "ledger/stores.h"
#include "services/ledger/checkpointer.h"
#include "support/ledger/running_witness.h"

namespace soma::bench {

/// What the ledger's way out does under load: the committer writes, the relay carries, a reader
/// checks, and the checkpointer signs and archives beside them and shows a witness, as in the
/// service. The witness has an OpenBao of its own.
class Throughput {
  public:
    explicit Throughput(Stores& stores) : stores_(stores) {
        committer_.start();
        checkpointer_.start();
        witnessing_.start();
    }

    /// Open loop at `rate` events a second.
    json::object sustained(double rate, int seconds) {
        CheckedReader reader(stores_.broker.settings());
        services::Relay relay(relay_settings());
        write(committer_, tenants_, 2'000);  // warm, and the relay past its beginning
        relay.start();
        const std::uint64_t warm = 2'000;
        if (!reader.wait_for(warm, kPatience)) {
            throw std::runtime_error("the relay never began: " + reader.trouble());
        }
        const double cpu = cpu_seconds();
        const double batches = batches_so_far();
        const auto begin = Clock::now();
        const auto written =
            OpenLoop(committer_, tenants_).run(rate, std::chrono::seconds(seconds));
        const double read_at_end = static_cast<double>(reader.count() - warm);
        reader.wait_for(warm + written.acknowledged, kPatience);
        const double all = seconds_since(begin);
        const double cpu_used = cpu_seconds() - cpu;
        std::this_thread::sleep_for(std::chrono::milliseconds(500));  // for one too many
        reader.stop();
        relay.stop();
        const auto events = static_cast<double>(written.acknowledged);
        return {
            {"seconds", written.seconds},
            {"offered_per_s", rate},
            {"acknowledged", written.acknowledged},
            {"not_acknowledged", written.failed},
            {"read", reader.count() - warm},
            {"per_s", events / all},
            {"read_while_writing_per_s", read_at_end / written.seconds},
            {"lost", reader.lost(events_in_postgres())},
            {"doubled", reader.doubled()},
            {"gap", reader.trouble()},
            {"lag_s", lags(reader, warm)},
            {"events_a_transaction", events / std::max(1.0, batches_so_far() - batches)},
            {"body_bytes", mean_body()},
            {"cpu_us_an_event", 1e6 * cpu_used / events},
            {"late_share", late_share()},
            {"signed", signing(warm, "checkpoints", "signed_at")},
            {"witnessed", signing(warm, "cosignatures", "received_at")},
            {"owed_tiles_at_end", checkpointer_.health().owed_tiles},
            {"trouble", checkpointer_.health().trouble + checkpointer_.health().archive_trouble +
                            witnessing_.health().trouble}};
    }

    /// A backlog carried to the reader, and the same bytes by librdkafka alone, in turns.
    json::object beside_peer(int rounds, std::uint64_t events) {
        PlainKafka peer(stores_.broker.settings().brokers);
        std::vector<double> ours, theirs, ratios;
        json::array list;
        for (int i = 0; i < rounds; ++i) {
            ours.push_back(drain(events));
            const std::string topic = "peer-" + std::to_string(i);
            stores_.broker.make({{topic, PlainKafka::kPartitions}});
            theirs.push_back(peer.run(topic, last_bodies(events), batch().events));
            ratios.push_back(ours.back() / theirs.back());
            list.push_back(
                json::object{{"relay_per_s", ours.back()}, {"librdkafka_per_s", theirs.back()}});
        }
        return {{"events", events},
                {"rounds", std::move(list)},
                {"relay_per_s", spread(ours)},
                {"librdkafka_per_s", spread(theirs)},
                {"ratio", spread(ratios)}};
    }

  private:
    static constexpr std::chrono::seconds kPatience{120};

    static domain::BatchLimits batch() { return {}; }
    services::RelaySettings relay_settings() const {
        services::RelaySettings out;
        out.postgres = stores_.relay_login();
        out.kafka = stores_.broker.settings();
        out.batch = batch();
        return out;
    }
    std::string log_name() const {
        return std::string(services::kLedgerOrigin) + "/" +
               stores_.sql("SELECT log_id FROM log").row(0).uuid(0).to_string();
    }
    std::string signing_key() {
        return vault_.public_keys(services::kLedgerKey, Stores::soon()).rbegin()->second;
    }
    std::uint64_t events_in_postgres() const {
        return stores_.sql("SELECT size FROM log").row(0).uint64(0);
    }
    std::uint64_t mean_body() const {
        return stores_
            .sql("SELECT avg(octet_length(body))::bigint FROM events WHERE log_index < 10000")
            .row(0)
            .uint64(0);
    }
    static double batches_so_far() {
        const auto text = telemetry::metrics().text();
        static constexpr std::string_view kName = "\nsomabrain_relay_batch_seconds_count ";
        const auto at = text.find(kName);
        return at == std::string::npos ? 0 : std::stod(text.substr(at + kName.size()));
    }
    static json::object lags(CheckedReader& reader, std::uint64_t warm) {
        auto& all = reader.lags();
        all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(
                                                 std::min<std::uint64_t>(warm, all.size())));
        const double most = all.empty() ? 0 : *std::max_element(all.begin(), all.end());
        const double p50 = quantile(all, 0.5);
        const double p99 = quantile(all, 0.99);
        return {{"p50", p50}, {"p99", p99}, {"most", most}};
    }
    static double late_share() {
        auto& metrics = telemetry::metrics();
        return metrics.counter("somabrain_relay_late_events_total").Value() /
               std::max(1.0, metrics.counter("somabrain_relay_events_total").Value());
    }

    /// From an event's time to the first signature in `table` over a tree that has it.
    json::object signing(std::uint64_t from, const std::string& table, const std::string& time) {
        const Deadline patience(kPatience);
        const std::string newest = "SELECT coalesce(max(size), 0) FROM " + table;
        while (stores_.sql(newest.c_str()).row(0).uint64(0) < events_in_postgres() &&
               !patience.passed()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        const std::string query =
            "WITH c AS (SELECT size, lag(size, 1, 0::bigint) OVER (ORDER BY size) AS begin, " +
            time + " AS at FROM " + table +
            "), t AS (SELECT (extract(epoch FROM c.at - e.time) * 1000000)::bigint AS s"
            " FROM c JOIN events e ON e.log_index >= c.begin AND e.log_index < c.size"
            " WHERE c.begin >= " +
            std::to_string(from) +
            ") SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY s),"
            " percentile_disc(0.99) WITHIN GROUP (ORDER BY s), max(s), count(*),"
            " (SELECT count(*) FROM c) FROM t";
        const auto result = stores_.sql(query.c_str());
        const auto row = result.row(0);
        return {{"p50_s", 1e-6 * static_cast<double>(row.int64(0))},
                {"p99_s", 1e-6 * static_cast<double>(row.int64(1))},
                {"most_s", 1e-6 * static_cast<double>(row.int64(2))},
                {"events", row.uint64(3)},
                {"signatures", row.uint64(4)}};
    }

    double drain(std::uint64_t events) {
        const std::uint64_t before = events_in_postgres();
        CheckedReader reader(stores_.broker.settings());
        if (!reader.wait_for(before, kPatience)) {
            throw std::runtime_error("what was written is not read: " + reader.trouble());
        }
        write(committer_, tenants_, events);
        services::Relay relay(relay_settings());
        relay.start();
        reader.wait_for(before + 1, kPatience);
        const auto first = Clock::now();
        if (!reader.wait_for(before + events, kPatience)) {
            throw std::runtime_error("a backlog was not carried: " + reader.trouble());
        }
        return static_cast<double>(events) / seconds_since(first);
    }

    std::vector<std::string> last_bodies(std::uint64_t count) const {
        const std::string query =
            "SELECT body FROM events WHERE log_index >= (SELECT size FROM log) - " +
            std::to_string(count);
        const auto result = stores_.sql(query.c_str());
        std::vector<std::string> out;
        for (int i = 0; i < result.rows(); ++i) {
            out.emplace_back(result.row(i).bytes(0));
        }
        return out;
    }

    Stores& stores_;
    std::vector<backends::TenantRow> tenants_ = stores_.make_tenants(64);
    services::Committer committer_{stores_.cluster.app()};
    backends::Vault vault_{stores_.bao.login("vault")};
    backends::ObjectStore objects_{stores_.bucket()};
    services::TileArchive archive_{objects_, std::chrono::days(1)};
    test::RunningWitness witness_{std::make_shared<std::vector<domain::NoteKey>>(
        std::vector{domain::NoteKey{log_name(), domain::NoteKeyType::signer, signing_key()}})};
    services::Witnessing witnessing_{
        {.url = witness_.url(), .ca_file = "", .keys = {witness_.key()}}, stores_.cluster.app()};
    services::Checkpointer checkpointer_{{}, stores_.cluster.app(), vault_, archive_, witnessing_};
};

}  // namespace soma::bench
