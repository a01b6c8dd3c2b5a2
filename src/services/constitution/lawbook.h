#pragma once
#include "backends/postgres/constitution/laws.h"
#include "base/uuid.h"
#include "services/commit/committer.h"
#include "services/constitution/keeper.h"
#include "services/gate/admission.h"
#include "somabrain/v1/constitution.pb.h"

namespace soma::services {

/// Reading the law: versions, proposals, differences; each answer has its event. Answers what
/// PostgreSQL holds, judged by the chain that was verified last. Thread-safe. Throws Error:
/// not_found, invalid_argument, unavailable.
class Lawbook {
  public:
    Lawbook(const LawKeeper& keeper, backends::Laws& laws, Committer& committer, UuidGenerator& ids)
        : keeper_(keeper), laws_(laws), committer_(committer), ids_(ids) {}

    somabrain::v1::ConstitutionVersion newest(const RequestContext& context,
                                              const Admission& admission,
                                              const somabrain::v1::GetConstitutionRequest& request);
    somabrain::v1::ConstitutionVersion version(
        const RequestContext& context, const Admission& admission,
        const somabrain::v1::GetConstitutionVersionRequest& request);
    somabrain::v1::ListConstitutionVersionsResponse versions(
        const RequestContext& context, const Admission& admission,
        const somabrain::v1::ListConstitutionVersionsRequest& request);
    somabrain::v1::DiffConstitutionResponse diff(
        const RequestContext& context, const Admission& admission,
        const somabrain::v1::DiffConstitutionRequest& request);
    somabrain::v1::ListProposalsResponse proposals(
        const RequestContext& context, const Admission& admission,
        const somabrain::v1::ListProposalsRequest& request);
    somabrain::v1::ConstitutionVersion proposal(const RequestContext& context,
                                                const Admission& admission,
                                                const somabrain::v1::GetProposalRequest& request);

  private:
    backends::LawRow version_row(std::uint64_t version, const char* field,
                                 const Deadline& deadline);
    backends::LawRow proposal_row(const std::string& id, const char* field,
                                  const Deadline& deadline);
    somabrain::v1::ConstitutionVersion show(const RequestContext& context,
                                            const Admission& admission,
                                            const backends::LawRow& row);
    void record(const RequestContext& context, const Admission& admission);

    const LawKeeper& keeper_;
    backends::Laws& laws_;
    Committer& committer_;
    UuidGenerator& ids_;
};

}  // namespace soma::services
