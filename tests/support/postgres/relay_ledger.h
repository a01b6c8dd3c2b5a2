#pragma once
#include <map>
#include <string>
#include <vector>

#include "backends/postgres/schema/migrations.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "support/ledger/relayed.h"
#include "support/postgres/postgres_cluster.h"

namespace soma::test {

/// A real database with tenants and events of a test's own, written past the committer.
class RelayLedger {
  public:
    RelayLedger() {
        backends::migrate(cluster_.owner(), 65'536, deadline());
        admin_ = backends::Connection::open(cluster_.superuser("soma"), deadline());
        admin_->run_script("INSERT INTO model_generations (model, dimension) VALUES ('m', 8)",
                           deadline());
        for (int shard = 0; shard < 3; ++shard) {
            tenants_.push_back(Uuid::from_bytes(random_bytes(16)));
            admin_->run_script("INSERT INTO tenants SELECT '" + tenants_.back().to_string() +
                                   "', 't" + std::to_string(shard) + "', " +
                                   std::to_string(shard * 20) + ", 1, id, now()" +
                                   " FROM model_generations",
                               deadline());
        }
        static constexpr backends::Statement log{"test_log", "SELECT log_id FROM log"};
        log_id_ = admin_->run(log, {}, deadline()).row(0).uuid(0);
    }

    /// `count` more events of all streams.
    void add(std::size_t count) {
        std::string script;
        for (std::size_t i = 0; i < count; ++i, ++size_) {
            const auto kind = size_ % 7;
            const bool system = kind == 6;
            const auto stream = system          ? domain::Stream::system
                                : kind % 2 == 0 ? domain::Stream::state
                                                : domain::Stream::access;
            const auto tenant =
                system ? std::nullopt : std::optional(tenants_[size_ % tenants_.size()]);
            add_one(script, tenant, stream);
        }
        script += "UPDATE log SET size = " + std::to_string(size_);
        admin_->run_script(script, deadline());
    }
    /// Another log begins behind this one, as after a restore.
    void restore() {
        log_id_ = Uuid::from_bytes(random_bytes(16));
        size_ = 65'536;
        admin_->run_script("UPDATE log SET first_index = 65536, size = 65536, log_id = '" +
                               log_id_.to_string() + "'",
                           deadline());
    }
    void sql(const std::string& script) { admin_->run_script(script, deadline()); }

    backends::ConnectionSettings relay() const {
        auto out = cluster_.app();
        out.user = "soma_relay";
        out.password = PostgresCluster::kRelayPassword;
        return out;
    }
    PostgresCluster& cluster() { return cluster_; }
    Uuid log_id() const { return log_id_; }
    std::size_t size() const { return size_; }

  private:
    static Deadline deadline() { return Deadline(std::chrono::seconds(60)); }
    void add_one(std::string& script, const std::optional<Uuid>& tenant, domain::Stream stream) {
        const auto sequence = ++sequences_[{tenant.value_or(Uuid{}), stream}];
        const auto event =
            relayed_event(log_id_, size_, tenant, stream, sequence, 0,
                          stream == domain::Stream::system ? "constitution.sign" : "memory.any");
        const std::string id = Uuid::from_bytes(random_bytes(16)).to_string();
        script += "INSERT INTO events VALUES ('" + log_id_.to_string() + "', " +
                  std::to_string(size_) + ", '" + id + "', " +
                  (tenant ? "'" + tenant->to_string() + "'" : std::string("NULL")) + ", '" +
                  std::string(domain::to_string(stream)) + "', " + std::to_string(sequence) +
                  ", now(), 'tester', '" + event.action + "', NULL, '\\x" + to_hex(event.body) +
                  "', '\\x" + to_hex(domain::leaf_hash(event.body)) + "');";
    }

    PostgresCluster cluster_;
    std::unique_ptr<backends::Connection> admin_;
    std::vector<Uuid> tenants_;
    Uuid log_id_;
    std::size_t size_ = 0;
    std::map<std::pair<Uuid, domain::Stream>, std::uint64_t> sequences_;
};

}  // namespace soma::test
