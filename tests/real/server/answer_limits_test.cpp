// The limits of answers hold for the JSON that leaves the house, whatever memories hold.

#include "server/codec/codec.h"
#include "support/living_core.h"

namespace soma::server {
namespace {

using namespace somabrain::v1;
using test::LivingCore;

constexpr int kDimension = 2'048;

/// Texts at their limit that JSON makes as large as it can, each in its own way.
struct Content {
    const char* name;
    std::string unit;
};

const Content kContents[] = {{"control characters", "\x01"},
                             {"four-byte characters", "\U0001F600"},
                             {"quotes", "\""},
                             {"plain", "x"}};

std::string filled(const std::string& unit, std::size_t bytes) {
    std::string text;
    while (text.size() + unit.size() <= bytes) {
        text += unit;
    }
    return text;
}

RememberRequest heavy(const std::string& unit, int number) {
    RememberRequest item;
    // A word of its own for the search, then nothing but the unit.
    item.set_text("heavy " + std::to_string(number) + " " + filled(unit, 30'000));
    item.set_speaker(filled(unit, 256));
    item.set_kind(filled(unit, 256));
    item.set_session_id(filled(unit, 256));
    for (int tag = 0; tag < 32; ++tag) {
        item.add_tags(filled(unit, 256));
    }
    item.set_metadata("{\"m\":\"" + std::string(8'184, 'm') + "\"}");
    for (int d = 0; d < kDimension; ++d) {
        // Numbers that print long.
        item.add_embedding(1e-5F * (1.2345678F + 0.1F * static_cast<float>((d * 7 + number) % 13)) *
                           (d % 2 == 0 ? -1.0F : 1.0F));
    }
    return item;
}

class AnswerLimits : public ::testing::TestWithParam<Content> {
  protected:
    void remember(int count) {
        RememberBatchRequest batch;
        for (int i = 0; i < count; ++i) {
            *batch.add_items() = heavy(GetParam().unit, i);
        }
        const auto context = LivingCore::request("Memory.RememberBatch");
        core.stories.batch(context, LivingCore::admitted(tenant, context), batch);
    }

    LivingCore core;
    const backends::TenantRow tenant = core.own_vectors(kDimension);
};

TEST_P(AnswerLimits, RecallIsAtMostOneMebibyte) {
    remember(100);
    RecallRequest asked;
    asked.set_query("heavy");
    asked.set_top_k(100);
    asked.set_explain(true);
    const auto answer = core.recall(tenant, asked);
    EXPECT_EQ(answer.results_size(), 100) << "nothing is dropped";
    EXPECT_GT(answer.capped_size(), 0);
    EXPECT_LE(encode_json(answer).size(), 1024U * 1024U);
    for (const auto& memory : answer.results()) {
        EXPECT_TRUE(memory.truncated());
        EXPECT_GT(memory.text().size(), 500U);
    }
}

TEST_P(AnswerLimits, EvaluateIsAtMost128Kibibytes) {
    remember(30);
    EvaluateRequest asked;
    asked.set_query("heavy " + filled(GetParam().unit, 4'000));
    asked.set_session_id(filled(GetParam().unit, 256));
    asked.set_top_k(100);
    const auto vector = heavy(GetParam().unit, 5).embedding();
    asked.mutable_embedding()->CopyFrom(vector);
    core.evaluate(tenant, asked);
    const auto answer = core.evaluate(tenant, asked);
    EXPECT_EQ(answer.memories_size(), 20);
    EXPECT_EQ(answer.working_memory_size(), 10);
    EXPECT_EQ(answer.fused_size(), kDimension);
    EXPECT_GT(answer.capped_size(), 1);
    const auto json = encode_json(answer);
    EXPECT_LE(json.size(), 128U * 1024U);
    EXPECT_GT(json.size(), 64U * 1024U) << "room is used, not wasted";
}

INSTANTIATE_TEST_SUITE_P(Contents, AnswerLimits, ::testing::ValuesIn(kContents),
                         [](const auto& content) {
                             std::string name = content.param.name;
                             std::erase_if(name, [](char c) { return c == ' ' || c == '-'; });
                             return name;
                         });

TEST(PrintedJson, AFloatAndItsCommaTakeAtMostSixteenBytes) {
    EvaluateResponse none;
    EvaluateResponse one;
    for (const float longest : {-1.17549435e-38F, -1.00000008e-05F, -3.40282347e+38F}) {
        one.add_fused(longest);
    }
    EXPECT_LE(encode_json(one).size() - encode_json(none).size(), 3U * 16U);
}

}  // namespace
}  // namespace soma::server
