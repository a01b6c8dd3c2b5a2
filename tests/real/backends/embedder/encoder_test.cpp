#include "backends/embedder/minilm/encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "backends/embedder/minilm/linear.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"
#include "support/oracle/oracle.h"

namespace soma::backends {
namespace {

const MiniLm& model(Precision precision) {
    static const auto int8 = MiniLm::load(test::model_directory(), Precision::int8);
    static const auto float32 = MiniLm::load(test::model_directory(), Precision::float32);
    return precision == Precision::int8 ? *int8 : *float32;
}

std::vector<std::vector<float>> vectors(const MiniLm& with, const std::vector<std::string>& texts) {
    const auto workspace = with.make_workspace();
    std::vector<std::vector<float>> out;
    for (const std::string& text : texts) {
        const auto ids = with.tokenizer().encode(text, MiniLm::kMaxTokens);
        out.push_back(with.forward(ids, *workspace));
    }
    return out;
}

/// Real text: handbook paragraphs, LoCoMo turns when given, other languages, and texts that fill or
/// overflow the model's window.
const std::vector<std::string>& real_texts() {
    static const auto texts = [] {
        std::vector<std::string> out = test::handbook_paragraphs(12);
        const auto turns = test::locomo_turns();
        for (std::size_t i = 0; i < turns.size() && out.size() < 60; i += 61)
            out.push_back(turns[i]);
        std::string joined;
        for (std::size_t i = 0; i < 12; ++i) joined += out[i] + "\n";
        out.push_back(joined);
        out.emplace_back("yes");
        out.emplace_back("Wo liegt der Schlüssel zum Gartenhaus?");
        out.emplace_back("東京で友達に会いました。");
        out.emplace_back("La réunion est reportée à jeudi, 14 h 30.");
        out.emplace_back("👍👍 see you @ 7:45pm!!! https://example.org/a?b=c#d");
        return out;
    }();
    return texts;
}

struct Cosines {
    double worst = 1;
    double mean = 0;
};

Cosines against_oracle(Precision precision) {
    static const std::string oracle = test::ask_oracle("vectors", real_texts());
    EXPECT_EQ(oracle.size(), real_texts().size() * MiniLm::kDimension * sizeof(double));
    const auto ours = vectors(model(precision), real_texts());
    Cosines out;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        std::vector<double> expected(MiniLm::kDimension);
        std::memcpy(expected.data(), oracle.data() + i * MiniLm::kDimension * sizeof(double),
                    MiniLm::kDimension * sizeof(double));
        double dot = 0;
        double squares = 0;
        for (std::size_t k = 0; k < MiniLm::kDimension; ++k) {
            dot += ours[i][k] * expected[k];
            squares += static_cast<double>(ours[i][k]) * ours[i][k];
        }
        EXPECT_NEAR(squares, 1.0, 1e-5);
        const double cosine = dot / std::sqrt(squares);
        out.worst = std::min(out.worst, cosine);
        out.mean += cosine / static_cast<double>(ours.size());
    }
    std::cout << ours.size() << " texts, cosine to the float64 oracle: worst " << out.worst
              << ", mean " << out.mean << '\n';
    return out;
}

TEST(MiniLm, Float32MeetsTheOracle) {
    EXPECT_GE(against_oracle(Precision::float32).worst, 0.999999);
}

TEST(MiniLm, Int8MeetsTheOracle) {
    const Cosines cosines = against_oracle(Precision::int8);
    EXPECT_GE(cosines.worst, 0.995);
    EXPECT_GE(cosines.mean, 0.998);
}

TEST(MiniLm, NamesItsPrecision) {
    EXPECT_NE(model(Precision::int8).name(), model(Precision::float32).name());
}

TEST(MiniLm, WhatWasComputedBeforeLeavesNoTrace) {
    const auto& texts = real_texts();
    const auto together = vectors(model(Precision::int8), texts);
    for (std::size_t i = texts.size(); i-- > 0;) {
        EXPECT_EQ(vectors(model(Precision::int8), {texts[i]})[0], together[i]) << texts[i];
    }
}

TEST(MiniLm, EveryLengthIsComputed) {
    const MiniLm& with = model(Precision::int8);
    const auto workspace = with.make_workspace();
    std::vector<WordPiece::Id> ids;
    std::vector<float> before;
    for (WordPiece::Id i = 0; i < static_cast<WordPiece::Id>(MiniLm::kMaxTokens); ++i) {
        ids.push_back(1000 + i * 37 % 20000);
        const auto vector = with.forward(ids, *workspace);
        double squares = 0;
        for (const float x : vector) squares += static_cast<double>(x) * x;
        EXPECT_NEAR(squares, 1.0, 1e-5);
        EXPECT_NE(vector, before);
        before = vector;
    }
}

std::string digest_of_vectors() {
    std::string bytes;
    for (const auto& vector : vectors(model(Precision::int8), real_texts())) {
        bytes.append(reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float));
    }
    return to_hex(sha256(bytes));
}

