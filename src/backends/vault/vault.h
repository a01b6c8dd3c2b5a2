#pragma once
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "backends/http/client.h"
#include "base/time.h"

namespace soma::backends {

/// Where OpenBao is and how we log in: AppRole (both files) or a token file. Files are read when
/// needed, so a rotated secret is picked up without a restart.
struct VaultConfig {
    std::string address;  ///< e.g. http://127.0.0.1:8200
    std::string role_id_file;
    std::string secret_id_file;
    std::string token_file;  ///< used when the AppRole files are not named
    std::string ca_file;     ///< for https; empty: the system's
    std::string transit_mount = "transit";
    std::string kv_mount = "soma";
    std::chrono::milliseconds timeout{2000};  ///< for one call, never past the request's deadline
};

/// A secret of KV version 2 with its version, which check-and-set compares.
struct VaultSecret {
    boost::json::object data;
    std::uint64_t version = 0;
};

/// What transit signed with: a key's version, and the signature's bytes.
struct VaultSignature {
    std::uint32_t key_version = 0;
    std::string bytes;
};

/// OpenBao (or any server of Vault's HTTP API): transit for wrapping keys, KV version 2 for keeping
/// them. Thread-safe. Logs in on first use, renews its token at two thirds of its life, and logs in
/// again once when a token is refused. Sealed, down, slow or forbidden: Error(unavailable),
/// Retry-After 2.
class Vault {
  public:
    explicit Vault(VaultConfig config);

    /// An aes256-gcm96 key that is neither exportable nor deletable. Doing it again changes
    /// nothing.
    void create_transit_key(std::string_view name, const Deadline& deadline);

    /// Encrypts `plain` under the named key and binds it to `context`, which unwrap must repeat: a
    /// wrapped key moved to another path does not open. Returns transit's text form ("vault:v1:…").
    std::string wrap(std::string_view key_name, std::string_view plain, std::string_view context,
                     const Deadline& deadline);
    /// Throws Error(internal) when the server says that key, context or ciphertext do not belong
    /// together.
    std::string unwrap(std::string_view key_name, std::string_view wrapped,
                       std::string_view context, const Deadline& deadline);

    /// Signs under the newest version of the named ed25519 key, or under `key_version`. The key
    /// must exist: it is made with the policies (deploy/vault), not by us.
    VaultSignature sign(std::string_view key_name, std::string_view message,
                        const Deadline& deadline, std::uint32_t key_version = 0);
    /// The public halves of a signing key (32 bytes each), by version.
    std::map<std::uint32_t, std::string> public_keys(std::string_view key_name,
                                                     const Deadline& deadline);

    /// The newest version, or nullopt when the path holds none (never written, or erased).
    std::optional<VaultSecret> get(std::string_view path, const Deadline& deadline);

    /// Writes when the path's current version is `expected_version` (0: nothing there yet); false
    /// when another writer was faster. An ambiguous failure throws; repeating the call is then
    /// safe, because get tells who won.
    bool put_if(std::string_view path, const boost::json::object& data,
                std::uint64_t expected_version, const Deadline& deadline);

    /// Deletes the path with all its versions, beyond undelete. Doing it again changes nothing.
    void erase(std::string_view path, const Deadline& deadline);

    /// "" when unsealed and answering, otherwise the reason in a few words. Never throws.
    std::string trouble(const Deadline& deadline);

  private:
    struct Token {
        std::string text;
        std::chrono::steady_clock::time_point renew_at;
        std::chrono::steady_clock::time_point dead_at;
        bool renewable = false;
    };

    HttpAnswer call(const std::string& method, const std::string& path,
                    const boost::json::object* body, const Deadline& deadline);
    HttpAnswer send(const std::string& method, const std::string& path, const std::string& token,
                    const boost::json::object* body, const Deadline& deadline);
    std::string token(const Deadline& deadline);
    void forget_token(const std::string& refused);
    void log_in(const Deadline& deadline);
    bool renew(const Deadline& deadline);
    void keep(const boost::json::object& auth);

    VaultConfig config_;
    HttpClient http_;
    std::mutex token_mutex_;
    Token token_;
};

}  // namespace soma::backends
