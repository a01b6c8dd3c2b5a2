#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "backends/vault/vault.h"
#include "base/error.h"
#include "base/time.h"
#include "base/uuid.h"

namespace soma::services {

/// A tenant's HMAC key and what we compute with it. The first part of every message is a label and
/// a zero byte, so that equal texts in different fields have unrelated HMACs. Wiped when destroyed.
struct TenantKeys {
    std::string hmac_key;  ///< 32 bytes

    TenantKeys() = default;
    TenantKeys(const TenantKeys&) = delete;
    TenantKeys& operator=(const TenantKeys&) = delete;
    ~TenantKeys();

    /// All are HMAC-SHA-256: 32 raw bytes.
    std::string subject_hmac(std::string_view subject) const;  ///< names the subject's keys, too
    std::string key_hmac(std::string_view key) const;
    std::string session_hmac(std::string_view session_id) const;
    std::string idempotency_hmac(std::string_view idempotency_key) const;
    std::string feedback_hmac(std::string_view evaluation) const;  ///< claims it: its 16 bytes
    std::string model_hmac(std::string_view model) const;
};

/// The keys of one (tenant, subject). Erasing them at OpenBao makes everything sealed under them
/// unreadable, wherever its bytes have got to. Wiped when destroyed.
struct SubjectKey {
    std::string data_key;        ///< 32 bytes, for AES-256-GCM
    std::string digest_salt;     ///< 32 bytes
    std::string subject_id_hex;  ///< hex of TenantKeys::subject_hmac
    std::string key_id;          ///< 16 bytes: domain::key_id

    SubjectKey() = default;
    SubjectKey(const SubjectKey&) = delete;
    SubjectKey& operator=(const SubjectKey&) = delete;
    ~SubjectKey();

    /// HMAC-SHA-256(digest_salt, bytes), 32 raw bytes: what events may say of content. After
    /// erasure nobody can test a guess against it.
    std::string digest(std::string_view bytes) const;
};

/// Written limits of the key cache.
struct KeyringLimits {
    std::size_t subjects = 10'000;  ///< least recently used ones leave
    std::size_t tenants = 1'000;
    std::chrono::seconds max_age{300};  ///< then read again, so an erasure elsewhere takes hold
};

/// Tenant and subject keys: wrapped by the tenant's transit key, kept only in OpenBao's KV at
/// `tenants/<tenant>` and `subjects/<tenant>/<subject_id>`, unwrapped into a bounded cache here.
/// Thread-safe; concurrent misses for one key make one call to OpenBao. Every function may throw
/// Error(unavailable) when OpenBao does not answer.
class Keyring {
  public:
    enum class IfAbsent { nothing, create };

    explicit Keyring(backends::Vault& vault, KeyringLimits limits = {});
    ~Keyring();

    /// For `tenant create`: the transit key and the HMAC key. Doing it again changes nothing.
    void create_tenant(const Uuid& tenant, const Deadline& deadline);

    /// Whether OpenBao holds the tenant's HMAC key, and can open it.
    bool has_tenant(const Uuid& tenant, const Deadline& deadline);

    /// Throws Error(unavailable) when the tenant has no keys: its creation was cut short.
    std::shared_ptr<const TenantKeys> tenant(const Uuid& tenant, const Deadline& deadline);

    /// The subject's keys; an empty subject is the tenant itself, as is its uuid's text. With
    /// `create`, made when absent (all racing callers get the same); with `nothing`, nullptr when
    /// absent or erased.
    std::shared_ptr<const SubjectKey> subject(const Uuid& tenant, std::string_view subject,
                                              IfAbsent if_absent, const Deadline& deadline);
    /// The same by the HMAC that rows carry (32 raw bytes); never creates.
    std::shared_ptr<const SubjectKey> subject_by_hmac(const Uuid& tenant,
                                                      std::string_view subject_hmac,
                                                      const Deadline& deadline);

    /// The same as OpenBao has it now, whatever is in the cache.
    std::shared_ptr<const SubjectKey> stored_subject(const Uuid& tenant,
                                                     std::string_view subject_hmac,
                                                     const Deadline& deadline);

    /// Drops a subject from this process's cache; the next use reads OpenBao.
    void forget(const Uuid& tenant, std::string_view subject_id_hex);

    /// Destroys the subject's key with all its versions, if it is the one named, and looks that it
    /// is gone; another key of the subject, made since, stays. Callers exclude each other: of two
    /// at once, one might destroy a key made after the other was done. Doing it again changes
    /// nothing.
    void destroy_subject(const Uuid& tenant, std::string_view subject_hmac, std::string_view key_id,
                         const Deadline& deadline);

    /// To be thrown when a row was refused because its key is erased: forgets the key, so that a
    /// repetition asks OpenBao for one.
    Error erased_meanwhile(const Uuid& tenant, std::string_view subject_hmac);

    /// The subject that a request names.
    std::string subject_hmac(const Uuid& tenant, std::string_view subject,
                             const Deadline& deadline);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace soma::services
