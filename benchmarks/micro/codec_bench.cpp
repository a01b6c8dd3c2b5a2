// ./dev bench codec: the JSON codec on the messages that carry vectors.
#include <benchmark/benchmark.h>

#include <random>
#include <string>

#include "server/codec/codec.h"
#include "somabrain/v1/brain.pb.h"
#include "somabrain/v1/memory.pb.h"

namespace {

constexpr int kDimension = 384;
constexpr int kMemories = 20;

template <class Add>
void add_vector(std::mt19937& random, Add add) {
    std::normal_distribution<float> component(0.0F, 0.05F);
    for (int i = 0; i < kDimension; ++i) {
        add(component(random));
    }
}

somabrain::v1::RememberRequest memory_with_vector() {
    std::mt19937 random(7);
    somabrain::v1::RememberRequest memory;
    memory.set_text("Caroline said that the support group meets on Thursdays, after work.");
    memory.set_session_id("session-12");
    memory.set_speaker("Caroline");
    memory.set_turn(17);
    memory.set_occurred_at("2023-05-08T13:56:00.000000Z");
    memory.add_tags("plans");
    memory.set_metadata(R"({"source":"chat","turn_id":"D1:3"})");
    add_vector(random, [&](float value) { memory.add_embedding(value); });
    return memory;
}

somabrain::v1::EvaluateResponse bundle() {
    std::mt19937 random(7);
    somabrain::v1::EvaluateResponse answer;
    answer.set_evaluation_id("0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000");
    answer.set_digest(std::string(64, 'd'));
    add_vector(random, [&](float value) { answer.add_fused(value); });
    add_vector(random, [&](float value) { answer.add_residual(value); });
    for (int i = 0; i < kMemories; ++i) {
        auto& memory = *answer.add_memories();
        memory.set_id("0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000");
        memory.set_text(std::string(120, 't'));
        memory.set_score(0.123456 + i);
        memory.set_weight(1.0 / (i + 3));
        memory.set_created_at("2023-05-08T13:56:00.000000Z");
        memory.set_metadata(R"({"source":"chat"})");
    }
    answer.set_prompt(std::string(4000, 'p'));
    return answer;
}

void decode_remember(benchmark::State& state) {
    const std::string json = soma::server::encode_json(memory_with_vector());
    for (auto _ : state) {
        somabrain::v1::RememberRequest memory;
        soma::server::decode_json(json, {}, memory);
        benchmark::DoNotOptimize(memory);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(json.size()));
}
BENCHMARK(decode_remember);

void encode_remember(benchmark::State& state) {
    const auto memory = memory_with_vector();
    std::size_t bytes = 0;
    for (auto _ : state) {
        bytes = soma::server::encode_json(memory).size();
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}
BENCHMARK(encode_remember);

void encode_evaluate(benchmark::State& state) {
    const auto answer = bundle();
    std::size_t bytes = 0;
    for (auto _ : state) {
        bytes = soma::server::encode_json(answer).size();
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}
BENCHMARK(encode_evaluate);

}  // namespace

BENCHMARK_MAIN();
