#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/postgres/backup/tables.h"
#include "backends/postgres/connection.h"
#include "domain/backup/succession.h"

namespace soma::backends {

/// Rows of a subject that tell whether its key opens what it sealed: the first and the last of each
/// table that has any.
struct SealedSample {
    enum class Kind { memory, evaluation, feedback };
    Kind kind = Kind::memory;
    Uuid id;
    std::string sealed;
};
struct SampledSubject {
    Uuid tenant;
    std::string subject_hmac;  ///< 32 bytes
    std::vector<SealedSample> samples;
};

/// One transaction that makes an empty database out of what a backup holds: nothing is there until
/// commit() has returned, and the tables are locked against everybody else until then. Logs in as
/// soma_owner's login. For one thread. Any PostgresError ends it.
class Restoration {
  public:
    /// Begins. Throws Error(unavailable) unless the schema is this program's, Error(conflict) when
    /// the database is in use or holds anything already.
    Restoration(ConnectionSettings settings, const Deadline& deadline);

    const std::vector<CopiedTable>& tables() const { return tables_; }

    /// Makes partitions of `events` for what a log of this size holds and what follows it; lifts
    /// row-level security from the owner.
    void open(std::uint64_t log_size, std::uint64_t partition_rows);
    /// A table's rows, in the form that Snapshot::copy handed on; returns how many there are now.
    std::uint64_t fill(const CopiedTable& table, const std::function<std::string_view()>& give);

    /// Of what was filled in:
    domain::LogHead log();
    domain::StreamHead system_stream();
    std::vector<Uuid> tenants();
    domain::StreamHead state_stream(const Uuid& tenant);
    std::vector<SampledSubject> subjects(const Uuid& tenant);

    /// Deletes everything of the subject; says how many rows that was.
    domain::ErasedSubject erase(const SampledSubject& subject);
    /// Begins the new log with its events, and each tenant's new epoch.
    void succeed(const domain::Succession& next, const std::map<Uuid, std::uint64_t>& epochs);

    /// Puts row-level security back and commits.
    void commit();

  private:
    Result run(const Statement& statement, const Params& params = {});
    void script(const std::string& sql);
    void check_empty();

    Deadline deadline_;
    std::unique_ptr<Connection> connection_;
    std::vector<CopiedTable> tables_;
    std::uint64_t partition_rows_ = 0;
};

}  // namespace soma::backends
