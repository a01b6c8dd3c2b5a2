// Durable remembers per second through the committer, beside pgbench inserting the same rows at the
// same batch size into the same kind of tables of the same server, in alternation. Starts a
// PostgreSQL of its own, fsync on. Ends with a kill -9 of the server under load: one acknowledged
// memory that is missing voids the figures.
//
//     ./dev bench committer [ROUNDS [SECONDS]]
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <numeric>
#include <random>
#include <set>
#include <thread>

#include "backends/postgres/schema/maintenance.h"
#include "base/crypto.h"
#include "base/error.h"
#include "bench_main.h"
#include "domain/memory/sealing.h"
#include "services/commit/committer.h"
#include "support/postgres/postgres_cluster.h"

namespace soma {
namespace {

namespace json = boost::json;
using Seconds = std::chrono::duration<double>;

constexpr int kClients = 32;
constexpr int kDimension = 384;
constexpr const char* kText =
    "Caroline said that the support group meets every second Thursday in the library, and that she "
    "means to bring Melanie along in spring, once the pottery course is over.";

/// One remember as the service prepares it, sealed, with its event.
class Writer {
  public:
    explicit Writer(const backends::TenantRow& tenant) : tenant_(tenant) {
        std::mt19937 random(7);
        vector_.scale = 0.001F;
        vector_.values.resize(kDimension);
        for (auto& value : vector_.values) {
            value = static_cast<std::int8_t>(random() % 255 - 127);
        }
    }

    domain::Intent remember() {
        const Time now = wall_clock_now();
        domain::Insert insert;
        insert.plain = std::make_shared<domain::Memory>();
        domain::Memory& memory = *insert.plain;
        memory.facts.id = ids_.next(now);
        memory.facts.created_at = now;
        memory.facts.kind = "fact";
        memory.content.text = kText;
        memory.passages = {{0, static_cast<std::uint32_t>(memory.content.text.size()), vector_}};
        insert.row.facts = memory.facts;
        insert.row.subject_hmac = std::string(32, 's');
        insert.row.sealed = domain::seal_content(key_, tenant_.id, memory.facts.id, memory.content);
        const domain::PassagePlace place{tenant_.id, memory.facts.id, 0, tenant_.model_generation};
        insert.row.passages = {
            {0, tenant_.model_generation, domain::seal_passage(key_, place, memory.passages[0])}};
        insert.event.id = ids_.next(now);
        insert.event.actor = "bench";
        insert.event.action = "memory.remember";
        insert.event.request_id = memory.facts.id.to_string();
        insert.event.trace_id = std::string(32, 't');
        insert.event.status = 201;
        insert.event.request_digest = std::string(64, 'd');
        insert.event.answer_digest = std::string(64, 'd');
        insert.event.targets = {memory.facts.id};
        domain::Intent intent{.tenant = tenant_.streams(),
                              .now = now,
                              .deadline = Deadline(std::chrono::seconds(10))};
        intent.changes.emplace_back(std::move(insert));
        return intent;
    }

  private:
    const backends::TenantRow& tenant_;
    math::QuantizedVector vector_;
    UuidGenerator ids_;
    const std::string key_ = random_bytes(32);
};

struct Load {
    std::uint64_t acknowledged = 0;
    double seconds = 0;
    double cpu_seconds = 0;  ///< of this process: clients and committer
    double rate() const { return static_cast<double>(acknowledged) / seconds; }
};

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// 32 clients, each waiting for its answer before it writes again. `on_acknowledged` gets each
/// sequence.
template <typename OnAcknowledged>
Load run_clients(services::Committer& committer, Writer& writer, Seconds duration,
                 OnAcknowledged on_acknowledged) {
    const auto begin = Deadline::Clock::now();
    const double cpu_before = cpu_seconds();
    std::atomic<std::uint64_t> acknowledged = 0;
    std::vector<std::thread> clients;
    for (int i = 0; i < kClients; ++i) {
        clients.emplace_back([&] {
            while (Deadline::Clock::now() - begin < duration) {
                try {
                    const auto outcome = committer.submit(writer.remember()).get();
                    on_acknowledged(std::get<domain::Committed>(outcome).changes[0].sequence);
                    ++acknowledged;
                } catch (const Error&) {
                    std::this_thread::sleep_for(std::chrono::milliseconds(10));
                }
            }
        });
    }
    for (auto& client : clients) {
        client.join();
    }
    return {acknowledged, Seconds(Deadline::Clock::now() - begin).count(),
            cpu_seconds() - cpu_before};
}

/// pgbench on a second database with the same tables. Everything that takes thought is done by the
/// server from constants of the same lengths; as superuser it is not even bound by row-level
/// security.
class Pgbench {
  public:
    explicit Pgbench(test::PostgresCluster& cluster) : cluster_(cluster) {
        cluster.create_database("pgbench");
        backends::migrate(cluster.owner("pgbench"), backends::kDefaultEventsPartitionRows,
                          Deadline(std::chrono::seconds(30)));
        const auto connection = backends::Connection::open(cluster.superuser("pgbench"),
                                                           Deadline(std::chrono::seconds(5)));
        connection->run_script("CREATE SEQUENCE n MINVALUE 0 CACHE 1000",
                               Deadline(std::chrono::seconds(5)));
    }

