// What a filter costs a recall: `./dev bench filters VECTORS [TEXTS]` (at least 101,000 vectors).
//   bench_filters VECTORS [TEXTS] [ROWS] [ROUNDS]
// VECTORS is a file of raw float32 rows of 384, as benchmarks/peers/index makes it: the first ROWS
// are a tenant's memories, the last 200 ask, each with the first eight words of its text. TEXTS has
// a line for each; without it every memory has the same three words. Each round asks all of it once
// without and once with each filter, in turn for every query, so that what slows the machine slows
// all alike. Time is that of recall's whole search, evaluation of the filter included.
#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "domain/filter/parse.h"
#include "domain/retrieval/filtering.h"
#include "domain/retrieval/search.h"

namespace {

using namespace soma;
namespace json = boost::json;

constexpr std::size_t kDimension = 384;
constexpr std::size_t kQueries = 200;
constexpr int kQueryWords = 8;
constexpr Time kStart{std::chrono::sys_days(std::chrono::year(2024) / 1 / 1)};

// Processor time does not count what other programs on the machine take.
double cpu_ms() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

double percentile(std::vector<double> values, std::size_t percent) {
    std::sort(values.begin(), values.end());
    return values[values.size() * percent / 100];
}

std::string first_words(const std::string& text, int count) {
    std::size_t end = 0;
    for (; count > 0 && end != std::string::npos; --count) {
        end = text.find(' ', end + 1);
    }
    return text.substr(0, end);
}

struct Question {
    std::string name;
    std::string filter;  // empty: none
    std::vector<double> times = {};
    std::size_t scope = 0;
};

std::string condition(const std::string& field, const std::string& op, const std::string& value) {
    return R"({"field":")" + field + R"(","op":")" + op + R"(","value":)" + value + "}";
}

// Numbers are spread over the memories so that the n-th hundredth is nowhere in one place.
std::vector<Question> questions(std::size_t rows) {
    const auto hour = [&](std::size_t percent) {
        return '"' + format_rfc3339(kStart + std::chrono::hours(rows * percent / 100)) + '"';
    };
    const auto part = [&](std::size_t percent) { return std::to_string(rows * percent / 100); };
    const std::string half = condition("metadata.bucket", "lt", "50");
    return {
        {"none", ""},
        {"tag 1 %", condition("tags", "contains", "\"one\"")},
        {"tag 10 %", condition("tags", "contains", "\"ten\"")},
        {"tag 50 %", condition("tags", "contains", "\"fifty\"")},
        {"metadata number 1 %", condition("metadata.bucket", "eq", "7")},
        {"metadata number 10 %", condition("metadata.bucket", "lt", "10")},
        {"metadata number 50 %", half},
        {"time 1 %", condition("created_at", "lt", hour(1))},
        {"time 10 %", condition("created_at", "lt", hour(10))},
        {"time 50 %", condition("created_at", "lt", hour(50))},
        {"not (tag 50 %)", R"({"not":)" + condition("tags", "contains", "\"fifty\"") + "}"},
        {"half of half, and kind", R"({"and":[)" + half + "," +
                                       condition("tags", "contains", "\"fifty\"") + "," +
                                       condition("kind", "ne", "\"turn\"") + "]}"},
        {"number, all different, 1 %", condition("metadata.place", "lt", part(1))},
        {"number, all different, 10 %", condition("metadata.place", "lt", part(10))},
        {"number, all different, 50 %", condition("metadata.place", "lt", part(50))},
        {"text, all different, 1 %", condition("metadata.name", "lt", "\"n01\"")},
        {"text, all different, 10 %", condition("metadata.name", "lt", "\"n1\"")},
        {"text, all different, 50 %", condition("metadata.name", "lt", "\"n5\"")},
        {"text, all different, prefix 10 %", condition("metadata.name", "prefix", "\"n5\"")},
        {"text, all different, contains 1 %", condition("metadata.name", "contains", "\"n77\"")},
        {"turn 50 %", condition("turn", "lt", "20")},
        {"speaker 2 %", condition("speaker", "eq", "\"Speaker7\"")},
    };
}

class Bench {
  public:
    Bench(const char* vectors, const char* texts, std::size_t rows) : rows_(rows) {
        std::ifstream in(vectors, std::ios::binary);
        std::ifstream lines(texts);
        const auto bytes = static_cast<std::streamoff>(kDimension * sizeof(float));
        const auto read = [&] {
            std::vector<float> row(kDimension);
            if (!in.read(reinterpret_cast<char*>(row.data()), bytes)) {
                throw std::runtime_error("too few vectors in the file");
            }
            return math::quantize(row);
        };
        const auto line = [&] {
            std::string text;
            return lines && std::getline(lines, text) && !text.empty() ? text : "some plain text";
        };
        const double before = cpu_ms();
        for (std::size_t i = 0; i < rows; ++i) {
            corpus_.add(memory(i, line(), read()));
        }
        build_s_ = (cpu_ms() - before) / 1e3;
        in.seekg(-bytes * static_cast<std::streamoff>(kQueries), std::ios::end);
        for (std::size_t i = 0; i < kQueries; ++i) {
            texts_.push_back(first_words(line(), kQueryWords));
            queries_.push_back(read());
        }
    }

