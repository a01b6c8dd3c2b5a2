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
#include "services/gate/tenant_directory.h"

namespace soma::services {

/// What every request passes, HTTP and gRPC alike, in the order of the governance specification:
/// identity, tenant (from the token, never from a header or body), role. Rate limits and the
/// constitution's rules join here. Thread-safe.
class Gate {
  public:
    Gate(backends::TokenVerifier& verifier, TenantDirectory& tenants, Committer& committer,
         UuidGenerator& ids)
        : verifier_(verifier), tenants_(tenants), committer_(committer), ids_(ids) {}

    /// Throws Error: unauthenticated (no valid token, unknown tenant), permission_denied (recorded
    /// before it is thrown), unavailable.
    std::shared_ptr<const Admission> admit(const RequestContext& context);

    /// Records that an admitted request was refused or failed. Returns once that is durable; throws
    /// Error unavailable when it cannot be: then even the refusal may not be given.
    void record_refusal(const RequestContext& context, const Admission& admission,
                        const Error& error, int status);

    /// Tokens refused since the start, by reason, for metrics: they have no tenant and so no event.
    std::uint64_t refused_tokens(domain::TokenRefusal reason) const;

  private:
    backends::TokenVerifier& verifier_;
    TenantDirectory& tenants_;
    Committer& committer_;
    UuidGenerator& ids_;
    std::array<std::atomic<std::uint64_t>, domain::kTokenRefusalCount> refused_tokens_{};
};

/// The endpoint of a method of the contract, e.g. "somabrain.v1.Memory.Remember".
domain::Endpoint endpoint_of(std::string_view method);

/// What every event of a request has in common; the caller adds what happened.
domain::EventDraft draft_event(const RequestContext& context, const Admission& admission,
                               domain::Stream stream, const Uuid& id);

}  // namespace soma::services
