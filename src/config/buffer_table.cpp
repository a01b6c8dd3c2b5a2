#include "config/buffer_table.h"

namespace soma::config {
namespace {

constexpr int kTextBytes = 1024;
constexpr int kSecretBytes = 4096;

const Setting kSettings[] = {
    {.env = "SOMABRAIN_BUFFER_HOST",
     .member = &Config::buffer_host,
     .initial = "127.0.0.1",
     .min = 1,
     .max = kTextBytes,
     .meaning = "Host of the Redis server `buffer`, which keeps events of reads while PostgreSQL "
                "does not answer."},
    {.env = "SOMABRAIN_BUFFER_PORT",
     .member = &Config::buffer_port,
     .initial = "6380",
     .min = 1,
     .max = 65535,
     .meaning = "Port of the Redis server `buffer`.",
     .ports_key = "BUFFER_PORT"},
    {.env = "SOMABRAIN_BUFFER_PASSWORD",
     .member = &Config::buffer_password,
     .max = kSecretBytes,
     .meaning = "Its password; empty: none is sent. Whoever has it can write into the ledger.",
     .secret = true},
    {.env = "SOMABRAIN_BUFFER_TIMEOUT_MS",
     .member = &Config::buffer_timeout_ms,
     .initial = "1000",
     .min = 1,
     .max = 60000,
     .unit = "ms",
     .meaning = "Longest wait for it, its fsync included; past it the read is answered 503."},
};

}  // namespace

std::span<const Setting> buffer_settings() {
    return kSettings;
}

}  // namespace soma::config
