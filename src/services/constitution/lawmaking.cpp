#include "services/constitution/lawmaking.h"

#include "base/encoding.h"
#include "base/error.h"
#include "services/commit/wait.h"
#include "services/constitution/present.h"
#include "services/gate/gate.h"
#include "telemetry/log.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;
using domain::LawRefusal;
using domain::RefusalReason;

constexpr int kOkStatus = 200;
constexpr int kCreatedStatus = 201;
/// Others may change the law between two looks at it; not so often.
constexpr int kAttempts = 3;

std::string hash_of(const std::string& id) {
    auto hash = domain::parse_hash(id);
    if (!hash) {
        throw invalid("/id", "must be 128 hexadecimal digits");
    }
    return std::move(*hash);
}

std::string bytes_of(const std::string& text, const char* field) {
    auto bytes = from_base64(text);
    if (!bytes) {
        throw invalid(field, "must be base64 with padding");
    }
    return std::move(*bytes);
}

domain::Document document_of(const std::string& text) {
    try {
        return domain::read_canonical_document(text);
    } catch (const Error& error) {
        const std::string at = error.field().empty() ? "" : "at " + error.field() + ": ";
        throw invalid("/document", at + error.public_message());
    }
}

Error no_such_proposal() {
    return Error(ErrorKind::not_found, "no such proposal").at("/id");
}

Error refused(const LawRefusal& refusal) {
    const std::string message =
        std::string(domain::reason_name(refusal.reason)) + ": " + refusal.message;
    switch (refusal.reason) {
        case RefusalReason::bad_signature:
            return invalid("/signature", message);
        case RefusalReason::unknown_signer:
            return invalid("/public_key", message);
        default:
            return Error(ErrorKind::conflict, message);
    }
}

/// The trouble with an outcome; throws it. LawMoved is the caller's.
struct Answered {
    void operator()(const domain::Committed&) const {}
    void operator()(const domain::LawKnown&) const {}
    void operator()(const domain::ProposalMissing&) const { throw no_such_proposal(); }
    void operator()(const domain::TooManyProposals&) const {
        throw Error(ErrorKind::conflict, "as many proposals are open as may be: activate one");
    }
    void operator()(const LawRefusal& refusal) const { throw refused(refusal); }
    template <typename Other>
    void operator()(const Other&) const {
        throw Error(ErrorKind::internal, "internal error", "no outcome of a step of the law");
    }
};

/// What an outcome is called in the log.
struct Called {
    std::string_view operator()(const domain::Committed&) const { return "taken"; }
    std::string_view operator()(const domain::LawKnown&) const { return "known"; }
    std::string_view operator()(const domain::LawMoved&) const { return "moved"; }
    std::string_view operator()(const LawRefusal& refusal) const {
        return domain::reason_name(refusal.reason);
    }
    template <typename Other>
    std::string_view operator()(const Other&) const {
        return "refused";
    }
};

/// Before and after a step, so that the log shows one that a crash left open.
void log_step(const RequestContext& context, const domain::LawChange& change,
              std::string_view outcome) {
    const auto* signing = std::get_if<domain::SignLaw>(&change.step);
    const bool proposes = std::holds_alternative<domain::ProposeLaw>(change.step);
    telemetry::log(telemetry::Level::info, "a step of the law",
                   {{"request_id", context.request_id},
                    {"step", signing != nullptr ? "sign"
                             : proposes         ? "propose"
                                                : "activate"},
                    {"law", to_hex(domain::law_hash(change))},
                    {"signer", signing == nullptr ? "" : to_base64(signing->signature.public_key)},
                    {"outcome", outcome}});
}

}  // namespace

ConstitutionVersion Lawmaking::propose(const RequestContext& context, const Admission& admission,
                                       const ProposeRequest& request) {
    auto document = document_of(request.document());
    const std::string hash = document.hash;
    take(context, admission, domain::ProposeLaw{std::move(document)},
         keeper_.refresh(context.deadline));
    return answer(context, hash);
}

ConstitutionVersion Lawmaking::sign(const RequestContext& context, const Admission& admission,
                                    const SignProposalRequest& request) {
    const std::string hash = hash_of(request.id());
    domain::Signature signature{bytes_of(request.public_key(), "/public_key"),
                                bytes_of(request.signature(), "/signature")};
    take(context, admission, domain::SignLaw{hash, std::move(signature)},
         keeper_.refresh(context.deadline));
    return answer(context, hash);
}

ConstitutionVersion Lawmaking::activate(const RequestContext& context, const Admission& admission,
                                        const ActivateProposalRequest& request) {
    const std::string hash = hash_of(request.id());
    const auto chain = keeper_.refresh(context.deadline);
    if (chain->version() == 0 || chain->hash(chain->version()) != hash) {
        take(context, admission, domain::ActivateLaw{hash}, chain);
        keeper_.refresh(context.deadline);
    }
    return answer(context, hash);
}

void Lawmaking::take(const RequestContext& context, const Admission& admission, const Step& step,
                     std::shared_ptr<const domain::Chain> chain) {
    auto event = draft_event(context, admission, domain::Stream::system, ids_.next(context.now));
    event.tenant = std::nullopt;
    event.status = std::holds_alternative<domain::ActivateLaw>(step) ? kOkStatus : kCreatedStatus;
    domain::LawChange change{laws_.system_stream(context.deadline), std::move(chain), step,
                             std::move(event)};
    // The law is public: its identity stands for the digests of what was asked and answered.
    change.event.details["law"] = to_hex(domain::law_hash(change));
    change.event.details["tenant"] = admission.tenant.id.to_string();
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        domain::Intent intent{.tenant = {}, .now = context.now, .deadline = context.deadline};
        intent.law = change;
        log_step(context, change, "asked");
        const auto outcome = wait_for(committer_.submit(std::move(intent)), context.deadline);
        log_step(context, change, std::visit(Called{}, outcome));
        if (!std::holds_alternative<domain::LawMoved>(outcome)) {
            std::visit(Answered{}, outcome);
            return;
        }
        change.chain = keeper_.refresh(context.deadline);
    }
    throw Error(ErrorKind::unavailable, "the law is being changed by others: try again");
}

ConstitutionVersion Lawmaking::answer(const RequestContext& context, const std::string& hash) {
    const auto row = laws_.find(hash, context.deadline);
    if (!row) {
        throw no_such_proposal();
    }
    const auto before = law_before(laws_, *row, context.deadline);
    return present(*row, *keeper_.chain(), before ? &before->law : nullptr, context.now);
}

}  // namespace soma::services
