#pragma once
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"

struct rd_kafka_s;
struct rd_kafka_error_s;

namespace soma::backends {

/// Who one is to brokers that ask: by SASL PLAIN, which TLS keeps to the two.
struct KafkaLogin {
    std::string ca_file;  ///< PEM, of who signed the brokers' certificates; empty: the system's
    std::string user;
    std::string password;
};

/// Where the brokers are.
struct KafkaSettings {
    std::string brokers;                              ///< "host:port,host:port"
    std::chrono::milliseconds socket_timeout{5'000};  ///< for one answer of a broker
    std::optional<KafkaLogin> login = {};             ///< absent: plaintext, and nobody asks
};

/// librdkafka's name and value of a setting.
using KafkaOptions = std::vector<std::pair<std::string, std::string>>;

/// One librdkafka handle and its threads. Thread-safe as librdkafka is. Opens nothing on the
/// network before it is used.
class KafkaClient {
  public:
    enum class Kind { producer, consumer };
    /// Throws Error(internal) when librdkafka does not know an option, Error(unavailable) when the
    /// authority's file is not to be read.
    KafkaClient(Kind kind, const KafkaSettings& settings, const KafkaOptions& options);
    /// Drops what was not sent.
    ~KafkaClient();
    KafkaClient(const KafkaClient&) = delete;
    KafkaClient& operator=(const KafkaClient&) = delete;

    rd_kafka_s* handle() const { return handle_; }

    /// For what librdkafka answered with: `conflict` when another producer of the same name has
    /// taken over, else `unavailable`. `what` says what was being done.
    Error error(const std::string& what, int code, const std::string& reason) const;
    /// The same of an error object, which it frees; nothing when it is null.
    void check(const std::string& what, rd_kafka_error_s* error) const;

  private:
    struct Words;
    std::unique_ptr<Words> words_;
    rd_kafka_s* handle_ = nullptr;
};

/// What is left, at least a millisecond: librdkafka takes less for "do not wait".
int kafka_timeout_ms(const Deadline& deadline);

}  // namespace soma::backends