    void round(std::vector<Question>& asked) const {
        for (std::size_t i = 0; i < queries_.size(); ++i) {
            for (Question& question : asked) {
                const double before = cpu_ms();
                question.scope = ask(i, question.filter);
                question.times.push_back(cpu_ms() - before);
            }
        }
    }

    void show(std::vector<Question>& asked, std::size_t rounds) const {
        json::array results;
        const double plain50 = percentile(asked[0].times, 50);
        const double plain95 = percentile(asked[0].times, 95);
        std::cout << std::left << std::setw(38) << "filter" << std::right << std::setw(9)
                  << "in scope" << std::setw(10) << "p50 ms" << std::setw(10) << "p95 ms"
                  << std::setw(12) << "p95 ratio\n"
                  << std::fixed << std::setprecision(3);
        for (const Question& question : asked) {
            const double p50 = percentile(question.times, 50);
            const double p95 = percentile(question.times, 95);
            std::cout << std::left << std::setw(38) << question.name << std::right << std::setw(9)
                      << question.scope << std::setw(10) << p50 << std::setw(10) << p95
                      << std::setw(11) << p95 / plain95 << '\n';
            results.push_back({{"filter", question.name},
                               {"scope", question.scope},
                               {"cpu_p50_ms", p50},
                               {"cpu_p95_ms", p95},
                               {"p50_ratio", p50 / plain50},
                               {"p95_ratio", p95 / plain95}});
        }
        std::cout << json::object{{"rows", rows_},
                                  {"queries", queries_.size()},
                                  {"rounds", rounds},
                                  {"build_cpu_s", build_s_},
                                  {"structure_bytes", corpus_.structure_bytes()},
                                  {"value_bytes", corpus_.values().bytes()},
                                  {"column_bytes", corpus_.columns().bytes()},
                                  {"results", std::move(results)}}
                  << '\n';
    }

  private:
    domain::Memory memory(std::size_t i, std::string text, math::QuantizedVector vector) const {
        const std::size_t spread = i * 2654435761U % rows_;
        domain::Memory memory;
        for (std::size_t byte = 0; byte < 8; ++byte) {
            memory.facts.id.bytes[15 - byte] = static_cast<std::uint8_t>((i + 1) >> (8 * byte));
        }
        memory.facts.sequence = i + 1;
        memory.facts.created_at = kStart + std::chrono::hours(spread);
        memory.facts.kind = i % 3 == 0 ? "turn" : "fact";
        memory.facts.turn = static_cast<int>(i % 40);
        memory.content.speaker = "Speaker" + std::to_string(i % 50);
        memory.content.session_id = "session " + std::to_string(i / 40);
        if (spread % 100 < 1) {
            memory.content.tags.emplace_back("one");
        }
        if (spread % 100 < 10) {
            memory.content.tags.emplace_back("ten");
        }
        if (spread % 100 < 50) {
            memory.content.tags.emplace_back("fifty");
        }
        std::string name = std::to_string(spread);
        name.insert(0, 6 - std::min<std::size_t>(6, name.size()), '0');
        std::reverse(name.begin(), name.end());
        memory.content.metadata = R"({"bucket":)" + std::to_string(spread % 100) + R"(,"name":"n)" +
                                  name + R"(","place":)" + std::to_string(spread) + "}";
        memory.passages.push_back({0, static_cast<std::uint32_t>(text.size()), std::move(vector)});
        memory.content.text = std::move(text);
        return memory;
    }

    std::size_t ask(std::size_t i, const std::string& text) const {
        domain::SearchRequest request;
        request.text = texts_[i];
        request.vector = &queries_[i];
        request.time.now = kStart + std::chrono::days(20'000);
        std::optional<math::Bitmap> passing;
        if (!text.empty()) {
            passing =
                domain::rows_passing(corpus_, domain::parse_filter(text, "/filter"), request.time);
            request.filter = &*passing;
        }
        return domain::search(corpus_, request).scope;
    }

    std::size_t rows_;
    domain::Corpus corpus_;
    std::vector<math::QuantizedVector> queries_;
    std::vector<std::string> texts_;
    double build_s_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::cerr << "usage: bench_filters VECTORS [TEXTS] [ROWS] [ROUNDS]\n";
        return 2;
    }
    const std::size_t rows = argc > 3 ? std::stoul(argv[3]) : 100'000;
    const std::size_t rounds = argc > 4 ? std::stoul(argv[4]) : 3;
    const Bench bench(argv[1], argc > 2 ? argv[2] : "", rows);
    std::vector<Question> asked = questions(rows);
    for (std::size_t i = 0; i < rounds; ++i) {
        bench.round(asked);
    }
    bench.show(asked, rounds);
    return 0;
}
