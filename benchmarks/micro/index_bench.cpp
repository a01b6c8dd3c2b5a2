// Our side of `./dev bench index` (benchmarks/peers/index/index.py): the index alone over stored
// vectors, a round at a time, so that a driver can alternate it with other indexes.
//   bench_index VECTORS ROWS QUERIES DIMENSION
// VECTORS is a file of raw float32 rows: the first ROWS are searched, the last QUERIES ask. Each
// line on standard input is one command, answered by one line of JSON:
//   latency K            every query once, on one thread; names the rows found
//   filtered K STEP      the same with only rows 0, STEP, 2 STEP … allowed
//   recall K             the same queries through the whole of recall's search, `dense` alone
//   throughput K THREADS every query 4 times, shared by the threads
//   switch K             the first 1,000 … 50,000 rows, scanned whole and by sketches, and which
//                        share of the whole scan's answer the sketches find
// A query is answered as recall chooses: up to SearchLimits::exact_passages rows in scope all have
// their cosine computed; beyond, the nearest sketches have. The order is by cosine, before the view
// `dense` clips it: beyond 0.6 all memories are alike to the score, but not to a measure of recall.
#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <boost/json.hpp>

#include "domain/retrieval/search.h"
#include "math/scan/select.h"

namespace {

using namespace soma;
namespace json = boost::json;
using Rows = std::vector<std::uint32_t>;

double wall_us() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double, std::micro>(now).count();
}

// Processor time does not count what other programs on the machine take.
double cpu_us(clockid_t clock = CLOCK_THREAD_CPUTIME_ID) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

double percentile(std::vector<double>& values, std::size_t percent) {
    std::sort(values.begin(), values.end());
    return values[values.size() * percent / 100];
}

// The k rows of greatest cosine.
Rows nearest(const domain::Corpus& corpus, const math::QuantizedVector& vector, std::size_t k,
             const math::Bitmap* filter, const domain::SearchLimits& limits) {
    thread_local std::vector<double> cosines;
    cosines.resize(std::max(cosines.size(), corpus.row_end()));
    const math::Bitmap scope = corpus.scope({}, filter);
    const domain::VectorQuery query(vector);
    Rows rows;
    if (scope.count() <= limits.exact_passages) {
        corpus.vectors().cosines(query, scope, cosines);
        scope.for_each([&](std::size_t row) { rows.push_back(static_cast<std::uint32_t>(row)); });
    } else {
        for (const auto& near :
             corpus.vectors().nearest_sketches(query, scope, limits.dense_candidates)) {
            rows.push_back(near.row);
        }
        corpus.vectors().cosines(query, rows, cosines);
    }
    math::keep_best(rows, k, [&](std::uint32_t a, std::uint32_t b) {
        return cosines[a] != cosines[b] ? cosines[a] > cosines[b] : a < b;
    });
    return rows;
}

domain::SearchResult recall(const domain::Corpus& corpus, const math::QuantizedVector& vector,
                            std::size_t k, const domain::SearchLimits& limits) {
    static const std::vector<std::string> dense_only = {"dense"};
    domain::SearchRequest request;
    request.vector = &vector;
    request.top_k = k;
    request.weights = domain::keep_views(domain::default_weights(), dense_only);
    request.limits = limits;
    return domain::search(corpus, request);
}

class Rounds {
  public:
    Rounds(const char* file, std::size_t rows, std::size_t queries, std::size_t dimension) {
        std::ifstream in(file, std::ios::binary);
        const auto bytes = static_cast<std::streamoff>(dimension * sizeof(float));
        const auto read = [&] {
            std::vector<float> row(dimension);
            if (!in.read(reinterpret_cast<char*>(row.data()), bytes)) {
                throw std::runtime_error("too few vectors in the file");
            }
            return math::quantize(row);
        };
        std::generate_n(std::back_inserter(vectors_), rows, read);
        in.seekg(-bytes * static_cast<std::streamoff>(queries), std::ios::end);
        std::generate_n(std::back_inserter(queries_), queries, read);
        const double wall = wall_us();
        const double cpu = cpu_us();
        corpus_ = build(rows);
        std::cout << json::object{{"build_s", (wall_us() - wall) / 1e6},
                                  {"build_cpu_s", (cpu_us() - cpu) / 1e6},
                                  {"vector_bytes", corpus_.vectors().bytes()},
                                  {"structure_bytes", corpus_.structure_bytes()}}
                  << std::endl;
    }

    json::object latency(std::size_t k, const math::Bitmap* filter) const {
        json::array found;
        json::object answer = timed([&](const math::QuantizedVector& query) {
            const Rows rows = nearest(corpus_, query, k, filter, {});
            found.emplace_back(json::array(rows.begin(), rows.end()));
        });
        answer["found"] = std::move(found);
        return answer;
    }

    json::object filtered(std::size_t k, std::size_t step) const {
        math::Bitmap slots(corpus_.slot_end());
        for (std::size_t slot = 0; slot < slots.size(); slot += step) {
            slots.set(slot);
        }
        const math::Bitmap filter = corpus_.rows_of(slots);
        return latency(k, &filter);
    }

