#include "domain/context/evaluation_record.h"

#include <algorithm>
#include <bit>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cmath>

#include "base/crypto.h"
#include "base/encoding.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

constexpr char kFirstVersion = 1;  ///< without `answered`
constexpr char kRecordVersion = 2;

std::string context_of(const Uuid& tenant, const Uuid& evaluation) {
    std::string context = "somabrain/evaluation/v1";
    context.push_back('\0');
    context += tenant.view();
    context += evaluation.view();
    return context;
}

/// Floating point travels as its bits: the parser's decimal reading may be off by one in the last
/// place.
std::string bits(const PerView& per_view) {
    std::string bytes;
    for (const double number : per_view.numbers) {
        append_u64be(bytes, std::bit_cast<std::uint64_t>(number));
    }
    return to_hex(bytes);
}

PerView per_view(const json::value& value) {
    PerView result;
    const auto bytes = from_hex(value.as_string()).value();
    // Older records have fewer: views are only ever added, at the end.
    const std::size_t count = std::min(result.numbers.size(), bytes.size() / 8);
    for (std::size_t i = 0; i < count; ++i) {
        result.numbers[i] = std::bit_cast<double>(
            std::uint64_t{read_u64be(std::string_view(bytes).substr(8 * i, 8))});
    }
    return result;
}

json::array bits(const UtilityFigures& figures) {
    json::array numbers;
    for (const double number :
         {figures.utility, figures.probability, figures.cost, figures.latency_seconds,
          figures.penalty, figures.weights.baseline, figures.weights.confidence,
          figures.weights.cost, figures.weights.latency, figures.weights.minimum}) {
        numbers.emplace_back(std::bit_cast<std::uint64_t>(number));
    }
    return numbers;
}

UtilityFigures figures_of(const json::array& numbers, ProbabilitySource source) {
    UtilityFigures figures;
    figures.source = source;
    std::size_t next = 0;
    for (double* number :
         {&figures.utility, &figures.probability, &figures.cost, &figures.latency_seconds,
          &figures.penalty, &figures.weights.baseline, &figures.weights.confidence,
          &figures.weights.cost, &figures.weights.latency, &figures.weights.minimum}) {
        *number = std::bit_cast<double>(numbers.at(next++).to_number<std::uint64_t>());
    }
    return figures;
}

json::object compared_json(const EvaluationRecord::Compared& compared) {
    const Candidate& candidate = compared.candidate;
    json::object object{{"name", candidate.name},
                        {"coverage", std::bit_cast<std::uint64_t>(candidate.coverage)},
                        {"quoted", candidate.quoted},
                        {"tokens", candidate.tokens},
                        {"penalty", std::bit_cast<std::uint64_t>(candidate.penalty)},
                        {"vetoed_by", candidate.vetoed_by},
                        {"is_chosen", compared.is_chosen}};
    if (candidate.utility) {
        object["utility"] = std::bit_cast<std::uint64_t>(*candidate.utility);
    }
    json::array memories;
    for (const Uuid& id : compared.memories) {
        memories.emplace_back(id.to_string());
    }
    object["memories"] = std::move(memories);
    return object;
}

double double_at(const json::object& object, std::string_view name) {
    return std::bit_cast<double>(object.at(name).to_number<std::uint64_t>());
}

EvaluationRecord::Compared compared_of(const json::object& object) {
    EvaluationRecord::Compared compared;
    Candidate& candidate = compared.candidate;
    candidate.name = object.at("name").as_string();
    candidate.coverage = double_at(object, "coverage");
    // Records of before order was compared have none, and showed none.
    if (const auto* quoted = object.if_contains("quoted")) {
        candidate.quoted = quoted->to_number<std::size_t>();
    }
    candidate.tokens = object.at("tokens").to_number<std::size_t>();
    candidate.penalty = double_at(object, "penalty");
    candidate.vetoed_by = object.at("vetoed_by").as_string();
    if (object.contains("utility")) {
        candidate.utility = double_at(object, "utility");
    }
    for (const auto& id : object.at("memories").as_array()) {
        compared.memories.push_back(Uuid::parse(id.as_string()).value());
    }
    compared.is_chosen = object.at("is_chosen").as_bool();
    return compared;
}

json::object answered_json(const EvaluationRecord::Answered& answered) {
    json::array candidates;
    for (const auto& compared : answered.candidates) {
        candidates.push_back(compared_json(compared));
    }
    json::value coverage;
    if (answered.coverage) {
        coverage = std::llround(*answered.coverage * 1e6);
    }
    json::array features;
    if (answered.features) {
        for (const double feature : *answered.features) {
            features.emplace_back(std::bit_cast<std::uint64_t>(feature));
        }
    }
    return {{"candidates", std::move(candidates)},
            {"features", std::move(features)},
            {"epoch", answered.epoch},
            {"coverage", std::move(coverage)},
            {"memories_capped", answered.memories_capped},
            {"form", static_cast<int>(answered.form)},
            {"utility", bits(answered.utility)},
            {"source", static_cast<int>(answered.utility.source)},
            {"digest", answered.digest}};
}

/// nullopt for records that have none, or those of another time.
std::optional<CoverageFeatures> features_of(const json::object& answered) {
    const auto* numbers = answered.if_contains("features");
    if (numbers == nullptr || numbers->as_array().size() != kCoverageFeatures) {
        return std::nullopt;
    }
    CoverageFeatures features{};
    for (std::size_t i = 0; i < features.size(); ++i) {
        features[i] = std::bit_cast<double>(numbers->as_array()[i].to_number<std::uint64_t>());
    }
    return features;
}

