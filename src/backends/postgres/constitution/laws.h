#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/postgres/connection_pool.h"
#include "base/time.h"
#include "base/uuid.h"
#include "domain/constitution/chain.h"

namespace soma::backends {

/// A proposal or version as its row has it. Nothing about it is believed yet.
struct LawRow {
    std::string hash;  ///< 64 bytes
    std::uint64_t version = 0;
    domain::SignedVersion signed_version;
    Time proposed_at;
    std::optional<Time> activated_at;  ///< absent: a proposal
};

/// The pointer, the hashes of versions that are known already, and rows after them, of one
/// snapshot.
struct LawPage {
    std::uint64_t version = 0;  ///< the pointer's; 0: no law yet
    std::string hash;
    std::vector<std::string> known;  ///< hashes of the versions before `from`, in order
    std::vector<LawRow> rows;        ///< versions from `from` on, in order
};

/// Tables `constitution_*`, reading; the committer writes them. Thread-safe as its pool is.
class Laws {
  public:
    static constexpr int kPage = 64;  ///< rows of up to 256 KiB

    explicit Laws(ConnectionPool& pool) : pool_(pool) {}

    /// At most kPage rows from version `from` (≥ 1) on.
    LawPage read(std::uint64_t from, const Deadline& deadline);
    std::optional<LawRow> find(std::string_view hash, const Deadline& deadline);
    std::optional<LawRow> find_version(std::uint64_t version, const Deadline& deadline);
    /// Versions below `before`, newest first.
    std::vector<LawRow> versions(std::uint64_t before, int limit, const Deadline& deadline);
    /// Proposals for versions above `version`, oldest first.
    std::vector<LawRow> proposals(std::uint64_t version, int limit, const Deadline& deadline);

    /// Versions whose snapshot is still owed, oldest first.
    std::vector<LawRow> unlocked(int limit, const Deadline& deadline);
    /// The snapshot lies under object lock and was read back.
    void set_locked(std::string_view hash, Time now, const Deadline& deadline);

    /// Id of the `system` stream.
    Uuid system_stream(const Deadline& deadline);

  private:
    std::vector<LawRow> rows(const Statement& statement, const Params& params,
                             const Deadline& deadline);

    ConnectionPool& pool_;
};

}  // namespace soma::backends
