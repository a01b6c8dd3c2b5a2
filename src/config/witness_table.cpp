#include "config/witness_table.h"

namespace soma::config {
namespace {

constexpr int kTextBytes = 1024;

const Setting kSettings[] = {
    {.env = "SOMABRAIN_WITNESS_URL",
     .member = &Config::witness_url,
     .max = kTextBytes,
     .meaning = "Witness that `serve` asks to cosign the ledger's checkpoints, e.g. "
                "`http://127.0.0.1:9699`; empty: none."},
    {.env = "SOMABRAIN_WITNESS_KEY_FILE",
     .member = &Config::witness_key_file,
     .max = kTextBytes,
     .meaning = "File with its public keys, one a line, as `witness key` prints them: whose "
                "cosignatures count."},
    {.env = "SOMABRAIN_WITNESS_CA_FILE",
     .member = &Config::witness_ca_file,
     .max = kTextBytes,
     .meaning = "PEM bundle its certificate is checked against; empty: the system's."},
    {.env = "SOMABRAIN_WITNESS_NAME",
     .member = &Config::witness_name,
     .initial = "somabrain.local/witness",
     .min = 1,
     .max = 256,
     .meaning = "What `witness` calls its key in cosignatures: a URL without a scheme."},
    {.env = "SOMABRAIN_WITNESS_LOGS_FILE",
     .member = &Config::witness_logs_file,
     .max = kTextBytes,
     .meaning = "File with the public keys of the logs that `witness` trusts, one a line, as "
                "`audit key` prints them; read again when a log calls that is not in it."},
    {.env = "SOMABRAIN_WITNESS_ADDRESS",
     .member = &Config::witness_address,
     .initial = "127.0.0.1",
     .min = 1,
     .max = kTextBytes,
     .meaning = "Address `witness` listens on, plaintext: TLS is a proxy's."},
    {.env = "SOMABRAIN_WITNESS_PORT",
     .member = &Config::witness_port,
     .initial = "9699",
     .min = 1,
     .max = 65535,
     .meaning = "Port of `witness`: add-checkpoint, and its /health, /ready, /metrics.",
     .ports_key = "SOMABRAIN_WITNESS_PORT"},
    {.env = "SOMABRAIN_WITNESS_ROLE_ID_FILE",
     .member = &Config::witness_role_id_file,
     .max = kTextBytes,
     .meaning = "File with the role id of the witness's own AppRole in OpenBao."},
    {.env = "SOMABRAIN_WITNESS_SECRET_ID_FILE",
     .member = &Config::witness_secret_id_file,
     .max = kTextBytes,
     .meaning = "File with its secret id."},
};

}  // namespace

std::span<const Setting> witness_settings() {
    return kSettings;
}

}  // namespace soma::config
