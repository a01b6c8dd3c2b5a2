#include "services/evaluate/evaluate.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"
#include "services/commit/wait.h"
#include "services/gate/gate.h"
#include "services/gate/request_reader.h"
#include "services/recall/answer.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;

constexpr int kOkStatus = 200;
/// evaluate's answer is at most 128 KiB of JSON. Of 2,048 dimensions the vectors take up to 64 KiB,
/// the prompt 16, working memory 24, policy 6: the memories have what is left, at least 16.
constexpr std::size_t kMaxAnswerBytes = 128 * 1024;
constexpr std::size_t kMaxSessionBytes = 24 * 1024;
constexpr std::size_t kFloatBytes = 16;      ///< "-1.17549435e-38" and its comma
constexpr std::size_t kItemBytes = 192;      ///< of a working-memory item beside its strings
constexpr std::size_t kOtherBytes = 1024;    ///< ids, tokens, digest, names of members
constexpr std::size_t kDirectiveBytes = 32;  ///< of a directive beside its strings

std::vector<domain::PolicyDirective> policy_of(const Admission& admission) {
    std::vector<domain::PolicyDirective> policy;
    for (const auto& [article, text] : admission.policy) {
        policy.push_back({std::string(article), std::string(text)});
    }
    return policy;
}

domain::BundleInput bundle_input(const Admission& admission, const EvaluateRequest& request,
                                 const Found& found,
                                 const std::vector<domain::WorkingMemory>& session) {
    domain::BundleInput input{.policy = policy_of(admission),
                              .situation = request.query(),
                              .query = found.query,
                              .memories = {},
                              .working_memory = session,
                              .token_budget = {}};
    if (request.has_token_budget()) {
        input.token_budget = static_cast<std::size_t>(request.token_budget());
    }
    for (const auto& memory : found.memories) {
        input.memories.push_back({.text = memory.content.text,
                                  .speaker = memory.content.speaker,
                                  .occurred_at = memory.facts.occurred_at,
                                  .score = memory.hit.score,
                                  .vector = memory.vector});
    }
    return input;
}

std::string_view kind_name(domain::WorkingMemory::Kind kind) {
    switch (kind) {
        case domain::WorkingMemory::Kind::turn:
            return "turn";
        case domain::WorkingMemory::Kind::query:
            return "query";
        case domain::WorkingMemory::Kind::response:
            return "response";
    }
    return "";
}

void add_working_memory(EvaluateResponse& response,
                        const std::vector<domain::WorkingMemory>& session,
                        const std::vector<double>& weights) {
    for (std::size_t i = 0; i < session.size(); ++i) {
        const auto& entry = session[i];
        auto& item = *response.add_working_memory();
        item.set_kind(std::string(kind_name(entry.kind)));
        item.set_id(entry.id.to_string());
        item.set_text(entry.text);
        item.set_speaker(entry.speaker);
        item.set_time(format_rfc3339(entry.time));
        item.set_weight(weights[i]);
    }
}

std::size_t session_bytes(const EvaluateResponse& response) {
    std::size_t bytes = 0;
    for (const auto& item : response.working_memory()) {
        bytes += kItemBytes + json_bytes(item.text()) + json_bytes(item.speaker());
    }
    return bytes;
}

std::size_t policy_bytes(const EvaluateResponse& response) {
    std::size_t bytes = 0;
    for (const auto& directive : response.policy()) {
        bytes += kDirectiveBytes + json_bytes(directive.article()) + json_bytes(directive.text());
    }
    return bytes;
}

/// Cuts what would take the answer over its limit: the longest texts, as JSON spells them.
void keep_limits(EvaluateResponse& response) {
    bool cut = false;
    for (std::size_t limit = kMaxSessionBytes / 2; session_bytes(response) > kMaxSessionBytes;
         limit /= 2) {
        for (auto& item : *response.mutable_working_memory()) {
            cut = cut_to_json(*item.mutable_text(), limit) || cut;
            cut_to_json(*item.mutable_speaker(), limit / 2);
        }
    }
    if (cut) {
        response.add_capped("working_memory");
    }
    const auto floats = static_cast<std::size_t>(response.fused_size() + response.residual_size());
    const std::size_t others = kOtherBytes + kFloatBytes * floats + json_bytes(response.prompt()) +
                               session_bytes(response) + policy_bytes(response);
    SOMA_ASSERT(others < kMaxAnswerBytes,
                "dimension, prompt, session and policy have their own limits");
    fit(*response.mutable_memories(), kMaxAnswerBytes - others, *response.mutable_capped());
}

/// Everything but the evaluation's id, which is not part of what is digested.
EvaluateResponse answer_of(const Admission& admission, const Found& found,
                           const std::vector<domain::WorkingMemory>& session,
                           const domain::Bundle& bundle, bool memories_capped) {
    EvaluateResponse response;
    response.set_constitution_version(admission.law->version);
    for (const auto& [article, text] : admission.policy) {
        auto& directive = *response.add_policy();
        directive.set_article(std::string(article));
        directive.set_text(std::string(text));
    }
    for (std::size_t i = 0; i < found.memories.size(); ++i) {
        auto& memory = *response.add_memories();
        memory = recalled(found.memories[i], false);
        memory.set_weight(bundle.weights[i]);
    }
    if (memories_capped) {
        response.add_capped("memories");
    }
    if (!bundle.prompt.complete) {
        response.add_capped("prompt");
    }
    response.mutable_fused()->Add(bundle.fused.begin(), bundle.fused.end());
    response.mutable_residual()->Add(bundle.residual.begin(), bundle.residual.end());
    add_working_memory(response, session, bundle.session_weights);
    response.set_prompt(bundle.prompt.text);
    response.set_state_token(found.state.to_string());
    keep_limits(response);
    response.set_digest(to_hex(sha256(response.SerializeAsString())));
    return response;
}

