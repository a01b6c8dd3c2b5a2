// One side of `./dev bench index`: searches stored vectors the way recall does, a round at a time,
// so that a driver can alternate it with other indexes.
//   bench_index_rounds VECTORS QUERIES DIMENSION
// VECTORS and QUERIES are raw float32 rows. Each line on standard input is one command:
//   latency K            every query once, on one thread
//   throughput K THREADS every query 5 times, shared by the threads
//   filtered K PERCENT   latency with only every (100 / PERCENT)-th row allowed
// Each answers with one JSON line; latency and filtered name the rows found.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "domain/retrieval/search.h"

namespace {

using namespace soma;
using Clock = std::chrono::steady_clock;

std::vector<math::QuantizedVector> read_vectors(const char* path, std::size_t dimension) {
    std::ifstream in(path, std::ios::binary);
    std::vector<math::QuantizedVector> vectors;
    std::vector<float> row(dimension);
    const auto bytes = static_cast<std::streamsize>(dimension * sizeof(float));
    while (in.read(reinterpret_cast<char*>(row.data()), bytes)) {
        vectors.push_back(math::quantize(row));
    }
    return vectors;
}

domain::Corpus build(const std::vector<math::QuantizedVector>& vectors) {
    domain::Corpus corpus;
    for (std::size_t i = 0; i < vectors.size(); ++i) {
        domain::Memory memory;
        for (std::size_t byte = 0; byte < 8; ++byte) {
            memory.facts.id.bytes[15 - byte] = static_cast<std::uint8_t>((i + 1) >> (8 * byte));
        }
        memory.facts.sequence = i + 1;
        memory.passages.push_back({0, 0, vectors[i]});
        corpus.add(memory);
    }
    return corpus;
}

domain::SearchRequest request_for(const math::QuantizedVector& query, std::size_t k) {
    static const std::vector<std::string> dense_only = {"dense"};
    domain::SearchRequest request;
    request.vector = &query;
    request.top_k = k;
    request.weights = domain::keep_views(domain::default_weights(), dense_only);
    return request;
}

double microseconds(Clock::duration time) {
    return std::chrono::duration<double, std::micro>(time).count();
}

class Rounds {
  public:
    Rounds(const char* vectors, const char* queries, std::size_t dimension)
        : queries_(read_vectors(queries, dimension)) {
        const auto rows = read_vectors(vectors, dimension);
        const auto start = Clock::now();
        corpus_ = build(rows);
        std::printf("{\"vectors\":%zu,\"queries\":%zu,\"build_ms\":%.0f,\"structure_bytes\":%zu}\n",
                    rows.size(), queries_.size(), microseconds(Clock::now() - start) / 1000,
                    corpus_.structure_bytes());
        std::fflush(stdout);
    }

    void latency(std::size_t k, const math::Bitmap* filter) {
        std::vector<double> times;
        std::string found;
        for (const auto& query : queries_) {
            domain::SearchRequest request = request_for(query, k);
            request.filter = filter;
            const auto start = Clock::now();
            const auto result = domain::search(corpus_, request);
            times.push_back(microseconds(Clock::now() - start));
            found += found.empty() ? "[" : ",[";
            for (const auto& hit : result.hits) {
                found += (found.back() == '[' ? "" : ",") + std::to_string(hit.sequence - 1);
            }
            found += "]";
        }
        std::sort(times.begin(), times.end());
        std::printf("{\"p50_us\":%.1f,\"p95_us\":%.1f,\"found\":[%s]}\n", times[times.size() / 2],
                    times[times.size() * 95 / 100], found.c_str());
    }

    void filtered(std::size_t k, std::size_t percent) {
        const math::Bitmap filter = corpus_.rows_where(
            [&](domain::Corpus::Slot slot) { return slot % (100 / percent) == 0; });
        latency(k, &filter);
    }

    void throughput(std::size_t k, std::size_t threads) {
        constexpr std::size_t repeats = 5;
        const auto start = Clock::now();
        std::vector<std::thread> workers;
        for (std::size_t t = 0; t < threads; ++t) {
            workers.emplace_back([&, t] {
                for (std::size_t i = t; i < repeats * queries_.size(); i += threads) {
                    domain::search(corpus_, request_for(queries_[i % queries_.size()], k));
                }
            });
        }
        for (std::thread& worker : workers) {
            worker.join();
        }
        const double seconds = microseconds(Clock::now() - start) / 1e6;
        std::printf("{\"per_second\":%.0f}\n",
                    static_cast<double>(repeats * queries_.size()) / seconds);
    }

  private:
    std::vector<math::QuantizedVector> queries_;
    domain::Corpus corpus_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << "usage: bench_index_rounds VECTORS QUERIES DIMENSION\n";
        return 2;
    }
    Rounds rounds(argv[1], argv[2], std::stoul(argv[3]));
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string command;
        std::size_t k = 10;
        std::size_t number = 1;
        words >> command >> k >> number;
        if (command == "latency") {
            rounds.latency(k, nullptr);
        } else if (command == "filtered") {
            rounds.filtered(k, number);
        } else if (command == "throughput") {
            rounds.throughput(k, number);
        } else {
            std::cerr << "unknown command: " << command << '\n';
            return 2;
        }
        std::fflush(stdout);
    }
    return 0;
}