    /// Rows per second of `clients` sessions that insert `batch` rows a transaction.
    double run(int clients, int batch, int seconds) const {
        const auto script = cluster_.home() / "pgbench.sql";
        test::PostgresCluster::write_file(script, statement(batch));
        const std::string command =
            "PGPASSWORD=superuser-for-tests '" + (cluster_.binaries() / "pgbench").string() +
            "' -n -M prepared -h 127.0.0.1 -U postgres -p " + std::to_string(cluster_.port()) +
            " -c " + std::to_string(clients) + " -j " + std::to_string(std::min(clients, 2)) +
            " -T " + std::to_string(seconds) + " -f '" + script.string() + "' pgbench 2>/dev/null";
        std::FILE* pipe = ::popen(command.c_str(), "r");
        std::string output;
        std::array<char, 4096> buffer;
        while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) {
            output += buffer.data();
        }
        ::pclose(pipe);
        const std::size_t at = output.find("tps = ");
        if (at == std::string::npos) {
            throw std::runtime_error("pgbench failed: " + output);
        }
        return std::stod(output.substr(at + 6)) * batch;
    }

    /// Lengths of what ours writes, so that the rows are the same.
    std::size_t sealed_bytes = 0, passage_bytes = 0, body_bytes = 0;

  private:
    static std::string bytes(std::size_t count) {
        std::string hex;
        for (std::size_t i = 0; i < count; ++i) {
            hex += "0123456789abcdef"[(i * 7) % 16];
            hex += "fedcba9876543210"[(i * 3) % 16];
        }
        return "'\\x" + hex + "'::bytea";
    }

    std::string statement(int batch) const {
        const std::string tenant = "'01890a5d-ac96-774b-bcce-b302099a8057'::uuid";
        const std::string id = "('01890a5d-ac96-774b-bcce-' || lpad(to_hex(n), 12, '0'))::uuid";
        return "WITH s AS MATERIALIZED (SELECT nextval('n') AS n FROM generate_series(1, " +
               std::to_string(batch) +
               ")), m AS (INSERT INTO memories (tenant, id, sequence, log_index, created_at, kind,"
               " subject_hmac, sealed) SELECT " +
               tenant + ", " + id + ", n, n, now(), 'fact', " + bytes(32) + ", " +
               bytes(sealed_bytes) + " FROM s), e AS (INSERT INTO embeddings SELECT " + tenant +
               ", " + id + ", 0, 1, " + bytes(passage_bytes) +
               " FROM s) INSERT INTO events SELECT " + tenant + ", n, " + id + ", " + tenant +
               ", 'state', n + 1, now(), 'bench', 'memory.remember', '', " + bytes(body_bytes) +
               ", " + bytes(32) + " FROM s;\n";
    }

