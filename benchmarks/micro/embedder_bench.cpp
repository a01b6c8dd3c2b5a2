// ./dev bench embedder [MODEL_DIR]: milliseconds a text by its length on one thread, int8 and
// float32 in turn, and texts a second through the pool. Prints one line of JSON, then the table
// made from it. CPU time stands beside the clock's, because it is what a busy machine does not
// distort.
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "backends/embedder/local_embedder.h"
#include "backends/embedder/minilm/encoder.h"
#include "backends/embedder/minilm/linear.h"
#include "base/error.h"

namespace {

using namespace soma;
using namespace soma::backends;
namespace json = boost::json;

constexpr int kRounds = 7;
constexpr std::size_t kSweptBytes = 64U << 20U;  // twice the last cache of a core complex
const std::vector<std::size_t> kLengths = {8, 16, 32, 64, 128, 256};
const std::string kText =
    "On Thursday the two of them finally drove out to the lake, although the forecast had promised "
    "rain; by noon the clouds were gone, and Melanie said it was the best day of the whole "
    "summer. ";

double clock_ms(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(),
                     values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

std::vector<WordPiece::Id> ids_of_length(const WordPiece& tokenizer, std::size_t length) {
    std::string text;
    while (tokenizer.count(text) + 2 < length) text += kText;
    return tokenizer.encode(text, length);
}

/// Resident bytes of this process, in MB.
double resident_mb() {
    std::ifstream file("/proc/self/statm");
    double pages = 0;
    file >> pages >> pages;
    return pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

struct Samples {
    std::vector<double> wall;
    std::vector<double> cpu;
};

/// Puts other memory into the caches: in a service the database, the client and the answer's own
/// work do that between two texts.
void sweep_caches() {
    static std::vector<std::uint64_t> other(kSweptBytes / sizeof(std::uint64_t));
    for (std::size_t i = 0; i < other.size(); i += 8) ++other[i];
}

void measure(const MiniLm& model, const std::vector<WordPiece::Id>& ids,
             MiniLm::Workspace& workspace, int runs, Samples& into, bool cold = false) {
    for (int run = 0; run < runs; ++run) {
        if (cold) sweep_caches();
        const double wall = clock_ms(CLOCK_MONOTONIC);
        const double cpu = clock_ms(CLOCK_THREAD_CPUTIME_ID);
        (void)model.forward(ids, workspace);
        into.cpu.push_back(clock_ms(CLOCK_THREAD_CPUTIME_ID) - cpu);
        into.wall.push_back(clock_ms(CLOCK_MONOTONIC) - wall);
    }
}

json::array lengths(const std::string& directory) {
    const auto int8 = MiniLm::load(directory, Precision::int8);
    const auto float32 = MiniLm::load(directory, Precision::float32);
    const auto int8_space = int8->make_workspace();
    const auto float32_space = float32->make_workspace();
    json::array rows;
    for (const std::size_t length : kLengths) {
        const auto ids = ids_of_length(int8->tokenizer(), length);
        Samples fast;
        Samples cold;
        Samples reference;
        Samples discarded;
        measure(*int8, ids, *int8_space, 3, discarded);
        measure(*float32, ids, *float32_space, 3, discarded);
        const int runs = length > 100 ? 5 : 15;
        for (int round = 0; round < kRounds; ++round) {
            measure(*int8, ids, *int8_space, runs, fast);
            measure(*int8, ids, *int8_space, runs, cold, true);
            measure(*float32, ids, *float32_space, runs, reference);
        }
        rows.push_back({{"tokens", length},
                        {"int8_p50_ms", median(fast.wall)},
                        {"int8_cpu_p50_ms", median(fast.cpu)},
                        {"int8_cold_cpu_p50_ms", median(cold.cpu)},
                        {"f32_p50_ms", median(reference.wall)},
                        {"f32_cpu_p50_ms", median(reference.cpu)}});
    }
    return rows;
}

/// 16-token texts from as many callers as the pool has threads, twice over.
json::object throughput(const std::string& directory) {
    const double before = resident_mb();
    LocalEmbedderOptions options;
    options.directory = directory;
    LocalEmbedder embedder(options);
    std::string text;
    while (embedder.count_pieces(text) < 14) text += "lake ";
    (void)embedder.embed(text, Deadline(std::chrono::minutes(1)));
    const double after = resident_mb();
    constexpr int kEach = 300;
    std::vector<std::thread> callers;
    const double begin = clock_ms(CLOCK_MONOTONIC);
    const double cpu = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
    for (std::size_t caller = 0; caller < 2 * embedder.threads(); ++caller) {
        callers.emplace_back([&] {
            for (int i = 0; i < kEach; ++i) {
                (void)embedder.embed(text, Deadline(std::chrono::minutes(1)));
            }
        });
    }
    for (std::thread& caller : callers) caller.join();
    const double done = static_cast<double>(kEach) * static_cast<double>(callers.size());
    return {{"threads", embedder.threads()},
            {"texts_per_second", 1e3 * done / (clock_ms(CLOCK_MONOTONIC) - begin)},
            {"cpu_ms_per_text", (clock_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu) / done},
            {"resident_mb_before", before},
            {"resident_mb_with_weights", after}};
}

void print(const json::object& result) {
    std::printf("%s\n\n", json::serialize(result).c_str());
    std::printf(
        "| tokens | int8 p50 ms | its CPU | with cold caches | float32 p50 ms | its CPU |\n"
        "|---|---|---|---|---|---|\n");
    for (const auto& row : result.at("lengths").as_array()) {
        const auto number = [&](const char* name) { return row.at(name).to_number<double>(); };
        std::printf("| %.0f | %.2f | %.2f | %.2f | %.2f | %.2f |\n", number("tokens"),
                    number("int8_p50_ms"), number("int8_cpu_p50_ms"),
                    number("int8_cold_cpu_p50_ms"), number("f32_p50_ms"), number("f32_cpu_p50_ms"));
    }
    const auto& pool = result.at("pool").as_object();
    const auto number = [&](const char* name) { return pool.at(name).to_number<double>(); };
    std::printf("\n%.0f threads, 16-token texts: %.0f a second, %.2f ms of CPU each\n",
                number("threads"), number("texts_per_second"), number("cpu_ms_per_text"));
    std::printf("resident: %.0f MB before loading, %.0f MB with weights\n",
                number("resident_mb_before"), number("resident_mb_with_weights"));
}

}  // namespace

int main(int argc, char** argv) {
    const char* home = std::getenv("HOME");
    const std::string usual =
        std::string(home == nullptr ? "" : home) + "/.cache/somabrain/all-minilm-l6-v2";
    const std::string directory = argc > 1 ? argv[1] : usual;
    try {
        // The pool first: resident memory is to be that of int8 alone.
        json::object result;
        result["pool"] = throughput(directory);
        result["instruction_set"] = product_instruction_set();
        result["lengths"] = lengths(directory);
        print(result);
    } catch (const Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