EvaluationRecord::Answered answered_of(const json::value& value) {
    const auto source = static_cast<ProbabilitySource>(value.at("source").to_number<int>());
    std::vector<EvaluationRecord::Compared> candidates;
    for (const auto& compared : value.at("candidates").as_array()) {
        candidates.push_back(compared_of(compared.as_object()));
    }
    std::optional<double> coverage;
    const auto* millionths = value.as_object().if_contains("coverage");
    if (millionths != nullptr && !millionths->is_null()) {
        coverage = millionths->to_number<double>() / 1e6;
    }
    return {.epoch = value.at("epoch").to_number<std::uint64_t>(),
            .memories_capped = value.at("memories_capped").as_bool(),
            .coverage = coverage,
            .form = static_cast<PromptForm>(value.at("form").to_number<int>()),
            .utility = figures_of(value.at("utility").as_array(), source),
            .digest = std::string(value.at("digest").as_string()),
            .candidates = std::move(candidates),
            .features = features_of(value.as_object())};
}

std::string bytes_of(const std::vector<std::int8_t>& values) {
    return {values.begin(), values.end()};
}

json::object to_json(const EvaluationRecord& record) {
    json::object object;
    object["query"] = record.query;
    object["session_id"] = record.session_id;
    object["subject"] = record.subject;
    if (record.token_budget) {
        object["token_budget"] = *record.token_budget;
    }
    object["now"] = record.now.time_since_epoch().count();
    object["state_sequence"] = record.state_sequence;
    object["weights_version"] = record.weights_version;
    object["weights"] = bits(record.weights);
    object["temperature"] = std::bit_cast<std::uint64_t>(record.temperature);
    if (record.constitution_version) {
        object["constitution_version"] = *record.constitution_version;
    }
    json::array policy;
    for (const auto& directive : record.policy) {
        policy.push_back(json::object{{"article", directive.article}, {"text", directive.text}});
    }
    object["policy"] = std::move(policy);
    object["scale"] = std::bit_cast<std::uint32_t>(record.vector.scale);
    object["vector"] = to_base64(bytes_of(record.vector.values));
    json::array memories;
    for (const auto& memory : record.memories) {
        memories.push_back(json::object{{"id", memory.memory.to_string()},
                                        {"passage", memory.passage},
                                        {"values", bits(memory.values)}});
    }
    object["memories"] = std::move(memories);
    json::array entries;
    for (const auto& entry : record.working_memory) {
        entries.push_back(
            json::object{{"kind", static_cast<int>(entry.kind)}, {"id", entry.id.to_string()}});
    }
    object["working_memory"] = std::move(entries);
    if (record.answered) {
        object["answered"] = answered_json(*record.answered);
    }
    return object;
}

EvaluationRecord from_json(const json::object& object) {
    EvaluationRecord record;
    record.query = object.at("query").as_string();
    record.session_id = object.at("session_id").as_string();
    record.subject = object.at("subject").as_string();
    if (const auto* budget = object.if_contains("token_budget")) {
        record.token_budget = budget->to_number<std::uint32_t>();
    }
    record.now = Time(std::chrono::microseconds(object.at("now").to_number<std::int64_t>()));
    record.state_sequence = object.at("state_sequence").to_number<std::uint64_t>();
    // Records of before weights were learnt have none: they were made with the law's.
    if (const auto* version = object.if_contains("weights_version")) {
        record.weights_version = version->to_number<std::uint64_t>();
    }
    record.weights = per_view(object.at("weights"));
    record.temperature = std::bit_cast<double>(object.at("temperature").to_number<std::uint64_t>());
    if (const auto* version = object.if_contains("constitution_version")) {
        record.constitution_version = version->to_number<std::uint64_t>();
    }
    // Records of before there was a law have none.
    if (const auto* policy = object.if_contains("policy")) {
        for (const auto& directive : policy->as_array()) {
            record.policy.push_back({std::string(directive.at("article").as_string()),
                                     std::string(directive.at("text").as_string())});
        }
    }
    record.vector.scale = std::bit_cast<float>(object.at("scale").to_number<std::uint32_t>());
    const auto bytes = from_base64(object.at("vector").as_string()).value();
    record.vector.values.assign(bytes.begin(), bytes.end());
    for (const auto& memory : object.at("memories").as_array()) {
        record.memories.push_back({Uuid::parse(memory.at("id").as_string()).value(),
                                   memory.at("passage").to_number<std::uint32_t>(),
                                   per_view(memory.at("values"))});
    }
    for (const auto& entry : object.at("working_memory").as_array()) {
        record.working_memory.push_back(
            {static_cast<WorkingMemory::Kind>(entry.at("kind").to_number<int>()),
             Uuid::parse(entry.at("id").as_string()).value()});
    }
    if (const auto* answered = object.if_contains("answered")) {
        record.answered = answered_of(*answered);
    }
    return record;
}

}  // namespace

std::string seal_record(std::string_view data_key, const Uuid& tenant, const Uuid& evaluation,
                        const EvaluationRecord& record) {
    return seal(data_key, context_of(tenant, evaluation),
                kRecordVersion + json::serialize(to_json(record)));
}

std::optional<EvaluationRecord> open_record(std::string_view data_key, const Uuid& tenant,
                                            const Uuid& evaluation, std::string_view sealed) {
    const auto plain = open_sealed(data_key, context_of(tenant, evaluation), sealed);
    if (!plain || plain->empty() || plain->front() < kFirstVersion ||
        plain->front() > kRecordVersion) {
        return std::nullopt;
    }
    return from_json(json::parse(std::string_view(*plain).substr(1)).as_object());
}

}  // namespace soma::domain