    test::PostgresCluster& cluster_;
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

struct Round {
    double ours = 0, batch = 0, pgbench = 0, cpu_us = 0;
    double ratio() const { return ours / pgbench; }
};

/// Kills Postgres in the middle of the load; how many acknowledged memories are missing afterwards.
std::pair<std::size_t, std::size_t> kill_drill(test::PostgresCluster& cluster,
                                               services::Committer& committer, Writer& writer,
                                               const backends::TenantRow& tenant) {
    std::mutex mutex;
    std::set<std::uint64_t> acknowledged;
    std::thread killer([&] {
        std::this_thread::sleep_for(std::chrono::seconds(1));
        cluster.kill_now();
        cluster.start();
    });
    run_clients(committer, writer, Seconds(4), [&](std::uint64_t sequence) {
        const std::lock_guard lock(mutex);
        acknowledged.insert(sequence);
    });
    killer.join();
    static constexpr backends::Statement kSequences{
        "sequences", "SELECT sequence FROM memories WHERE tenant = $1::uuid"};
    backends::ConnectionSettings patient = cluster.superuser();
    patient.statement_timeout = std::chrono::seconds(120);
    const Deadline deadline(patient.statement_timeout);
    const auto result = backends::Connection::open(patient, deadline)
                            ->run(kSequences, backends::Params().add(tenant.id), deadline);
    std::set<std::uint64_t> missing = acknowledged;
    for (int i = 0; i < result.rows(); ++i) {
        missing.erase(result.row(i).uint64(0));
    }
    return {acknowledged.size(), missing.size()};
}

json::object to_json(const std::vector<Round>& rounds, double single_rows) {
    json::array list;
    std::vector<double> ours, theirs, ratios;
    for (const Round& round : rounds) {
        list.push_back(json::object{{"remembers_per_s", round.ours},
                                    {"batch", round.batch},
                                    {"cpu_us", round.cpu_us},
                                    {"pgbench_rows_per_s", round.pgbench},
                                    {"ratio", round.ratio()}});
        ours.push_back(round.ours);
        theirs.push_back(round.pgbench);
        ratios.push_back(round.ratio());
    }
    const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
    return {{"clients", kClients},
            {"rounds", std::move(list)},
            {"remembers_per_s", median(ours)},
            {"pgbench_rows_per_s", median(theirs)},
            {"pgbench_one_by_one_rows_per_s", single_rows},
            {"ratio_median", median(ratios)},
            {"ratio_least", *least},
            {"ratio_most", *most}};
}

int run(int rounds_wanted, int seconds) {
    test::PostgresCluster cluster;
    backends::migrate(cluster.owner(), backends::kDefaultEventsPartitionRows,
                      Deadline(std::chrono::seconds(30)));
    backends::ConnectionPool owner(cluster.owner(), 1);
    backends::Tenants tenants(owner);
    const Deadline soon(std::chrono::seconds(10));
    const auto generation = tenants.ensure_model_generation("given", kDimension, soon);
    const backends::TenantRow tenant = *tenants.create(UuidGenerator().next(wall_clock_now()),
                                                       "bench", generation, wall_clock_now(), soon);
    Writer writer(tenant);
    Pgbench pgbench(cluster);
    const domain::Intent sample = writer.remember();
    const auto& insert = std::get<domain::Insert>(sample.changes[0]);
    pgbench.sealed_bytes = insert.row.sealed.size();
    pgbench.passage_bytes = insert.row.passages[0].sealed.size();
    pgbench.body_bytes = domain::event_body(insert.event, 1'000'000, sample.now).size() + 48;

    services::Committer committer(cluster.app());
    committer.start();
    const auto ignore = [](std::uint64_t) {};
    run_clients(committer, writer, Seconds(1), ignore);  // warm
    pgbench.run(1, 16, 1);

    std::vector<Round> rounds;
    for (int i = 0; i < rounds_wanted; ++i) {
        const auto before = committer.counters();
        const Load load = run_clients(committer, writer, Seconds(seconds), ignore);
        const auto after = committer.counters();
        Round round;
        round.ours = load.rate();
        round.cpu_us = 1e6 * load.cpu_seconds / static_cast<double>(load.acknowledged);
        round.batch = static_cast<double>(after.intents - before.intents) /
                      static_cast<double>(after.groups - before.groups);
        round.pgbench = pgbench.run(1, std::max(1, static_cast<int>(round.batch + 0.5)), seconds);
        std::printf(
            "round %d: %7.0f remembers/s in groups of %4.1f, %.0f us of CPU each | "
            "pgbench %7.0f rows/s | %.2f\n",
            i + 1, round.ours, round.batch, round.cpu_us, round.pgbench, round.ratio());
        std::fflush(stdout);
        rounds.push_back(round);
    }
    json::object out = to_json(rounds, pgbench.run(kClients, 1, seconds));
    const auto [acknowledged, missing] = kill_drill(cluster, committer, writer, tenant);
    out["kill_acknowledged"] = acknowledged;
    out["kill_missing"] = missing;
    out["row_bytes"] = pgbench.sealed_bytes + pgbench.passage_bytes + pgbench.body_bytes;
    std::printf(
        "\n| remembers/s, %d clients | pgbench rows/s, same batch | ratio (least..most) | pgbench "
        "one by one | kill -9: acknowledged, missing |\n|---|---|---|---|---|\n"
        "| %.0f | %.0f | %.2f (%.2f..%.2f) | %.0f | %zu, %zu |\n\n",
        kClients, out["remembers_per_s"].as_double(), out["pgbench_rows_per_s"].as_double(),
        out["ratio_median"].as_double(), out["ratio_least"].as_double(),
        out["ratio_most"].as_double(), out["pgbench_one_by_one_rows_per_s"].as_double(),
        acknowledged, missing);
    std::cout << json::serialize(out) << "\n";
    return missing == 0 ? 0 : 1;
}

}  // namespace
}  // namespace soma

int main(int argc, char** argv) {
    return soma::bench_main([&] {
        return soma::run(argc > 1 ? std::stoi(argv[1]) : 7, argc > 2 ? std::stoi(argv[2]) : 4);
    });
}
