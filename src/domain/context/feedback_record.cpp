#include "domain/context/feedback_record.h"

#include <algorithm>
#include <bit>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/crypto.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

/// First byte of every blob: the day the form changes, old blobs still say what they are.
constexpr char kFeedbackVersion = 1;

std::string context_of(const Uuid& tenant, const Uuid& feedback) {
    std::string context = "somabrain/feedback/v1";
    context.push_back('\0');
    context += tenant.view();
    context += feedback.view();
    return context;
}

}  // namespace

std::optional<WrongCredit> wrong_credit(const EvaluationRecord& evaluation,
                                        std::span<const Uuid> used) {
    for (std::size_t i = 0; i < used.size(); ++i) {
        const auto earlier = used.first(i);
        if (std::find(earlier.begin(), earlier.end(), used[i]) != earlier.end()) {
            return WrongCredit{i, WrongCredit::Reason::repeated};
        }
        if (std::none_of(evaluation.memories.begin(), evaluation.memories.end(),
                         [&](const auto& returned) { return returned.memory == used[i]; })) {
            return WrongCredit{i, WrongCredit::Reason::not_returned};
        }
    }
    return std::nullopt;
}

std::string seal_feedback(std::string_view data_key, const Uuid& tenant, const Uuid& feedback,
                          const FeedbackRecord& record) {
    json::object object;
    // Its bits: the parser's decimal reading may be off by one in the last place.
    object["reward"] = std::bit_cast<std::uint64_t>(record.reward);
    json::array used;
    for (const Uuid& id : record.used) {
        used.emplace_back(id.to_string());
    }
    object["used"] = std::move(used);
    object["response"] = record.response;
    object["model"] = record.model;
    object["metadata"] = record.metadata;
    if (record.tokens) {
        object["tokens"] = *record.tokens;
    }
    return seal(data_key, context_of(tenant, feedback), kFeedbackVersion + json::serialize(object));
}

std::optional<FeedbackRecord> open_feedback(std::string_view data_key, const Uuid& tenant,
                                            const Uuid& feedback, std::string_view sealed) {
    const auto plain = open_sealed(data_key, context_of(tenant, feedback), sealed);
    if (!plain || plain->empty() || plain->front() != kFeedbackVersion) {
        return std::nullopt;
    }
    const json::value value = json::parse(std::string_view(*plain).substr(1));
    const json::object& object = value.as_object();
    FeedbackRecord record;
    record.reward = std::bit_cast<double>(object.at("reward").to_number<std::uint64_t>());
    for (const auto& id : object.at("used").as_array()) {
        record.used.push_back(Uuid::parse(id.as_string()).value());
    }
    record.response = object.at("response").as_string();
    record.model = object.at("model").as_string();
    record.metadata = object.at("metadata").as_string();
    if (const auto* tokens = object.if_contains("tokens")) {
        record.tokens = tokens->to_number<std::int64_t>();
    }
    return record;
}

}  // namespace soma::domain
