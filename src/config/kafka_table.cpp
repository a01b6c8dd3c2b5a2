#include "config/kafka_table.h"

namespace soma::config {
namespace {

constexpr int kTextBytes = 1024;
constexpr int kSecretBytes = 4096;

const Setting kSettings[] = {
    {.env = "SOMABRAIN_KAFKA_BROKERS",
     .member = &Config::kafka_brokers,
     .initial = "127.0.0.1",
     .min = 1,
     .max = kTextBytes,
     .meaning =
         "Hosts of Kafka's brokers, separated by commas; the rest of a cluster is found from "
         "one that answers."},
    {.env = "SOMABRAIN_KAFKA_PORT",
     .member = &Config::kafka_port,
     .initial = "9092",
     .min = 1,
     .max = 65535,
     .meaning = "Their port, where a host is named without one.",
     .ports_key = "KAFKA_PORT"},
    {.env = "SOMABRAIN_KAFKA_REPLICATION",
     .member = &Config::kafka_replication,
     .initial = "3",
     .min = 1,
     .max = 9,
     .meaning = "Copies of each partition that `topics` asks for; with three and more, two of them "
                "must hold a record before it counts."},
    {.env = "SOMABRAIN_KAFKA_SECURITY",
     .member = &Config::kafka_security,
     .initial = "plaintext",
     .min = 1,
     .max = kTextBytes,
     .meaning = "How brokers are spoken to; tls: encrypted, their certificates checked, with user "
                "and password (SASL PLAIN). plaintext only on loopback.",
     .one_of = "plaintext tls"},
    {.env = "SOMABRAIN_KAFKA_CA_FILE",
     .member = &Config::kafka_ca_file,
     .max = kTextBytes,
     .meaning =
         "PEM file of the authority that signed the brokers' certificates; empty: the system's."},
    {.env = "SOMABRAIN_KAFKA_USER",
     .member = &Config::kafka_user,
     .initial = "soma-relay",
     .min = 1,
     .max = 255,
     .meaning = "User that `relay` is to the brokers: it reads and writes its topics."},
    {.env = "SOMABRAIN_KAFKA_PASSWORD",
     .member = &Config::kafka_password,
     .max = kSecretBytes,
     .meaning = "Its password.",
     .secret = true},
    {.env = "SOMABRAIN_KAFKA_ADMIN_USER",
     .member = &Config::kafka_admin_user,
     .initial = "soma-admin",
     .min = 1,
     .max = 255,
     .meaning = "User that `topics` is to the brokers: it makes topics."},
    {.env = "SOMABRAIN_KAFKA_ADMIN_PASSWORD",
     .member = &Config::kafka_admin_password,
     .max = kSecretBytes,
     .meaning = "Its password.",
     .secret = true},
    {.env = "SOMABRAIN_POSTGRES_RELAY_USER",
     .member = &Config::postgres_relay_user,
     .initial = "soma_relay",
     .min = 1,
     .max = 63,
     .meaning = "Role that `relay` logs in as: it reads all events and nothing else."},
    {.env = "SOMABRAIN_POSTGRES_RELAY_PASSWORD",
     .member = &Config::postgres_relay_password,
     .max = kSecretBytes,
     .meaning = "Its password.",
     .secret = true},
    {.env = "SOMABRAIN_RELAY_PORT",
     .member = &Config::relay_port,
     .initial = "9698",
     .min = 1,
     .max = 65535,
     .meaning = "Port of the relay's operations listener, on the address of the service's.",
     .ports_key = "SOMABRAIN_RELAY_PORT"},
    {.env = "SOMABRAIN_RELAY_TRACE_FILE",
     .member = &Config::relay_trace_file,
     .max = kTextBytes,
     .meaning = "For crash drills: file that gets a line before each transaction and after it."},
};

}  // namespace

std::span<const Setting> kafka_settings() {
    return kSettings;
}

}  // namespace soma::config