domain::EvaluationRecord record_of(const Admission& admission, const EvaluateRequest& request,
                                   const Found& found,
                                   const std::vector<domain::WorkingMemory>& session, Time now) {
    domain::EvaluationRecord record;
    record.query = request.query();
    record.session_id = request.session_id();
    record.subject = request.subject();
    if (request.has_token_budget()) {
        record.token_budget = static_cast<std::uint32_t>(request.token_budget());
    }
    record.now = now;
    record.state_sequence = found.state.sequence;
    record.weights = domain::default_weights();
    record.temperature = domain::kDefaultTemperature;
    record.constitution_version = admission.law->version;
    record.policy = policy_of(admission);
    record.vector = found.query;
    for (const auto& memory : found.memories) {
        record.memories.push_back({memory.hit.id, memory.hit.passage, memory.hit.values});
    }
    for (const auto& entry : session) {
        record.working_memory.push_back({entry.kind, entry.id});
    }
    return record;
}

}  // namespace

/// What an evaluation starts from.
struct Evaluate::Situation {
    std::string session_hmac;  ///< empty without a session
    std::vector<domain::WorkingMemory> session;
    Found found;
    bool memories_capped = false;
};

Evaluate::Situation Evaluate::load(const RequestContext& context, const Admission& admission,
                                   const EvaluateRequest& request) {
    Situation situation;
    const auto& tenant = admission.tenant;
    if (!request.session_id().empty()) {
        situation.session_hmac =
            keyring_.tenant(tenant.id, context.deadline)->session_hmac(request.session_id());
        situation.session = working_memory_.entries(tenant.id, situation.session_hmac, context.now,
                                                    context.deadline);
    }
    const auto asked =
        static_cast<std::size_t>(request.has_top_k() ? request.top_k() : kDefaultTopK);
    situation.memories_capped = asked > domain::kMaxBundleMemories;
    situation.found =
        searcher_.search(tenant,
                         {.text = request.query(),
                          .embedding = {request.embedding().data(),
                                        static_cast<std::size_t>(request.embedding_size())},
                          .views = {},
                          .top_k = std::min(asked, domain::kMaxBundleMemories),
                          .scope = {.at_least = request.at_least()}},
                         context.now, context.deadline);
    return situation;
}

EvaluateResponse Evaluate::evaluate(const RequestContext& context, const Admission& admission,
                                    const EvaluateRequest& request) {
    const auto situation = load(context, admission, request);
    const auto bundle =
        domain::make_bundle(bundle_input(admission, request, situation.found, situation.session),
                            [this](std::string_view text) { return embedder_.count_pieces(text); });
    auto response =
        answer_of(admission, situation.found, situation.session, bundle, situation.memories_capped);
    const Uuid id = ids_.next(context.now);
    response.set_evaluation_id(id.to_string());
    record(context, admission, request, situation, id, response);
    return response;
}

void Evaluate::record(const RequestContext& context, const Admission& admission,
                      const EvaluateRequest& request, const Situation& situation, const Uuid& id,
                      const EvaluateResponse& response) {
    const auto& tenant = admission.tenant;
    const auto key =
        keyring_.subject(tenant.id, request.subject(), Keyring::IfAbsent::create, context.deadline);
    const auto subject_hmac = from_hex(key->subject_id_hex).value();
    domain::StoredEvaluation row;
    row.id = id;
    row.subject_hmac = subject_hmac;
    row.created_at = context.now;
    row.expires_at = context.now + record_lifetime_;
    row.sealed = domain::seal_record(
        key->data_key, tenant.id, id,
        record_of(admission, request, situation.found, situation.session, context.now));
    if (!situation.session_hmac.empty()) {
        row.session_hmac = situation.session_hmac;
    }
    auto event = draft_event(context, admission, domain::Stream::access, ids_.next(context.now));
    event.status = kOkStatus;
    event.request_digest = to_hex(key->digest(request.SerializeAsString()));
    event.answer_digest = to_hex(key->digest(response.SerializeAsString()));
    event.details["evaluation_id"] = id.to_string();
    for (const auto& memory : situation.found.memories) {
        event.targets.push_back(memory.hit.id);
    }
    domain::Intent intent{.tenant = tenant.streams(),
                          .now = context.now,
                          .deadline = context.deadline,
                          .access = domain::AccessRecord{std::move(event), std::move(row)}};
    intent.sealed_under.emplace(key->key_id, subject_hmac);
    const auto outcome = [&] {
        const auto timer = parts_.time(telemetry::Part::commit);
        return wait_for_record(committer_.submit(std::move(intent)), context.deadline);
    }();
    if (const auto* erased = std::get_if<domain::SubjectErased>(&outcome)) {
        throw keyring_.erased_meanwhile(tenant.id, erased->subject_hmac);
    }
    if (!situation.session_hmac.empty()) {
        const auto& assigned = std::get<domain::Committed>(outcome).access;
        working_memory_.append(
            tenant.id, situation.session_hmac,
            {.log_index = assigned->log_index,
             .question_index = {},
             .ends_at = context.now + record_lifetime_,
             .subject_hmac = subject_hmac,
             .item = {domain::WorkingMemory::Kind::query, id, request.query(), "", context.now}});
    }
}

}  // namespace soma::services
