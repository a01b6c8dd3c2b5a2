#pragma once
#include <memory>
#include <string>
#include <variant>

#include "backends/postgres/constitution/laws.h"
#include "base/uuid.h"
#include "services/commit/committer.h"
#include "services/constitution/keeper.h"
#include "services/gate/admission.h"
#include "somabrain/v1/constitution.pb.h"

namespace soma::services {

/// The only way to change the law: propose, sign, activate. Each step verifies the law as it
/// stands, is decided again under the pointer's lock, and has its event on `system`; a step that
/// was taken before is answered as if it had been taken now. Thread-safe.
///
/// Throws Error: invalid_argument (no canonical constitution, a signature that is not good),
/// not_found, conflict (not the next version, its term, too few signatures; the message begins with
/// the RefusalReason's name), resource_exhausted (kMaxOpenProposals), unavailable.
class Lawmaking {
  public:
    Lawmaking(LawKeeper& keeper, backends::Laws& laws, Committer& committer, UuidGenerator& ids)
        : keeper_(keeper), laws_(laws), committer_(committer), ids_(ids) {}

    somabrain::v1::ConstitutionVersion propose(const RequestContext& context,
                                               const Admission& admission,
                                               const somabrain::v1::ProposeRequest& request);
    somabrain::v1::ConstitutionVersion sign(const RequestContext& context,
                                            const Admission& admission,
                                            const somabrain::v1::SignProposalRequest& request);
    /// Returns when the version is in force here; its snapshot may still be owed.
    somabrain::v1::ConstitutionVersion activate(
        const RequestContext& context, const Admission& admission,
        const somabrain::v1::ActivateProposalRequest& request);

  private:
    using Step = std::variant<domain::ProposeLaw, domain::SignLaw, domain::ActivateLaw>;

    void take(const RequestContext& context, const Admission& admission, const Step& step,
              std::shared_ptr<const domain::Chain> chain);
    somabrain::v1::ConstitutionVersion answer(const RequestContext& context,
                                              const std::string& hash);

    LawKeeper& keeper_;
    backends::Laws& laws_;
    Committer& committer_;
    UuidGenerator& ids_;
};

}  // namespace soma::services
