#include "backends/embedder/http_embedder.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/unicode.h"

namespace soma::backends {
namespace {

constexpr std::size_t kMaxDimension = 2048;
constexpr std::size_t kMaxBatch = 1024;
constexpr int kMaxNumberBytes = 32;  // one JSON number with its comma, generously

Error unusable(const std::string& detail) {
    return Error(ErrorKind::unavailable, "the embedding server gave no usable answer", detail);
}

HttpEmbedderOptions checked(HttpEmbedderOptions options) {
    const auto require = [](bool good, const char* field, const char* limit) {
        if (!good) throw invalid(field, limit);
    };
    require(options.url.starts_with("http://") || options.url.starts_with("https://"), "url",
            "an http or https address");
    require(!options.model.empty(), "model", "must be named");
    require(options.dimension >= 1 && options.dimension <= kMaxDimension, "dimension",
            "1 to 2,048");
    require(options.max_pieces >= 1, "max_pieces", "at least 1");
    require(options.batch_limit >= 1 && options.batch_limit <= kMaxBatch, "batch_limit",
            "1 to 1,024");
    require(options.in_flight_limit >= 1, "in_flight_limit", "at least 1");
    return options;
}

std::string request_body(const std::string& model, std::span<const std::string> texts) {
    boost::json::array input;
    for (const std::string& text : texts) input.emplace_back(text);
    return boost::json::serialize(boost::json::object{
        {"model", model}, {"input", std::move(input)}, {"encoding_format", "float"}});
}

/// Checked and scaled to unit length in double.
std::vector<float> unit_vector(const boost::json::array& numbers, std::size_t dimension) {
    if (numbers.size() != dimension) throw unusable("a vector of another dimension");
    std::vector<double> values;
    values.reserve(dimension);
    double squares = 0;
    for (const auto& number : numbers) {
        values.push_back(number.to_number<double>());
        squares += values.back() * values.back();
    }
    if (!std::isfinite(squares) || squares == 0) throw unusable("a zero or boundless vector");
    const double scale = 1.0 / std::sqrt(squares);
    std::vector<float> out(dimension);
    std::transform(values.begin(), values.end(), out.begin(),
                   [scale](double value) { return static_cast<float>(value * scale); });
    return out;
}

/// Servers may answer in any order: `index` says which text a vector belongs to.
std::vector<std::vector<float>> read_answer(const std::string& body, std::size_t count,
                                            std::size_t dimension) {
    try {
        const auto answer = boost::json::parse(body);
        const auto& data = answer.at("data").as_array();
        if (data.size() != count) throw unusable("another number of vectors than asked for");
        std::vector<std::vector<float>> out(count);
        for (const auto& item : data) {
            const auto index = item.at("index").to_number<std::size_t>();
            if (index >= count || !out[index].empty()) throw unusable("a wrong or doubled index");
            out[index] = unit_vector(item.at("embedding").as_array(), dimension);
        }
        return out;
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        throw unusable(std::string("not the expected JSON: ") + error.what());
    }
}

/// Counts a request for as long as it is under way.
class InFlight {
  public:
    explicit InFlight(std::atomic<std::size_t>& counter)
        : counter_(counter), position_(counter.fetch_add(1) + 1) {}
    ~InFlight() { counter_.fetch_sub(1); }
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;
    std::size_t position() const { return position_; }

  private:
    std::atomic<std::size_t>& counter_;
    std::size_t position_;
};

}  // namespace

HttpEmbedder::HttpEmbedder(HttpEmbedderOptions options)
    : options_(checked(std::move(options))),
      name_(options_.model + "-" + std::to_string(options_.dimension)) {}

std::size_t HttpEmbedder::count_pieces(std::string_view text) const {
    std::size_t pieces = 0;
    std::size_t word_bytes = 0;
    const auto flush = [&] {
        pieces += (word_bytes + 2) / 3;
        word_bytes = 0;
    };
    for (const auto [value, length] : CodePoints(text)) {
        if (is_word_character(value) && !is_cjk_ideograph(value)) {
            word_bytes += length;
            continue;
        }
        flush();
        if (!is_whitespace(value)) ++pieces;
    }
    flush();
    return pieces;
}

std::vector<float> HttpEmbedder::embed(std::string_view text, const Deadline& deadline) {
    const std::string one(text);
    return std::move(request({&one, 1}, deadline).front());
}

std::vector<std::vector<float>> HttpEmbedder::embed_many(std::span<const std::string> texts,
                                                         const Deadline& deadline) {
    std::vector<std::vector<float>> out;
    out.reserve(texts.size());
    while (!texts.empty()) {
        const std::size_t count = std::min(texts.size(), options_.batch_limit);
        for (auto& vector : request(texts.first(count), deadline)) out.push_back(std::move(vector));
        texts = texts.subspan(count);
    }
    return out;
}

EmbedderStats HttpEmbedder::stats() const {
    return counters_.read(0);
}

std::vector<std::vector<float>> HttpEmbedder::request(std::span<const std::string> texts,
                                                      const Deadline& deadline) {
    const InFlight slot(in_flight_);
    if (slot.position() > options_.in_flight_limit) {
        counters_.refused.fetch_add(1, std::memory_order_relaxed);
        throw Error(ErrorKind::unavailable, "too many texts are waiting to be embedded");
    }
    HttpRequest ask;
    ask.method = "POST";
    ask.url = options_.url;
    ask.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
    if (!options_.api_key.empty()) {
        ask.headers.emplace_back("Authorization", "Bearer " + options_.api_key);
    }
    ask.body = request_body(options_.model, texts);
    ask.ca_file = options_.ca_file;
    ask.max_answer_bytes = 65536 + texts.size() * (options_.dimension * kMaxNumberBytes + 256);

    const auto begin = Deadline::Clock::now();
    try {
        const HttpAnswer answer = client_.send(ask, deadline);
        // A refusal may quote the text: its body stays out of every log.
        if (answer.status != 200) throw unusable("status " + std::to_string(answer.status));
        auto vectors = read_answer(answer.body, texts.size(), options_.dimension);
        const auto spent =
            std::chrono::duration_cast<std::chrono::microseconds>(Deadline::Clock::now() - begin);
        counters_.embedded.fetch_add(texts.size(), std::memory_order_relaxed);
        for (const std::string& text : texts) {
            counters_.pieces.fetch_add(count_pieces(text), std::memory_order_relaxed);
        }
        counters_.busy_us.fetch_add(static_cast<std::uint64_t>(spent.count()),
                                    std::memory_order_relaxed);
        return vectors;
    } catch (const Error&) {
        if (!deadline.passed()) throw;
        counters_.expired.fetch_add(1, std::memory_order_relaxed);
        throw Error(ErrorKind::deadline_exceeded, "the text was not embedded before the deadline");
    }
}

}  // namespace soma::backends
