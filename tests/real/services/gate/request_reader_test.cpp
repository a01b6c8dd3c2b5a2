#include "services/gate/request_reader.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/error.h"
#include "services/gate/gate.h"
#include "somabrain/v1/audit.pb.h"
#include "somabrain/v1/brain.pb.h"
#include "somabrain/v1/memory.pb.h"
#include "somabrain/v1/subject.pb.h"
#include "support/law/filled_request.h"

namespace soma::services {
namespace {

using domain::Amount;
using domain::Reading;
using namespace somabrain::v1;

/// The request types that rules are asked about, their items' included.
std::vector<const google::protobuf::Descriptor*> judged_types() {
    std::set<const google::protobuf::Descriptor*> types;
    for (const auto* method : testing::methods_of({RememberRequest::descriptor()->file(),
                                                   EvaluateRequest::descriptor()->file(),
                                                   EraseSubjectRequest::descriptor()->file(),
                                                   ListAuditEventsRequest::descriptor()->file()})) {
        if (domain::is_constitutional(endpoint_of(method->full_name()))) {
            continue;
        }
        const auto* type = method->input_type();
        types.insert(type);
        for (int i = 0; i < type->field_count(); ++i) {
            if (type->field(i)->message_type() != nullptr) {
                types.insert(type->field(i)->message_type());
            }
        }
    }
    return {types.begin(), types.end()};
}

std::optional<double> amount(const domain::RequestFacts& facts, Amount amount) {
    return facts.amounts[static_cast<std::size_t>(amount)];
}

// A string that is read as anything else than words is a decision; it is written down here too.
TEST(RequestReader, EveryStringIsWordsUnlessItIsNamedHere) {
    const std::map<std::string, std::optional<Reading>> others{
        {"RememberRequest.subject", Reading::name},
        {"RememberRequest.session_id", Reading::name},
        {"RememberRequest.key", Reading::name},
        {"RememberRequest.tags", Reading::tag},
        {"RememberRequest.metadata", Reading::object},
        {"RecallRequest.subject", Reading::name},
        {"RecallRequest.filter", Reading::object},
        {"RecallRequest.at_least", std::nullopt},
        {"RecallRequest.as_of", std::nullopt},
        {"ListMemoriesRequest.filter", Reading::object},
        {"ListMemoriesRequest.at_least", std::nullopt},
        {"ListMemoriesRequest.as_of", std::nullopt},
        {"ListMemoriesRequest.cursor", std::nullopt},
        {"MemoryHistoryRequest.cursor", std::nullopt},
        {"EvaluateRequest.session_id", Reading::name},
        {"EvaluateRequest.subject", Reading::name},
        {"EvaluateRequest.at_least", std::nullopt},
        {"PlanRequest.subject", Reading::name},
        {"FeedbackRequest.session_id", Reading::name},
        {"FeedbackRequest.metadata", Reading::object},
        {"EndSessionRequest.id", Reading::name},
        {"EraseSubjectRequest.id", Reading::name},
        {"ListAuditEventsRequest.action", Reading::name},
        {"ListAuditEventsRequest.actor", Reading::name},
        {"ListAuditEventsRequest.telemetry_ref", Reading::name},
        {"ListCheckpointsRequest.cursor", std::nullopt}};
    std::size_t met = 0;
    for (const auto* type : judged_types()) {
        for (int i = 0; i < type->field_count(); ++i) {
            const auto* field = type->field(i);
            const auto& limits = field->options().GetExtension(somabrain::v1::limits);
            const bool is_closed = limits.one_of_size() > 0 || limits.format() == FORMAT_UUID ||
                                   limits.format() == FORMAT_TIME;
            if (field->type() != google::protobuf::FieldDescriptor::TYPE_STRING || is_closed) {
                EXPECT_EQ(reading_of(*field), std::nullopt) << field->full_name();
                continue;
            }
            const std::string name = type->name() + "." + field->name();
            const auto other = others.find(name);
            met += other == others.end() ? 0 : 1;
            EXPECT_EQ(reading_of(*field), other == others.end() ? Reading::words : other->second)
                << name;
        }
    }
    EXPECT_EQ(met, others.size()) << "one of them is no field any more";
}

TEST(RequestReader, EveryNumberIsAnAmountUnlessItIsNamedHere) {
    const std::set<std::string> others{
        "RememberRequest.turn", "RememberRequest.ttl_seconds", "RememberRequest.importance",
        "LinkRequest.weight", "FeedbackRequest.reward", "FeedbackRequest.tokens",
        "RecallRequest.embedding", "RememberRequest.embedding", "EvaluateRequest.embedding",
        "RecallRequest.min_coverage",
        // Versions of the weights and steps between them.
        "WeightsHistoryRequest.below", "RollBackWeightsRequest.to_version",
        "RollBackWeightsRequest.steps",
        // What is planned; tokens × price is the amount `cost`.
        "EvaluateRequest.confidence", "EvaluateRequest.cost_tokens", "EvaluateRequest.price",
        "EvaluateRequest.predicted_latency_seconds", "PlanRequest.confidence",
        "PlanRequest.cost_tokens", "PlanRequest.price", "PlanRequest.predicted_latency_seconds"};
    for (const auto* type : judged_types()) {
        for (int i = 0; i < type->field_count(); ++i) {
            const auto* field = type->field(i);
            const std::string name = type->name() + "." + field->name();
            const bool is_number =
                field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_INT32 ||
                field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_INT64 ||
                field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_FLOAT ||
                field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_DOUBLE;
            if (!is_number || others.contains(name)) {
                continue;
            }
            const auto message = testing::empty_request(type);
            message->GetReflection()->SetInt32(message.get(), field, 77);
            domain::RequestFacts facts;
            RequestReader(type).read_amounts(*message, facts);
            EXPECT_TRUE(amount(facts, Amount::results) == 77 || amount(facts, Amount::tokens) == 77)
                << name;
        }
    }
}

TEST(RequestReader, ReadsWhatIsThereWithItsPlace) {
    RememberRequest request;
    request.set_text("tea");
    request.add_tags("red");
    request.add_tags("blue");
    const RequestReader reader(RememberRequest::descriptor());
    RequestReader::Texts texts;
    reader.read(request, texts);
    ASSERT_EQ(texts.texts.size(), 3U);
    EXPECT_EQ(texts.texts[0].text, "tea");
    EXPECT_EQ(texts.texts[0].reading, Reading::words);
    EXPECT_EQ(texts.places[0].field->name(), "text");
    EXPECT_EQ(texts.places[0].index, -1);
    EXPECT_EQ(texts.texts[2].text, "blue");
    EXPECT_EQ(texts.texts[2].reading, Reading::tag);
    EXPECT_EQ(texts.places[2].index, 1);
    RequestReader::write(request, texts.places[0], "coffee", "/text");
    RequestReader::write(request, texts.places[2], "green", "/tags/1");
    EXPECT_EQ(request.text(), "coffee");
    EXPECT_EQ(request.tags(0), "red");
    EXPECT_EQ(request.tags(1), "green");
}

TEST(RequestReader, WhatIsWrittenKeepsTheFieldsLimit) {
    const auto refused = [](google::protobuf::Message& message, const char* field,
                            std::size_t length) {
        const RequestReader::Place place{message.GetDescriptor()->FindFieldByName(field), -1};
        try {
            RequestReader::write(message, place, std::string(length, 'x'), "/f");
            return false;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
            EXPECT_EQ(error.field(), "/f");
            return true;
        }
    };
    RememberRequest remember;
    EXPECT_FALSE(refused(remember, "text", 32'768));
    EXPECT_TRUE(refused(remember, "text", 32'769));
    EXPECT_EQ(remember.text().size(), 32'768U);
    FeedbackRequest feedback;
    EXPECT_FALSE(refused(feedback, "response_text", 1'024));
    EXPECT_TRUE(refused(feedback, "response_text", 1'025));
}

TEST(RequestReader, AmountsHaveTheDefaultsOfTheStories) {
    domain::RequestFacts facts;
    RequestReader(RecallRequest::descriptor()).read_amounts(RecallRequest(), facts);
    EXPECT_EQ(amount(facts, Amount::results), kDefaultTopK);
    EXPECT_EQ(amount(facts, Amount::tokens), std::nullopt);
    RequestReader(ListMemoriesRequest::descriptor()).read_amounts(ListMemoriesRequest(), facts);
    EXPECT_EQ(amount(facts, Amount::results), kDefaultPage);
    EvaluateRequest request;
    request.set_top_k(3);
    request.set_token_budget(500);
    RequestReader(EvaluateRequest::descriptor()).read_amounts(request, facts);
    EXPECT_EQ(amount(facts, Amount::results), 3);
    EXPECT_EQ(amount(facts, Amount::tokens), 500);
    EXPECT_EQ(amount(facts, Amount::cost), std::nullopt);
}

TEST(RequestReader, WhatAnActionCostsIsTokensTimesPrice) {
    const RequestReader reader(EvaluateRequest::descriptor());
    domain::RequestFacts facts;
    EvaluateRequest request;
    request.set_cost_tokens(300);
    reader.read_amounts(request, facts);
    EXPECT_EQ(amount(facts, Amount::cost), std::nullopt);
    request.set_price(0.5);
    reader.read_amounts(request, facts);
    EXPECT_EQ(amount(facts, Amount::cost), 150);
    request.set_price(0);
    reader.read_amounts(request, facts);
    EXPECT_EQ(amount(facts, Amount::cost), 0);
}

TEST(RequestReader, OnlyABatchHasItems) {
    const RequestReader batch(RememberBatchRequest::descriptor());
    ASSERT_NE(batch.items(), nullptr);
    EXPECT_EQ(batch.items()->name(), "items");
    EXPECT_EQ(batch.item_reader().items(), nullptr);
    EXPECT_EQ(RequestReader(EvaluateRequest::descriptor()).items(), nullptr);
}

}  // namespace
}  // namespace soma::services
