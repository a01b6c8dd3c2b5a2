#include "services/backup/restore.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "backends/archive/archive_reader.h"
#include "backends/postgres/backup/restoration.h"
#include "backends/postgres/schema/migrations.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"
#include "domain/context/evaluation_record.h"
#include "domain/context/feedback_record.h"
#include "domain/memory/sealing.h"
#include "services/backup/backup.h"

namespace soma::services {
namespace {

using backends::SealedSample;

constexpr std::chrono::seconds kKeyTime{30};

domain::Manifest checked(const backends::ArchiveReader& archive) {
    auto manifest = domain::parse_manifest(archive.text(kManifestFile, domain::kMaxManifestBytes));
    check_schema_of(manifest, backends::schema_version());
    for (const auto& table : manifest.tables) {
        archive.check(file_of(table), {table.bytes, table.sha256});
    }
    return manifest;
}

void fill(backends::Restoration& database, const backends::ArchiveReader& archive,
          const domain::Manifest& manifest) {
    const auto& tables = database.tables();
    const bool same =
        std::equal(tables.begin(), tables.end(), manifest.tables.begin(), manifest.tables.end(),
                   [](const auto& ours, const auto& theirs) {
                       return ours.name == theirs.name && ours.columns == theirs.columns;
                   });
    if (!same) {
        throw Error(ErrorKind::conflict, "the backup has other tables than the database");
    }
    for (std::size_t i = 0; i < tables.size(); ++i) {
        const auto& table = manifest.tables[i];
        std::uint64_t rows = 0;
        archive.read(file_of(table),
                     [&](const auto& next) { rows = database.fill(tables[i], next); });
        if (rows != table.rows) {
            throw Error(ErrorKind::invalid_argument,
                        file_of(table) + " does not hold the rows that the manifest counts");
        }
    }
}

bool opens(const SubjectKey& key, const Uuid& tenant, const SealedSample& sample) {
    switch (sample.kind) {
        case SealedSample::Kind::memory:
            return domain::open_content(key.data_key, tenant, sample.id, sample.sealed).has_value();
        case SealedSample::Kind::evaluation:
            return domain::open_record(key.data_key, tenant, sample.id, sample.sealed).has_value();
        case SealedSample::Kind::feedback:
            return domain::open_feedback(key.data_key, tenant, sample.id, sample.sealed)
                .has_value();
    }
    return false;
}

/// Erased since the backup: no key, or one that was made afterwards.
bool is_erased(Keyring& keyring, const backends::SampledSubject& subject) {
    const auto key =
        keyring.subject_by_hmac(subject.tenant, subject.subject_hmac, Deadline(kKeyTime));
    return key == nullptr ||
           std::none_of(subject.samples.begin(), subject.samples.end(),
                        [&](const auto& sample) { return opens(*key, subject.tenant, sample); });
}

/// Every tenant's own key, which nobody erases, must be there: else it is the wrong OpenBao, and
/// all subjects would look erased.
void check_tenant_keys(Keyring& keyring, const std::vector<Uuid>& tenants) {
    for (const auto& tenant : tenants) {
        if (!keyring.has_tenant(tenant, Deadline(kKeyTime))) {
            throw Error(ErrorKind::conflict, "OpenBao has no keys of tenant " + tenant.to_string() +
                                                 ": restore its snapshot first");
        }
    }
}

void remove_erased(backends::Restoration& database, Keyring& keyring,
                   const std::vector<Uuid>& tenants, domain::Restored& restored) {
    for (const auto& tenant : tenants) {
        for (const auto& subject : database.subjects(tenant)) {
            if (is_erased(keyring, subject)) {
                restored.erased.push_back(database.erase(subject));
                restored.states.try_emplace(tenant, database.state_stream(tenant));
            }
        }
    }
}

std::map<Uuid, std::uint64_t> new_epochs(const std::vector<Uuid>& tenants) {
    std::map<Uuid, std::uint64_t> epochs;
    for (const auto& tenant : tenants) {
        epochs[tenant] = read_u64be(random_bytes(8));
    }
    return epochs;
}

}  // namespace

RestoreReport restore(const backends::ConnectionSettings& owner, Keyring& keyring,
                      const std::filesystem::path& folder, std::uint64_t partition_rows, Time now,
                      const Deadline& deadline) {
    const backends::ArchiveReader archive(folder);
    RestoreReport report{.manifest = checked(archive), .restored = {}, .next = {}, .tenants = 0};
    backends::Restoration database(owner, deadline);
    database.open(report.manifest.log.size, partition_rows);
    fill(database, archive, report.manifest);
    const auto tenants = database.tenants();
    check_tenant_keys(keyring, tenants);
    report.tenants = tenants.size();
    report.restored = {.former = database.log(),
                       .backed_up_at = report.manifest.created_at,
                       .system = database.system_stream(),
                       .states = {},
                       .erased = {}};
    remove_erased(database, keyring, tenants, report.restored);
    UuidGenerator ids;
    report.next = domain::succeed(report.restored, ids, now);
    database.succeed(report.next, new_epochs(tenants));
    database.commit();
    return report;
}

}  // namespace soma::services
