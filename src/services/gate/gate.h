#pragma once
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "backends/oidc/token_verifier.h"
#include "base/error.h"
#include "domain/ledger/event.h"
#include "services/commit/committer.h"
#include "services/gate/admission.h"
#include "services/gate/judge.h"
#include "services/gate/tenant_directory.h"

namespace soma::services {

/// What every request passes, HTTP and gRPC alike, in the order of the governance specification:
/// identity, tenant (from the token, never from a header or body), role, law; then, once the body
/// is decoded, the constitution's rules. Rate limits join here. Thread-safe.
class Gate {
  public:
    Gate(backends::TokenVerifier& verifier, TenantDirectory& tenants, const LawInForce& laws,
         Committer& committer, UuidGenerator& ids);

    /// Throws Error: unauthenticated (no valid token, unknown tenant), permission_denied and, when
    /// no law is in force, unavailable (both recorded before they are thrown), unavailable.
    std::shared_ptr<const Admission> admit(const RequestContext& context);

    /// Once a request: asks the admission's law of what is now decoded, and blots out of it what
    /// the law says. The admission for the handler. Throws Error permission_denied that names the
    /// article, invalid_argument; both for the caller to record.
    std::shared_ptr<const Admission> judge(const std::shared_ptr<const Admission>& admission,
                                           google::protobuf::Message& request);

    /// Records that an admitted request was refused or failed. Returns once that is durable; throws
    /// Error unavailable when it cannot be: then even the refusal may not be given.
    void record_refusal(const RequestContext& context, const Admission& admission,
                        const Error& error, int status);

    /// Tokens refused since the start, by reason, for metrics: they have no tenant and so no event.
    std::uint64_t refused_tokens(domain::TokenRefusal reason) const;
    /// What the law made of requests since the start, for metrics.
    std::uint64_t outcomes(LawOutcome outcome) const;

  private:
    [[noreturn]] void refuse(const RequestContext& context, const Admission& admission,
                             const Error& error, int status);
    void count(LawOutcome outcome);

    backends::TokenVerifier& verifier_;
    TenantDirectory& tenants_;
    const LawInForce& laws_;
    Committer& committer_;
    UuidGenerator& ids_;
    std::vector<std::unique_ptr<const RequestReader>> readers_;  ///< by Endpoint; null: exempt
    std::array<std::atomic<std::uint64_t>, domain::kTokenRefusalCount> refused_tokens_{};
    std::array<std::atomic<std::uint64_t>, kLawOutcomeCount> outcomes_{};
};

/// The endpoint of a method of the contract, e.g. "somabrain.v1.Memory.Remember".
domain::Endpoint endpoint_of(std::string_view method);

/// What every event of a request has in common, its law included; the caller adds what happened.
domain::EventDraft draft_event(const RequestContext& context, const Admission& admission,
                               domain::Stream stream, const Uuid& id);

}  // namespace soma::services