// Also run by the test below in a process of its own: oneDNN reads its limit once.
TEST(MiniLm, TheSameBitsTwice) {
    const std::string digest = digest_of_vectors();
    EXPECT_EQ(digest_of_vectors(), digest);
    std::ofstream(test::environment("SOMABRAIN_DIGEST_FILE", "/dev/null"))
        << product_instruction_set() << ' ' << digest;
}

TEST(MiniLm, TheSameBitsOnEveryInstructionSet) {
    const test::ScratchFolder scratch;
    for (const std::string isa : {"AVX2", "AVX512_CORE", "AVX512_CORE_VNNI"}) {
        const auto file = scratch.path() / isa;
        const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
        const std::string line = "ONEDNN_MAX_CPU_ISA=" + isa + " SOMABRAIN_DIGEST_FILE='" +
                                 file.string() + "' '" + self +
                                 "' --gtest_filter=MiniLm.TheSameBitsTwice > /dev/null";
        ASSERT_TRUE(test::run_line(line));
        const std::string answer = test::read_file(file);
        const std::size_t space = answer.find(' ');
        ASSERT_NE(space, std::string::npos);
        EXPECT_EQ(answer.substr(space + 1), digest_of_vectors()) << answer;
        std::cout << "limited to " << isa << ": oneDNN took " << answer.substr(0, space) << '\n';
    }
}

std::string reason(const std::filesystem::path& directory) {
    try {
        (void)MiniLm::load(directory, Precision::int8);
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
        EXPECT_EQ(error.public_message().find('\n'), std::string::npos);
        return error.public_message();
    }
    return "it loaded";
}

TEST(MiniLm, AMissingOrChangedModelIsRefusedWithOneLine) {
    const test::ScratchFolder scratch;
    const auto& folder = scratch.path();
    EXPECT_NE(reason(folder).find("No such file"), std::string::npos);
    for (const char* name : {"model.safetensors", "vocab.txt"}) {
        std::filesystem::copy_file(test::model_directory() / name, folder / name);
    }
    EXPECT_EQ(reason(folder), "it loaded");

    std::fstream weights(folder / "model.safetensors",
                         std::ios::in | std::ios::out | std::ios::binary);
    weights.seekp(40'000'000);
    weights.put('\x55');
    weights.close();
    EXPECT_NE(reason(folder).find("model.safetensors: not the published file"), std::string::npos);

    std::filesystem::resize_file(folder / "model.safetensors", 1000);
    EXPECT_NE(reason(folder).find("not the published file"), std::string::npos);
    std::ofstream(folder / "vocab.txt", std::ios::app) << "more\n";
    EXPECT_NE(reason(folder).find("vocab.txt: not the published file"), std::string::npos);
}

}  // namespace
}  // namespace soma::backends
