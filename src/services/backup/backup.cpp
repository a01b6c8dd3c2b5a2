#include "services/backup/backup.h"

#include "backends/archive/archive_writer.h"
#include "backends/postgres/backup/snapshot.h"
#include "backends/postgres/schema/migrations.h"
#include "base/error.h"

namespace soma::services {

domain::Manifest back_up(const backends::ConnectionSettings& owner,
                         const std::filesystem::path& folder, Time now, const Deadline& deadline) {
    backends::ArchiveWriter archive(folder);
    backends::Snapshot snapshot(owner, deadline);
    domain::Manifest manifest{.created_at = now,
                              .schema = backends::schema_version(),
                              .log = snapshot.log(),
                              .tables = {}};
    for (const auto& table : snapshot.tables()) {
        domain::BackedUpTable entry{
            .name = table.name, .columns = table.columns, .rows = 0, .bytes = 0, .sha256 = {}};
        const auto written = archive.write(
            file_of(entry), [&](const auto& sink) { entry.rows = snapshot.copy(table, sink); });
        entry.bytes = written.bytes;
        entry.sha256 = written.sha256;
        manifest.tables.push_back(std::move(entry));
    }
    const std::string text = manifest_text(manifest);
    SOMA_ASSERT(text.size() <= domain::kMaxManifestBytes, "a schema has few tables");
    archive.write(kManifestFile, [&](const auto& sink) { sink(text); });
    archive.finish();
    return manifest;
}

}  // namespace soma::services
