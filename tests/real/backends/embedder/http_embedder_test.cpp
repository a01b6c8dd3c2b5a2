#include "backends/embedder/http_embedder.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/error.h"
#include "source_dir.h"
#include "support/oracle/oracle.h"

namespace soma::backends {
namespace {

Deadline ample() {
    return Deadline(std::chrono::milliseconds(120'000));
}

/// tests/support/oracle/embedding_server.py, alive as long as its standard input is open.
class Server {
  public:
    Server() {
        const auto port_file = scratch_.path() / "port";
        const std::string script =
            std::string(SOMABRAIN_SOURCE_DIR) + "/tests/support/oracle/embedding_server.py";
        const std::string line = "'" + test::environment("SOMABRAIN_ORACLE_PYTHON", "python3") +
                                 "' '" + script + "' '" + test::model_directory().string() + "' '" +
                                 port_file.string() + "'";
        pipe_ = ::popen(line.c_str(), "w");  // NOLINT(cert-env33-c): starts the server
        const Deadline patience = ample();
        while (!std::filesystem::exists(port_file) && !patience.passed()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        port_ = test::read_file(port_file);
    }
    ~Server() { ::pclose(pipe_); }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    std::string url(const std::string& path) const { return "http://127.0.0.1:" + port_ + path; }

  private:
    test::ScratchFolder scratch_;
    std::FILE* pipe_ = nullptr;
    std::string port_;
};

Server& server() {
    static Server running;
    return running;
}

HttpEmbedderOptions options(const std::string& path = "/v1/embeddings") {
    HttpEmbedderOptions out;
    out.url = server().url(path);
    out.model = "minilm";
    out.api_key = "sesame";
    out.dimension = 384;
    out.batch_limit = 2;
    return out;
}

std::optional<Error> failure(const std::function<void()>& act) {
    try {
        act();
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

double cosine_to_oracle(const std::vector<float>& vector, const std::string& text) {
    const std::string answer = test::ask_oracle("vectors", std::vector<std::string>{text});
    double dot = 0;
    for (std::size_t i = 0; i < vector.size(); ++i) {
        double expected = 0;
        std::memcpy(&expected, answer.data() + i * sizeof expected, sizeof expected);
        dot += expected * vector[i];
    }
    return dot;
}

TEST(HttpEmbedder, GivesTheServersVectorsAtUnitLengthInOrder) {
    HttpEmbedder embedder(options());
    EXPECT_EQ(embedder.model(), "minilm-384");
    EXPECT_EQ(embedder.dimension(), 384U);
    const std::vector<std::string> texts = {"a blue kite", "taxes are due", "the \"third\" 文"};
    const auto vectors = embedder.embed_many(texts, ample());  // two requests
    ASSERT_EQ(vectors.size(), 3U);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        EXPECT_NEAR(cosine_to_oracle(vectors[i], texts[i]), 1.0, 1e-6);
        EXPECT_EQ(embedder.embed(texts[i], ample()), vectors[i]);
    }
    EXPECT_EQ(embedder.stats().embedded, 6U);
    EXPECT_TRUE(embedder.embed_many({}, ample()).empty());
}

TEST(HttpEmbedder, RefusesEveryWrongAnswer) {
    const std::vector<std::string> texts = {"one", "two"};
    for (const std::string how : {"json", "form", "fewer", "twice", "index", "dimension", "text",
                                  "zero", "infinite", "long", "status"}) {
        HttpEmbedder embedder(options("/broken/" + how));
        const auto error = failure([&] { (void)embedder.embed_many(texts, ample()); });
        ASSERT_TRUE(error) << how;
        EXPECT_EQ(error->kind(), ErrorKind::unavailable) << how;
        EXPECT_EQ(embedder.stats().embedded, 0U);
    }
    auto wrong_key = options();
    wrong_key.api_key = "guess";
    HttpEmbedder embedder(wrong_key);
    const auto error = failure([&] { (void)embedder.embed("x", ample()); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::unavailable);
    EXPECT_EQ(error->detail(), "status 401");
}

TEST(HttpEmbedder, KeepsItsDeadline) {
    HttpEmbedder embedder(options());
    const auto late =
        failure([&] { (void)embedder.embed("x", Deadline(std::chrono::milliseconds(0))); });
    ASSERT_TRUE(late);
    EXPECT_EQ(late->kind(), ErrorKind::deadline_exceeded);
    EXPECT_EQ(embedder.stats().expired, 1U);
}

TEST(HttpEmbedder, ChecksItsOptions) {
    const auto field = [](const std::function<void(HttpEmbedderOptions&)>& change) {
        HttpEmbedderOptions bad;
        bad.url = "https://models.example/v1/embeddings";
        bad.model = "m";
        bad.dimension = 8;
        change(bad);
        const auto error = failure([&] { HttpEmbedder embedder(bad); });
        return error ? error->field() : "accepted";
    };
    EXPECT_EQ(field([](auto&) {}), "accepted");
    EXPECT_EQ(field([](auto& o) { o.url = "file:///etc/passwd"; }), "url");
    EXPECT_EQ(field([](auto& o) { o.model = ""; }), "model");
    EXPECT_EQ(field([](auto& o) { o.dimension = 0; }), "dimension");
    EXPECT_EQ(field([](auto& o) { o.dimension = 2049; }), "dimension");
    EXPECT_EQ(field([](auto& o) { o.max_pieces = 0; }), "max_pieces");
    EXPECT_EQ(field([](auto& o) { o.batch_limit = 0; }), "batch_limit");
    EXPECT_EQ(field([](auto& o) { o.in_flight_limit = 0; }), "in_flight_limit");
}

TEST(HttpEmbedder, EstimatesPieces) {
    HttpEmbedderOptions plain;
    plain.url = "https://models.example/v1/embeddings";
    plain.model = "m";
    plain.dimension = 8;
    const HttpEmbedder embedder(plain);
    EXPECT_EQ(embedder.count_pieces(""), 0U);
    EXPECT_EQ(embedder.count_pieces("two words"), 3U);
    EXPECT_EQ(embedder.count_pieces("well, 東京!"), 6U);
}

}  // namespace
}  // namespace soma::backends
