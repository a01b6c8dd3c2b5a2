#include "backends/postgres/backup/tables.h"

#include "base/error.h"

namespace soma::backends {
namespace {

constexpr Statement kTables{
    "backup_tables",
    "WITH RECURSIVE wanted AS ("
    "  SELECT oid, relname, relrowsecurity, relforcerowsecurity FROM pg_class"
    "  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"
    "  AND relname NOT IN ('schema_migrations', 'events_partitions')),"
    " levels AS (SELECT oid, 0 AS level FROM wanted UNION"
    "  SELECT f.conrelid, level + 1 FROM levels JOIN pg_constraint f ON f.contype = 'f'"
    "  AND f.confrelid = levels.oid AND f.conrelid <> f.confrelid)"
    " SELECT w.relname::text, (SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute"
    "   WHERE attrelid = w.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''),"
    "  w.relforcerowsecurity,"
    "  NOT w.relforcerowsecurity OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = w.oid"
    "   AND p.polcmd IN ('r', '*') AND 'soma_owner'::regrole = ANY (p.polroles)"
    "   AND pg_get_expr(p.polqual, p.polrelid) = 'true')"
    " FROM wanted w JOIN levels USING (oid) GROUP BY w.oid, w.relname, w.relforcerowsecurity"
    " ORDER BY max(level), w.relname"};

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> out;
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        out.emplace_back(list.substr(0, comma));
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    }
    return out;
}

}  // namespace

std::string CopiedTable::column_list() const {
    std::string list;
    for (const auto& column : columns) {
        list += (list.empty() ? "" : ", ") + column;
    }
    return list;
}

std::vector<CopiedTable> tables_to_copy(Connection& connection, const Deadline& deadline) {
    const Result result = connection.run(kTables, {}, deadline);
    std::vector<CopiedTable> out;
    for (int i = 0; i < result.rows(); ++i) {
        const RowView row = result.row(i);
        CopiedTable table{std::string(row.bytes(0)), split(row.bytes(1)), row.boolean(2)};
        if (!row.boolean(3)) {
            throw Error(ErrorKind::internal, "the backup would miss rows",
                        "no policy shows soma_owner the rows of " + table.name);
        }
        out.push_back(std::move(table));
    }
    return out;
}

}  // namespace soma::backends