    json::object whole_recall(std::size_t k) const {
        return timed([&](const math::QuantizedVector& query) { recall(corpus_, query, k, {}); });
    }

    json::object throughput(std::size_t k, std::size_t threads) const {
        const std::size_t asked = 4 * queries_.size();
        const double wall = wall_us();
        const double cpu = cpu_us(CLOCK_PROCESS_CPUTIME_ID);
        std::vector<std::thread> workers;
        for (std::size_t t = 0; t < threads; ++t) {
            workers.emplace_back([&, t] {
                for (std::size_t i = t; i < asked; i += threads) {
                    nearest(corpus_, queries_[i % queries_.size()], k, nullptr, {});
                }
            });
        }
        for (std::thread& worker : workers) {
            worker.join();
        }
        return {{"queries", asked},
                {"wall_s", (wall_us() - wall) / 1e6},
                {"cpu_s", (cpu_us(CLOCK_PROCESS_CPUTIME_ID) - cpu) / 1e6}};
    }

    json::object at_the_switch(std::size_t k) const {
        json::array sizes;
        for (const std::size_t rows : {1'000U, 2'000U, 3'000U, 5'000U, 10'000U, 20'000U, 50'000U}) {
            if (rows > vectors_.size()) {
                break;
            }
            const domain::Corpus corpus = build(rows);
            const Ask alone = [&](const math::QuantizedVector& query,
                                  const domain::SearchLimits& limits) {
                return nearest(corpus, query, k, nullptr, limits);
            };
            const Ask whole = [&](const math::QuantizedVector& query,
                                  const domain::SearchLimits& limits) {
                Rows found;
                for (const auto& hit : recall(corpus, query, k, limits).hits) {
                    found.push_back(hit.slot);
                }
                return found;
            };
            sizes.push_back(json::object{
                {"rows", rows}, {"alone", both_sides(alone)}, {"recall", both_sides(whole)}});
        }
        return {{"sizes", std::move(sizes)}};
    }

  private:
    domain::Corpus build(std::size_t rows) const {
        domain::Corpus corpus;
        for (std::size_t i = 0; i < rows; ++i) {
            domain::Memory memory;
            for (std::size_t byte = 0; byte < 8; ++byte) {
                memory.facts.id.bytes[15 - byte] = static_cast<std::uint8_t>((i + 1) >> (8 * byte));
            }
            memory.facts.sequence = i + 1;
            memory.passages.push_back({0, 0, vectors_[i]});
            corpus.add(memory);
        }
        return corpus;
    }

    using Ask = std::function<Rows(const math::QuantizedVector&, const domain::SearchLimits&)>;

    // The same queries with everything scanned and with candidates chosen.
    json::object both_sides(const Ask& ask) const {
        const domain::SearchLimits whole{.exact_passages = vectors_.size()};
        const domain::SearchLimits chosen{.exact_passages = 0};
        std::vector<Rows> expected;
        std::size_t kept = 0;
        std::size_t all = 0;
        const json::object exact = timed([&](const math::QuantizedVector& query) {
            expected.push_back(ask(query, whole));
            std::sort(expected.back().begin(), expected.back().end());
        });
        auto next = expected.begin();
        const json::object sketch = timed([&](const math::QuantizedVector& query) {
            for (const std::uint32_t row : ask(query, chosen)) {
                kept += std::binary_search(next->begin(), next->end(), row) ? 1 : 0;
            }
            all += next++->size();
        });
        return {{"exact", exact.at("cpu_p50")},
                {"sketch", sketch.at("cpu_p50")},
                {"kept", static_cast<double>(kept) / static_cast<double>(all)}};
    }

    template <typename Work>
    json::object timed(Work ask) const {
        std::vector<double> wall;
        std::vector<double> cpu;
        for (const auto& query : queries_) {
            const double wall_start = wall_us();
            const double cpu_start = cpu_us();
            ask(query);
            cpu.push_back(cpu_us() - cpu_start);
            wall.push_back(wall_us() - wall_start);
        }
        return {{"wall_p50", percentile(wall, 50)},
                {"wall_p95", percentile(wall, 95)},
                {"cpu_p50", percentile(cpu, 50)},
                {"cpu_p95", percentile(cpu, 95)}};
    }

    std::vector<math::QuantizedVector> vectors_;
    std::vector<math::QuantizedVector> queries_;
    domain::Corpus corpus_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::cerr << "usage: bench_index VECTORS ROWS QUERIES DIMENSION\n";
        return 2;
    }
    const Rounds rounds(argv[1], std::stoul(argv[2]), std::stoul(argv[3]), std::stoul(argv[4]));
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string command;
        std::size_t k = 10;
        std::size_t number = 1;
        words >> command >> k >> number;
        if (command == "latency") {
            std::cout << rounds.latency(k, nullptr);
        } else if (command == "filtered") {
            std::cout << rounds.filtered(k, number);
        } else if (command == "recall") {
            std::cout << rounds.whole_recall(k);
        } else if (command == "throughput") {
            std::cout << rounds.throughput(k, number);
        } else if (command == "switch") {
            std::cout << rounds.at_the_switch(k);
        } else {
            std::cerr << "unknown command: " << command << '\n';
            return 2;
        }
        std::cout << std::endl;
    }
    return 0;
}
