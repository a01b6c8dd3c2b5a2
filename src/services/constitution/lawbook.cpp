#include "services/constitution/lawbook.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "domain/constitution/diff.h"
#include "domain/ledger/law_plan.h"
#include "services/commit/record_answer.h"
#include "services/constitution/present.h"
#include "services/gate/gate.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;

constexpr int kOkStatus = 200;
constexpr int kVersionsPage = 20;

/// "17" as 17; nullopt: it is no version's number.
std::optional<std::uint64_t> parse_version(const std::string& text) {
    std::uint64_t version = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    const bool is_number = error == std::errc() && end == text.data() + text.size();
    return is_number && version >= 1 && version <= domain::kMaxVersion ? std::optional(version)
                                                                       : std::nullopt;
}

}  // namespace

ConstitutionVersion Lawbook::newest(const RequestContext& context, const Admission& admission,
                                    const GetConstitutionRequest&) {
    const auto rows = laws_.versions(domain::kMaxVersion + 1, 1, context.deadline);
    if (rows.empty()) {
        throw Error(ErrorKind::not_found, "no constitution has been activated yet");
    }
    return show(context, admission, rows.front());
}

ConstitutionVersion Lawbook::version(const RequestContext& context, const Admission& admission,
                                     const GetConstitutionVersionRequest& request) {
    return show(context, admission, version_row(request.version(), "/version", context.deadline));
}

ListConstitutionVersionsResponse Lawbook::versions(const RequestContext& context,
                                                   const Admission& admission,
                                                   const ListConstitutionVersionsRequest& request) {
    const auto chain = keeper_.chain();
    ListConstitutionVersionsResponse response;
    const auto before = request.has_before() ? request.before() : domain::kMaxVersion + 1;
    const int limit = request.has_limit() ? request.limit() : kVersionsPage;
    for (const auto& row : laws_.versions(before, limit, context.deadline)) {
        *response.add_versions() = summarise(row, *chain, context.now);
    }
    record(context, admission);
    return response;
}

DiffConstitutionResponse Lawbook::diff(const RequestContext& context, const Admission& admission,
                                       const DiffConstitutionRequest& request) {
    const std::string before =
        request.from() == 0
            ? std::string()
            : version_row(request.from(), "/from", context.deadline).signed_version.text;
    const auto to = parse_version(request.to());
    const auto after = to ? version_row(*to, "/to", context.deadline)
                          : proposal_row(request.to(), "/to", context.deadline);
    DiffConstitutionResponse response;
    for (auto& difference : domain::diff_laws(before, after.signed_version.text)) {
        auto& change = *response.add_changes();
        change.set_path(std::move(difference.path));
        if (difference.before) {
            change.set_before(std::move(*difference.before));
        }
        if (difference.after) {
            change.set_after(std::move(*difference.after));
        }
    }
    record(context, admission);
    return response;
}

ListProposalsResponse Lawbook::proposals(const RequestContext& context, const Admission& admission,
                                         const ListProposalsRequest&) {
    const auto chain = keeper_.chain();
    ListProposalsResponse response;
    for (const auto& row :
         laws_.proposals(chain->version(), int{domain::kMaxOpenProposals}, context.deadline)) {
        *response.add_proposals() = summarise(row, *chain, context.now);
    }
    record(context, admission);
    return response;
}

ConstitutionVersion Lawbook::proposal(const RequestContext& context, const Admission& admission,
                                      const GetProposalRequest& request) {
    return show(context, admission, proposal_row(request.id(), "/id", context.deadline));
}

backends::LawRow Lawbook::version_row(std::uint64_t version, const char* field,
                                      const Deadline& deadline) {
    auto row = laws_.find_version(version, deadline);
    if (!row) {
        throw Error(ErrorKind::not_found, "no such version of the constitution").at(field);
    }
    return std::move(*row);
}

backends::LawRow Lawbook::proposal_row(const std::string& id, const char* field,
                                       const Deadline& deadline) {
    const auto hash = domain::parse_hash(id);
    auto row = hash ? laws_.find(*hash, deadline) : std::nullopt;
    if (!row) {
        throw Error(ErrorKind::not_found, "no such proposal").at(field);
    }
    return std::move(*row);
}

ConstitutionVersion Lawbook::show(const RequestContext& context, const Admission& admission,
                                  const backends::LawRow& row) {
    const auto chain = keeper_.chain();
    const auto before = law_before(laws_, row, context.deadline);
    auto response = present(row, *chain, before ? &before->law : nullptr, context.now);
    record(context, admission);
    return response;
}

void Lawbook::record(const RequestContext& context, const Admission& admission) {
    auto event = draft_event(context, admission, domain::Stream::access, ids_.next(context.now));
    event.status = kOkStatus;
    record_answer(committer_, admission.tenant.streams(), context.now, std::move(event),
                  context.deadline);
}

}  // namespace soma::services
