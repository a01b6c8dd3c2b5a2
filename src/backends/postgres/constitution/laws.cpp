#include "backends/postgres/constitution/laws.h"

#include "backends/postgres/statements.h"

namespace soma::backends {
namespace {

// Signatures by key: the same rows are the same bytes everywhere.
#define SOMA_LAW                                                                                \
    "SELECT v.hash, v.version, v.document, v.proposed_at, v.activated_at,"                      \
    " coalesce(s.keys, ''), coalesce(s.signatures, '') FROM constitution_versions v"            \
    " LEFT JOIN LATERAL (SELECT string_agg(public_key, '' ORDER BY public_key) AS keys,"        \
    " string_agg(signature, '' ORDER BY public_key) AS signatures FROM constitution_signatures" \
    " WHERE hash = v.hash) s ON true "
constexpr Statement kPointer{"law_pointer", "SELECT version, hash FROM constitution_pointer"};
constexpr Statement kKnown{"law_known",
                           "SELECT hash FROM constitution_versions WHERE activated_at IS NOT NULL"
                           " AND version < $1::bigint ORDER BY version"};
constexpr Statement kFrom{"law_from", SOMA_LAW
                          "WHERE v.activated_at IS NOT NULL AND v.version >= $1::bigint"
                          " ORDER BY v.version LIMIT $2::int"};
constexpr Statement kFind{"law_find", SOMA_LAW "WHERE v.hash = $1::bytea"};
constexpr Statement kFindVersion{
    "law_find_version", SOMA_LAW "WHERE v.activated_at IS NOT NULL AND v.version = $1::bigint"};
constexpr Statement kVersions{"law_versions", SOMA_LAW
                              "WHERE v.activated_at IS NOT NULL AND v.version < $1::bigint"
                              " ORDER BY v.version DESC LIMIT $2::int"};
constexpr Statement kProposals{"law_proposals", SOMA_LAW
                               "WHERE v.activated_at IS NULL AND v.version > $1::bigint"
                               " ORDER BY v.log_index LIMIT $2::int"};
constexpr Statement kUnlocked{"law_unlocked", SOMA_LAW
                              "WHERE v.activated_at IS NOT NULL AND v.locked_at IS NULL"
                              " ORDER BY v.version LIMIT $1::int"};
#undef SOMA_LAW
constexpr Statement kSetLocked{"law_set_locked",
                               "UPDATE constitution_versions SET locked_at = $2::timestamptz"
                               " WHERE hash = $1::bytea AND activated_at IS NOT NULL"};
constexpr Statement kSystemStream{"law_system_stream",
                                  "SELECT id FROM streams WHERE name = 'system'"};

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;

LawRow read_row(const RowView& row) {
    LawRow out;
    out.hash = row.bytes(0);
    out.version = row.uint64(1);
    out.signed_version.text = row.bytes(2);
    out.proposed_at = row.time(3);
    out.activated_at = row.optional_time(4);
    const std::string_view keys = row.bytes(5);
    const std::string_view signatures = row.bytes(6);
    for (std::size_t i = 0; i < keys.size() / kKeyBytes; ++i) {
        out.signed_version.signatures.push_back(
            {std::string(keys.substr(i * kKeyBytes, kKeyBytes)),
             std::string(signatures.substr(i * kSignatureBytes, kSignatureBytes))});
    }
    return out;
}

std::vector<LawRow> read_rows(const Result& result) {
    std::vector<LawRow> out;
    for (int i = 0; i < result.rows(); ++i) {
        out.push_back(read_row(result.row(i)));
    }
    return out;
}

std::optional<LawRow> first(std::vector<LawRow> rows) {
    return rows.empty() ? std::nullopt : std::optional(std::move(rows.front()));
}

}  // namespace

LawPage Laws::read(std::uint64_t from, const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        connection.queue(kBeginRead, {});
        connection.queue(kPointer, {});
        connection.queue(kKnown, Params().add(from));
        connection.queue(kFrom, Params().add(from).add(kPage));
        connection.queue(kCommit, {});
        const std::vector<Result> results = connection.flush(deadline);
        SOMA_ASSERT(results[1].rows() == 1, "the law has one pointer");
        LawPage out{results[1].row(0).uint64(0), std::string(results[1].row(0).bytes(1)), {}, {}};
        for (int i = 0; i < results[2].rows(); ++i) {
            out.known.emplace_back(results[2].row(i).bytes(0));
        }
        out.rows = read_rows(results[3]);
        return out;
    });
}

std::vector<LawRow> Laws::rows(const Statement& statement, const Params& params,
                               const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        return read_rows(connection.run(statement, params, deadline));
    });
}

std::optional<LawRow> Laws::find(std::string_view hash, const Deadline& deadline) {
    return first(rows(kFind, Params().add_bytes(hash), deadline));
}

std::optional<LawRow> Laws::find_version(std::uint64_t version, const Deadline& deadline) {
    return first(rows(kFindVersion, Params().add(version), deadline));
}

std::vector<LawRow> Laws::versions(std::uint64_t before, int limit, const Deadline& deadline) {
    return rows(kVersions, Params().add(before).add(limit), deadline);
}

std::vector<LawRow> Laws::proposals(std::uint64_t version, int limit, const Deadline& deadline) {
    return rows(kProposals, Params().add(version).add(limit), deadline);
}

std::vector<LawRow> Laws::unlocked(int limit, const Deadline& deadline) {
    return rows(kUnlocked, Params().add(limit), deadline);
}

void Laws::set_locked(std::string_view hash, Time now, const Deadline& deadline) {
    pool_.run(deadline, [&](Connection& connection) {
        connection.run(kSetLocked, Params().add_bytes(hash).add(now), deadline);
    });
}

Uuid Laws::system_stream(const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        const Result found = connection.run(kSystemStream, {}, deadline);
        SOMA_ASSERT(found.rows() == 1, "the system has one stream");
        return found.row(0).uuid(0);
    });
}

}  // namespace soma::backends
