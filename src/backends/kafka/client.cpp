#include "backends/kafka/client.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "telemetry/log.h"

namespace soma::backends {

/// What librdkafka said last of any trouble: its error codes alone say "timed out" to everything.
struct KafkaClient::Words {
    mutable std::mutex mutex;
    std::string last;

    static void hear(const rd_kafka_t* handle, int level, const char* facility, const char* text);
};

void KafkaClient::Words::hear(const rd_kafka_t* handle, int level, const char* facility,
                              const char* text) {
    constexpr int warning = 4;  // syslog's
    telemetry::log(telemetry::Level::debug, "kafka", {{"name", facility}, {"detail", text}});
    auto* words = static_cast<Words*>(rd_kafka_opaque(handle));
    if (words != nullptr && level <= warning) {
        const std::scoped_lock lock(words->mutex);
        words->last = text;
    }
}

namespace {

constexpr std::size_t kReasonBytes = 512;

using Conf = std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)>;

void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
    std::array<char, kReasonBytes> reason{};
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(), reason.size()) !=
        RD_KAFKA_CONF_OK) {
        throw Error(ErrorKind::internal, "librdkafka refuses a setting", reason.data());
    }
}

void set_login(rd_kafka_conf_t* conf, const KafkaLogin& login) {
    set(conf, "security.protocol", "sasl_ssl");
    set(conf, "ssl.endpoint.identification.algorithm", "https");  // the name is checked too
    set(conf, "sasl.mechanism", "PLAIN");
    set(conf, "sasl.username", login.user);
    set(conf, "sasl.password", login.password);
    if (!login.ca_file.empty()) {
        if (!std::ifstream(login.ca_file)) {  // librdkafka would not name it
            throw Error(ErrorKind::unavailable, "the file of kafka's authority cannot be read",
                        login.ca_file);
        }
        set(conf, "ssl.ca.location", login.ca_file);
    }
}

bool taken_over(int code) {
    switch (code) {
        case RD_KAFKA_RESP_ERR__FENCED:
        case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
        case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
            return true;
        default:
            return false;
    }
}

}  // namespace

KafkaClient::KafkaClient(Kind kind, const KafkaSettings& settings, const KafkaOptions& options)
    : words_(std::make_unique<Words>()) {
    Conf conf(rd_kafka_conf_new(), &rd_kafka_conf_destroy);
    const std::string timeout = std::to_string(settings.socket_timeout.count());
    set(conf.get(), "client.id", "somabrain");
    set(conf.get(), "bootstrap.servers", settings.brokers);
    set(conf.get(), "socket.timeout.ms", timeout);
    set(conf.get(), "socket.connection.setup.timeout.ms", timeout);
    set(conf.get(), "reconnect.backoff.ms", "100");
    set(conf.get(), "reconnect.backoff.max.ms", "1000");
    set(conf.get(), "broker.address.family", "v4");
    if (settings.login) {
        set_login(conf.get(), *settings.login);
    }
    for (const auto& [name, value] : options) {
        set(conf.get(), name, value);
    }
    rd_kafka_conf_set_opaque(conf.get(), words_.get());
    rd_kafka_conf_set_log_cb(conf.get(), &Words::hear);
    std::array<char, kReasonBytes> reason{};
    handle_ = rd_kafka_new(kind == Kind::producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER,
                           conf.get(), reason.data(), reason.size());
    if (handle_ == nullptr) {
        throw Error(ErrorKind::internal, "librdkafka does not start", reason.data());
    }
    [[maybe_unused]] auto* const taken = conf.release();  // the handle's now
}

KafkaClient::~KafkaClient() {
    if (rd_kafka_type(handle_) == RD_KAFKA_PRODUCER) {
        rd_kafka_purge(handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                    RD_KAFKA_PURGE_F_NON_BLOCKING);
    }
    rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

Error KafkaClient::error(const std::string& what, int code, const std::string& reason) const {
    std::array<char, kReasonBytes> fatal{};
    const auto fatal_code = rd_kafka_fatal_error(handle_, fatal.data(), fatal.size());
    if (taken_over(code) || taken_over(fatal_code)) {
        return {ErrorKind::conflict, "another producer of the same name has taken over",
                what + ": " + reason};
    }
    const std::scoped_lock lock(words_->mutex);
    return {ErrorKind::unavailable, "kafka is not available",
            what + ": " + reason + (words_->last.empty() ? "" : " (" + words_->last + ")")};
}

void KafkaClient::check(const std::string& what, rd_kafka_error_s* error_object) const {
    if (error_object == nullptr) {
        return;
    }
    const std::unique_ptr<rd_kafka_error_t, decltype(&rd_kafka_error_destroy)> owned(
        error_object, &rd_kafka_error_destroy);
    throw error(what, rd_kafka_error_code(error_object), rd_kafka_error_string(error_object));
}

int kafka_timeout_ms(const Deadline& deadline) {
    constexpr std::int64_t longest = 3'600'000;
    return static_cast<int>(std::clamp<std::int64_t>(deadline.remaining().count(), 1, longest));
}

}  // namespace soma::backends
