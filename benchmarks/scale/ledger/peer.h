#pragma once
#include <librdkafka/rdkafka.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "ledger/figures.h"

namespace soma::bench {

/// librdkafka as its manual uses it: a transactional producer of given values, and a consumer of
/// committed records that looks at nothing. What a relay could reach that read no ledger.
class PlainKafka {
  public:
    static constexpr int kPartitions = 64;

    explicit PlainKafka(std::string brokers) : brokers_(std::move(brokers)) {}

    /// Into an empty topic of kPartitions. Events per second from the first that arrives to the
    /// last.
    double run(const std::string& topic, const std::vector<std::string>& values,
               std::size_t batch) {
        const auto producer =
            make(RD_KAFKA_PRODUCER, {{"transactional.id", "peer"}, {"linger.ms", "0"}});
        check(rd_kafka_init_transactions(producer.get(), 60'000));
        double rate = 0;
        std::thread reading([&] { rate = read(topic, values.size()); });
        for (std::size_t at = 0; at < values.size(); at += batch) {
            check(rd_kafka_begin_transaction(producer.get()));
            for (std::size_t i = at; i < std::min(values.size(), at + batch); ++i) {
                send(producer.get(), topic, values[i], static_cast<int>(i % kPartitions));
            }
            check(rd_kafka_commit_transaction(producer.get(), 60'000));
        }
        reading.join();
        return rate;
    }

  private:
    using Handle = std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)>;

    Handle make(rd_kafka_type_t type, std::vector<std::pair<std::string, std::string>> options) {
        rd_kafka_conf_t* conf = rd_kafka_conf_new();
        options.emplace_back("bootstrap.servers", brokers_);
        std::string reason(512, '\0');
        for (const auto& [name, value] : options) {
            rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(), reason.size());
        }
        rd_kafka_t* handle = rd_kafka_new(type, conf, reason.data(), reason.size());
        if (handle == nullptr) {
            throw std::runtime_error(reason);
        }
        return {handle, &rd_kafka_destroy};
    }

    static void check(rd_kafka_error_t* error) {
        if (error != nullptr) {
            const std::string reason = rd_kafka_error_string(error);
            rd_kafka_error_destroy(error);
            throw std::runtime_error(reason);
        }
    }

    static void send(rd_kafka_t* producer, const std::string& topic, const std::string& value,
                     int partition) {
        const auto code = rd_kafka_producev(
            producer, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()), RD_KAFKA_V_END);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            throw std::runtime_error(rd_kafka_err2str(code));
        }
    }

    double read(const std::string& topic, std::size_t count) {
        const auto consumer = make(RD_KAFKA_CONSUMER, {{"group.id", "peer"},
                                                       {"isolation.level", "read_committed"},
                                                       {"enable.auto.commit", "false"},
                                                       {"auto.offset.reset", "earliest"},
                                                       {"fetch.wait.max.ms", "50"}});
        rd_kafka_poll_set_consumer(consumer.get());
        auto* all = rd_kafka_topic_partition_list_new(kPartitions);
        for (int i = 0; i < kPartitions; ++i) {
            rd_kafka_topic_partition_list_add(all, topic.c_str(), i)->offset =
                RD_KAFKA_OFFSET_BEGINNING;
        }
        rd_kafka_assign(consumer.get(), all);
        rd_kafka_topic_partition_list_destroy(all);
        Clock::time_point first;
        for (std::size_t seen = 0; seen < count;) {
            rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer.get(), 1'000);
            if (message != nullptr && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
                if (++seen == 1) {
                    first = Clock::now();
                }
            }
            if (message != nullptr) {
                rd_kafka_message_destroy(message);
            }
        }
        return static_cast<double>(count) / seconds_since(first);
    }

    const std::string brokers_;
};

}  // namespace soma::bench
