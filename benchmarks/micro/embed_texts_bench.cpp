// Embeds a file of texts, one a line, and writes their unit vectors as raw float32: the real
// vectors other benchmarks search. Prints texts per second.
//   bench_embed_texts MODEL_DIR TEXTS VECTORS
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "backends/embedder/local_embedder.h"

int main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << "usage: bench_embed_texts MODEL_DIR TEXTS VECTORS\n";
        return 2;
    }
    std::ifstream in(argv[2]);
    std::vector<std::string> texts;
    for (std::string line; std::getline(in, line);) {
        texts.push_back(line);
    }
    soma::backends::LocalEmbedder embedder({.directory = argv[1]});
    std::ofstream out(argv[3], std::ios::binary);
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t begin = 0; begin < texts.size(); begin += 1000) {
        const std::size_t end = std::min(texts.size(), begin + 1000);
        const auto vectors = embedder.embed_many({texts.data() + begin, end - begin},
                                                 soma::Deadline(std::chrono::hours(1)));
        for (const auto& vector : vectors) {
            out.write(reinterpret_cast<const char*>(vector.data()),
                      static_cast<std::streamsize>(vector.size() * sizeof(float)));
        }
        std::fprintf(stderr, "\r%zu of %zu", end, texts.size());
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::printf("\n%.0f texts/s\n", static_cast<double>(texts.size()) / took.count());
    return out ? 0 : 1;
}
