#include "services/constitution/restore_law.h"

#include "backends/postgres/constitution/refill.h"
#include "base/error.h"
#include "domain/constitution/chain.h"

namespace soma::services {
namespace {

Error refused(std::uint64_t version, const std::string& why) {
    return {ErrorKind::invalid_argument,
            "the snapshot of version " + std::to_string(version) + " is refused: " + why};
}

}  // namespace

RestoredLaw restore_law(const backends::ConnectionSettings& owner, LawSnapshots& snapshots,
                        const std::string& trust_root, Time now, const Deadline& deadline) {
    const auto newest = snapshots.newest(deadline);
    if (!newest) {
        throw Error(ErrorKind::not_found, "object storage holds no snapshot of the law");
    }
    backends::LawRefill database(owner, deadline);
    domain::Chain chain(trust_root);
    for (std::uint64_t version = 1; version <= newest->version; ++version) {
        const auto snapshot = snapshots.read(version, deadline);
        if (!snapshot) {
            throw refused(version, "it is missing");
        }
        if (const auto refusal = chain.append(snapshot->content)) {
            throw refused(version, std::string(domain::reason_name(refusal->reason)) + ": " +
                                       refusal->message);
        }
        database.add(version, chain.hash(version), snapshot->content, now);
    }
    database.commit();
    return {chain.version(), chain.hash(chain.version())};
}

}  // namespace soma::services
