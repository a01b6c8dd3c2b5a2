#pragma once
#include "backends/postgres/constitution/laws.h"
#include "domain/constitution/update.h"
#include "somabrain/v1/constitution.pb.h"

namespace soma::services {

/// A row as the contract shows it. `chain` is the verified one, which says what became of it.
somabrain::v1::ConstitutionSummary summarise(const backends::LawRow& row,
                                             const domain::Chain& chain, Time now);

/// The law before a row's, as PostgreSQL holds it: the version that its number follows. nullopt:
/// there is none, or it is no constitution.
std::optional<domain::Document> law_before(backends::Laws& laws, const backends::LawRow& row,
                                           const Deadline& deadline);

/// The whole row. `before` is the law it follows, null for version 1: its holders' signatures are
/// counted, too. A row that is no constitution is shown as `refused`, with what is in it.
somabrain::v1::ConstitutionVersion present(const backends::LawRow& row, const domain::Chain& chain,
                                           const domain::Constitution* before, Time now);

}  // namespace soma::services
