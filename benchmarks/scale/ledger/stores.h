#pragma once
#include <string>
#include <vector>

#include "backends/postgres/schema/maintenance.h"
#include "backends/postgres/schema/migrations.h"
#include "base/error.h"
#include "services/relay/relay.h"
#include "support/openbao_server.h"
#include "support/postgres/postgres_cluster.h"
#include "support/stores/kafka_broker.h"
#include "support/stores/object_store_server.h"

namespace soma::bench {

/// PostgreSQL (fsync on), Kafka (acks of all), OpenBao and a bucket with object lock: servers of
/// the benchmark's own, from the stack's templates, gone with it.
class Stores {
  public:
    Stores() {
        backends::migrate(cluster.owner(), backends::kDefaultEventsPartitionRows, soon());
        bao.set_up("soma-signer-1");
        const auto answer =
            storage.as_root({"PUT", "/ledger", "", {{"x-amz-bucket-object-lock-enabled", "true"}}});
        SOMA_ASSERT(answer.status == 200, "a bucket was made");
        broker.make(services::relay_topics());
    }

    static Deadline soon() { return Deadline(std::chrono::seconds(60)); }

    backends::ObjectStoreConfig bucket() const {
        auto config = storage.root();
        config.bucket = "ledger";
        return config;
    }
    backends::ConnectionSettings relay_login() const {
        auto out = cluster.app();
        out.user = "soma_relay";
        out.password = test::PostgresCluster::kRelayPassword;
        return out;
    }
    /// As superuser, with time to think.
    backends::Result sql(const char* text) const {
        auto patient = cluster.superuser();
        patient.statement_timeout = std::chrono::minutes(5);
        const Deadline deadline(patient.statement_timeout);
        return backends::Connection::open(patient, deadline)
            ->run(backends::Statement{"bench", text}, {}, deadline);
    }
    /// Tenants that bring their own vectors, in as many shards.
    std::vector<backends::TenantRow> make_tenants(int count) {
        backends::Tenants tenants(owner);
        const auto generation = tenants.ensure_model_generation("given", 2, soon());
        std::vector<backends::TenantRow> out;
        for (int i = 0; i < count; ++i) {
            const Uuid id = ids.next(wall_clock_now());
            out.push_back(
                *tenants.create(id, id.to_string(), generation, wall_clock_now(), soon()));
        }
        return out;
    }

    test::PostgresCluster cluster;
    test::KafkaBroker broker;
    test::OpenBaoServer bao;
    test::ObjectStoreServer storage;
    backends::ConnectionPool owner{cluster.owner(), 2};
    UuidGenerator ids;
};

}  // namespace soma::bench
