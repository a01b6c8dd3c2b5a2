#pragma once
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "domain/retrieval/search.h"

namespace soma::domain::testing {

using std::chrono::hours;

inline constexpr Time day_one{std::chrono::sys_days(std::chrono::year(2023) / 5 / 8)};

// A seeded world of few words, speakers and sessions, so that everything collides with everything.
class World {
  public:
    explicit World(unsigned seed, std::size_t dimension = 24)
        : random_(seed), dimension_(dimension) {}

    std::size_t below(std::size_t n) { return random_() % n; }
    bool chance(unsigned percent) { return below(100) < percent; }

    std::string words(std::size_t count) {
        static const std::vector<std::string> vocabulary = {
            "paint", "painting", "lake", "Anna", "Bo's", "swim", "river", "the", "école", "2023",
            "May",   "dog",      "runs", "blue", "sky",  "Mary", "Ann",   "is",  "went",  "home"};
        std::string text;
        for (std::size_t i = 0; i < count; ++i) {
            text += (text.empty() ? "" : " ") + vocabulary[below(vocabulary.size())];
        }
        return text;
    }

    math::QuantizedVector vector() {
        std::vector<float> x(dimension_);
        for (float& value : x) {
            value = static_cast<float>(static_cast<int>(below(7)) - 3);
        }
        return math::quantize(x);
    }

    Memory memory() {
        static const std::vector<std::string> speakers = {"", "Anna", "Bo", "Mary Ann", "Mary"};
        Memory memory;
        ++sequence_;
        memory.facts.id.bytes[15] = static_cast<std::uint8_t>(sequence_);
        memory.facts.id.bytes[14] = static_cast<std::uint8_t>(sequence_ >> 8);
        memory.facts.sequence = sequence_;
        memory.facts.created_at = day_one + hours(sequence_);
        memory.content.text = words(1 + below(12));
        memory.content.speaker = speakers[below(speakers.size())];
        memory.content.key = chance(50) ? "" : std::string(1, static_cast<char>('k' + below(6)));
        memory.content.session_id =
            chance(20) ? "" : std::string(1, static_cast<char>('a' + below(5)));
        if (chance(70)) {
            memory.facts.occurred_at = day_one + hours(below(2000));
        }
        if (chance(80)) {
            memory.facts.turn = static_cast<int>(below(9));
        }
        if (chance(10)) {
            memory.facts.expires_at = day_one + hours(below(200));
        }
        if (chance(10)) {
            memory.facts.valid_from = day_one + hours(below(200));
        }
        if (chance(10)) {
            memory.facts.valid_to = day_one + hours(below(200));
        }
        const auto size = static_cast<std::uint32_t>(memory.content.text.size());
        const std::uint32_t passages = chance(30) ? 1 + static_cast<std::uint32_t>(below(3)) : 1;
        for (std::uint32_t i = 0; i < passages; ++i) {
            memory.passages.push_back({size * i / passages, size * (i + 1) / passages, vector()});
        }
        return memory;
    }

    SearchRequest request(std::string_view text, const math::QuantizedVector* query) {
        SearchRequest request;
        request.text = text;
        request.vector = query;
        request.time.now = day_one + hours(below(250));
        if (chance(20)) {
            request.time.valid_at = day_one + hours(below(250));
        }
        if (chance(20)) {
            request.time.as_of =
                chance(50) ? AsOf(day_one + hours(below(200))) : AsOf(std::uint64_t{below(200)});
        }
        request.time.at_any_time = chance(10);
        request.top_k = 1 + below(30);
        for (double& weight : request.weights.numbers) {
            weight = chance(25) ? static_cast<double>(below(10)) / 10 : weight;
        }
        // The naive model has no second look; second_look_test.cpp has one.
        request.weights[View::density] = request.weights[View::bridge] = 0;
        return request;
    }

  private:
    std::mt19937 random_;
    std::size_t dimension_;
    std::uint64_t sequence_ = 0;
};

}  // namespace soma::domain::testing
