#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/commands.h"
#include "cli/relay/kafka_wiring.h"

namespace soma::cli {
namespace {

constexpr std::chrono::seconds kAnswerTime{10};  // to whoever Kafka does not answer at all
constexpr std::chrono::seconds kTopicsTime{60};

void run() {
    const auto config = config::load();
    const auto topics = services::relay_topics();
    backends::KafkaAdmin admin(kafka_admin_settings(config));
    admin.check({}, Deadline(kAnswerTime));
    admin.make(topics, config.kafka_replication, Deadline(kTopicsTime));
    for (const auto& topic : topics) {
        std::printf("%s: %d partitions\n", topic.name.c_str(), topic.partitions);
    }
}

}  // namespace

void register_topics(CLI::App& program) {
    program.add_subcommand("topics", "Make Kafka's topics where they are missing")->callback(run);
}

}  // namespace soma::cli
