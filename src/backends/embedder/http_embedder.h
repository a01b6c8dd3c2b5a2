#pragma once
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "backends/embedder/embedder.h"
#include "backends/http/client.h"

namespace soma::backends {

struct HttpEmbedderOptions {
    std::string url;            ///< the whole address, e.g. "https://models.example/v1/embeddings"
    std::string model;          ///< the server's name for the model
    std::string api_key;        ///< sent as a bearer token when not empty; a secret
    std::string ca_file;        ///< PEM bundle for https; empty: the system's
    std::size_t dimension = 0;  ///< 1..2,048: what the model gives
    std::size_t max_pieces = 254;      ///< the longest text sent, by `count_pieces`
    std::size_t batch_limit = 64;      ///< texts a request
    std::size_t in_flight_limit = 32;  ///< requests at once; more are refused
};

/// A client of the OpenAI form of embedding servers: POST {model, input[], encoding_format:
/// "float"}, answered by data[{index, embedding[]}]. Nothing the server says is trusted: every
/// vector must be there once, finite, of the right dimension and not zero; it is then scaled to
/// unit length.
class HttpEmbedder final : public Embedder {
  public:
    /// Throws Error (invalid_argument) when an option is out of bounds. Does not call the server.
    explicit HttpEmbedder(HttpEmbedderOptions options);

    /// The server's name with the dimension: two sizes of one model never mix either.
    std::string_view model() const override { return name_; }
    std::size_t dimension() const override { return options_.dimension; }
    /// The server's tokenizer is unknown. An estimate on the safe side for European text: a piece
    /// for every three bytes of a word begun, one for every other sign. Additive at white space.
    std::size_t count_pieces(std::string_view text) const override;
    std::size_t max_pieces() const override { return options_.max_pieces; }
    std::vector<float> embed(std::string_view text, const Deadline& deadline) override;
    std::vector<std::vector<float>> embed_many(std::span<const std::string> texts,
                                               const Deadline& deadline) override;
    EmbedderStats stats() const override;

  private:
    std::vector<std::vector<float>> request(std::span<const std::string> texts,
                                            const Deadline& deadline);

    HttpEmbedderOptions options_;
    std::string name_;
    HttpClient client_;
    std::atomic<std::size_t> in_flight_{0};
    EmbedderCounters counters_;
};

}  // namespace soma::backends
