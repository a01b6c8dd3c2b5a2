#include "services/evaluate/replay.h"

#include <map>
#include <utility>

#include "base/encoding.h"
#include "base/error.h"
#include "services/commit/record_answer.h"
#include "services/gate/gate.h"
#include "services/search/load.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;

constexpr int kOkStatus = 200;

Error unreplayable(const std::string& why) {
    return Error(ErrorKind::conflict, "unreplayable: " + why).at("/id");
}

Error without_memory(const Uuid& id, const std::string& what) {
    return unreplayable("memory " + id.to_string() + " " + what);
}

}  // namespace

OpenedEvaluation Replay::load(const RequestContext& context, const Admission& admission,
                              const Uuid& id) {
    auto kept = open_evaluation(evaluations_, keyring_, context, admission.tenant.id, id,
                                rows_deadline(committer_, context.deadline), "/id");
    if (!kept.record.answered) {
        throw unreplayable("it was recorded before evaluations could be replayed");
    }
    return kept;
}

std::vector<FoundMemory> Replay::memories_of(const RequestContext& context,
                                             const Admission& admission,
                                             const domain::EvaluationRecord& record) {
    const auto& tenant = admission.tenant;
    std::vector<Uuid> ids;
    for (const auto& returned : record.memories) {
        ids.push_back(returned.memory);
    }
    std::map<Uuid, domain::StoredMemory> rows;
    for (auto& row : memories_.get_whole(tenant.id, ids, tenant.model_generation,
                                         rows_deadline(committer_, context.deadline))) {
        rows.emplace(row.facts.id, std::move(row));
    }
    std::vector<FoundMemory> found;
    for (const auto& returned : record.memories) {
        const auto row = rows.find(returned.memory);
        const auto key =
            row == rows.end()
                ? nullptr
                : keyring_.subject_by_hmac(tenant.id, row->second.subject_hmac, context.deadline);
        if (!key) {
            throw without_memory(returned.memory, "was deleted or erased");
        }
        const auto& expires_at = row->second.facts.expires_at;
        if (expires_at && *expires_at <= context.now) {
            throw without_memory(returned.memory, "has expired");
        }
        auto memory = found_memory(open_memory(tenant.id, row->second, *key),
                                   {.passage = returned.passage,
                                    .id = returned.memory,
                                    .sequence = row->second.facts.sequence,
                                    .score = domain::score_of(returned.values, record.weights),
                                    .values = returned.values});
        if (!memory) {
            throw without_memory(returned.memory, "was embedded anew");
        }
        found.push_back(std::move(*memory));
    }
    return found;
}

std::vector<domain::WorkingMemory> Replay::session_of(const RequestContext& context,
                                                      const Admission& admission,
                                                      const domain::EvaluationRecord& record) {
    std::vector<Uuid> ids;
    for (const auto& entry : record.working_memory) {
        ids.push_back(entry.id);
    }
    auto named = working_memory_.named(admission.tenant.id, ids, context.now,
                                       rows_deadline(committer_, context.deadline));
    std::vector<domain::WorkingMemory> session;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!named[i]) {
            throw unreplayable(std::string(domain::kind_name(record.working_memory[i].kind)) + " " +
                               ids[i].to_string() + " of its session is gone");
        }
        session.push_back(std::move(*named[i]));
    }
    return session;
}

Evaluated Replay::rebuild(const RequestContext& context, const Admission& admission,
                          const domain::EvaluationRecord& record) {
    Evaluated parts;
    parts.constitution_version = record.constitution_version.value_or(0);
    parts.policy = record.policy;
    parts.utility = record.answered->utility;
    parts.situation = record.query;
    if (record.token_budget) {
        parts.token_budget = *record.token_budget;
    }
    parts.form = record.answered->form;
    parts.temperature = record.temperature;
    parts.found.query = record.vector;
    parts.found.memories = memories_of(context, admission, record);
    parts.found.state = {record.answered->epoch, record.state_sequence};
    parts.found.coverage = record.answered->coverage;
    parts.memories_capped = record.answered->memories_capped;
    parts.session = session_of(context, admission, record);
    parts.candidates = record.answered->candidates;
    return parts;
}

EvaluateResponse Replay::replay(const RequestContext& context, const Admission& admission,
                                const ReplayRequest& request) {
    const Uuid id = *Uuid::parse(request.id());
    const OpenedEvaluation kept = load(context, admission, id);
    auto response =
        answer_of(rebuild(context, admission, kept.record),
                  [this](std::string_view text) { return embedder_.count_pieces(text); });
    if (response.digest() != kept.record.answered->digest) {
        throw unreplayable("what it rested on was embedded anew, or the program answers otherwise");
    }
    response.set_evaluation_id(id.to_string());
    record(context, admission, kept, request, response);
    return response;
}

void Replay::record(const RequestContext& context, const Admission& admission,
                    const OpenedEvaluation& kept, const ReplayRequest& request,
                    const EvaluateResponse& response) {
    auto event = draft_event(context, admission, domain::Stream::access, ids_.next(context.now));
    event.status = kOkStatus;
    event.request_digest = to_hex(kept.key->digest(request.SerializeAsString()));
    event.answer_digest = to_hex(kept.key->digest(response.SerializeAsString()));
    event.details["evaluation_id"] = request.id();
    for (const auto& returned : kept.record.memories) {
        event.targets.push_back(returned.memory);
    }
    record_answer(committer_, admission.tenant.streams(), context.now, std::move(event),
                  context.deadline);
}

}  // namespace soma::services
