#include "services/keyring/keyring.h"

#include <openssl/crypto.h>

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <utility>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"
#include "domain/erasure/erasure.h"
#include "services/keyring/key_cache.h"

namespace soma::services {
namespace {

using backends::Vault;

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSaltBytes = 32;
constexpr std::string_view kTenantMember = "hmac_key";
constexpr std::string_view kSubjectMember = "keys";

void wipe(std::string& secret) {
    OPENSSL_cleanse(secret.data(), secret.size());
}

/// A secret on its way between OpenBao and the cache.
struct Secret {
    std::string bytes;

    explicit Secret(std::string given) : bytes(std::move(given)) {}
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret() { wipe(bytes); }
};

std::string labelled_hmac(std::string_view key, std::string_view label, std::string_view value) {
    std::string message(label);
    message.push_back('\0');
    message += value;
    return hmac_sha256(key, message);
}

std::string transit_key(const Uuid& tenant) {
    return "tenant-" + tenant.to_string();
}
std::string tenant_path(const Uuid& tenant) {
    return "tenants/" + tenant.to_string();
}
std::string subject_path(const Uuid& tenant, std::string_view subject_id) {
    return "subjects/" + tenant.to_string() + "/" + std::string(subject_id);
}

/// One wrapped secret at one path: read it, or make it so that all racing makers end with the same.
/// The path is the wrapping's context: a wrapped key copied to another subject's path does not
/// open.
struct Slot {
    Vault& vault;
    std::string key_name;
    std::string path;
    std::string member;
    std::size_t bytes;

    std::optional<std::string> read(const Deadline& deadline) const {
        const auto secret = vault.get(path, deadline);
        if (!secret) {
            return std::nullopt;
        }
        const auto* wrapped = secret->data.if_contains(member);
        if (wrapped == nullptr || !wrapped->is_string()) {
            throw Error(ErrorKind::internal, "a stored key is damaged", path);
        }
        auto plain =
            vault.unwrap(key_name, std::string_view(wrapped->get_string()), path, deadline);
        if (plain.size() != bytes) {
            throw Error(ErrorKind::internal, "a stored key is damaged", path);
        }
        return plain;
    }

    std::string make(const Deadline& deadline) const {
        Secret fresh(random_bytes(bytes));
        const boost::json::object data{{member, vault.wrap(key_name, fresh.bytes, path, deadline)}};
        if (vault.put_if(path, data, 0, deadline)) {
            return fresh.bytes;
        }
        auto winner = read(deadline);
        if (!winner) {
            throw Error(ErrorKind::unavailable, "the key was erased while it was made", path);
        }
        return std::move(*winner);
    }
};

Slot tenant_slot(Vault& vault, const Uuid& tenant) {
    return {vault, transit_key(tenant), tenant_path(tenant), std::string(kTenantMember), kKeyBytes};
}

Slot subject_slot(Vault& vault, const Uuid& tenant, std::string_view subject_id) {
    return {vault, transit_key(tenant), subject_path(tenant, subject_id),
            std::string(kSubjectMember), kKeyBytes + kSaltBytes};
}

}  // namespace

TenantKeys::~TenantKeys() {
    wipe(hmac_key);
}

std::string TenantKeys::subject_hmac(std::string_view subject) const {
    return labelled_hmac(hmac_key, "subject", subject);
}
std::string TenantKeys::key_hmac(std::string_view key) const {
    return labelled_hmac(hmac_key, "key", key);
}
std::string TenantKeys::session_hmac(std::string_view session_id) const {
    return labelled_hmac(hmac_key, "session", session_id);
}
std::string TenantKeys::idempotency_hmac(std::string_view idempotency_key) const {
    return labelled_hmac(hmac_key, "idempotency", idempotency_key);
}
std::string TenantKeys::feedback_hmac(std::string_view evaluation) const {
    return labelled_hmac(hmac_key, "feedback", evaluation);
}
std::string TenantKeys::model_hmac(std::string_view model) const {
    return labelled_hmac(hmac_key, "model", model);
}

SubjectKey::~SubjectKey() {
    wipe(data_key);
    wipe(digest_salt);
}

std::string SubjectKey::digest(std::string_view bytes) const {
    return hmac_sha256(digest_salt, bytes);
}

struct Keyring::State {
    State(Vault& server, KeyringLimits limits)
        : vault(server),
          tenants(limits.tenants, limits.max_age),
          subjects(limits.subjects, limits.max_age) {}

    std::shared_ptr<const SubjectKey> load_subject(const Uuid& tenant, const std::string& id,
                                                   IfAbsent if_absent, const Deadline& deadline);

    Vault& vault;
    KeyCache<TenantKeys> tenants;
    KeyCache<SubjectKey> subjects;
};

std::shared_ptr<const SubjectKey> Keyring::State::load_subject(const Uuid& tenant,
                                                               const std::string& id,
                                                               IfAbsent if_absent,
                                                               const Deadline& deadline) {
    const std::string path = subject_path(tenant, id);
    const bool create = if_absent == IfAbsent::create;
    const auto load = [&]() -> std::shared_ptr<const SubjectKey> {
        const Slot slot = subject_slot(vault, tenant, id);
        auto found = slot.read(deadline);
        if (!found && !create) {
            return nullptr;
        }
        const Secret both(found ? std::move(*found) : slot.make(deadline));
        auto key = std::make_shared<SubjectKey>();
        key->data_key = both.bytes.substr(0, kKeyBytes);
        key->digest_salt = both.bytes.substr(kKeyBytes);
        key->subject_id_hex = id;
        key->key_id = domain::key_id(key->data_key);
        return key;
    };
    // A reader's flight may end with nullptr, so a creator never waits for one.
    return subjects.get(path, (create ? "create " : "read ") + path, deadline, load);
}

Keyring::Keyring(Vault& vault, KeyringLimits limits)
    : state_(std::make_unique<State>(vault, limits)) {}

Keyring::~Keyring() = default;

void Keyring::create_tenant(const Uuid& tenant, const Deadline& deadline) {
    state_->vault.create_transit_key(transit_key(tenant), deadline);
    const Slot slot = tenant_slot(state_->vault, tenant);
    auto known = slot.read(deadline);
    const Secret key(known ? std::move(*known) : slot.make(deadline));
}

bool Keyring::has_tenant(const Uuid& tenant, const Deadline& deadline) {
    auto found = tenant_slot(state_->vault, tenant).read(deadline);
    if (found) {
        wipe(*found);
    }
    return found.has_value();
}

std::shared_ptr<const TenantKeys> Keyring::tenant(const Uuid& tenant, const Deadline& deadline) {
    const std::string path = tenant_path(tenant);
    return state_->tenants.get(path, path, deadline, [&]() -> std::shared_ptr<const TenantKeys> {
        auto found = tenant_slot(state_->vault, tenant).read(deadline);
        if (!found) {
            throw Error(ErrorKind::unavailable, "the tenant's keys are missing", path);
        }
        auto keys = std::make_shared<TenantKeys>();
        keys->hmac_key = std::move(*found);
        return keys;
    });
}

std::shared_ptr<const SubjectKey> Keyring::subject(const Uuid& tenant, std::string_view subject,
                                                   IfAbsent if_absent, const Deadline& deadline) {
    return state_->load_subject(tenant, to_hex(subject_hmac(tenant, subject, deadline)), if_absent,
                                deadline);
}

std::string Keyring::subject_hmac(const Uuid& tenant, std::string_view subject,
                                  const Deadline& deadline) {
    const bool is_tenant = Uuid::parse(subject) == tenant;
    return this->tenant(tenant, deadline)->subject_hmac(is_tenant ? "" : subject);
}

std::shared_ptr<const SubjectKey> Keyring::subject_by_hmac(const Uuid& tenant,
                                                           std::string_view subject_hmac,
                                                           const Deadline& deadline) {
    return state_->load_subject(tenant, to_hex(subject_hmac), IfAbsent::nothing, deadline);
}

std::shared_ptr<const SubjectKey> Keyring::stored_subject(const Uuid& tenant,
                                                          std::string_view subject_hmac,
                                                          const Deadline& deadline) {
    forget(tenant, to_hex(subject_hmac));
    return subject_by_hmac(tenant, subject_hmac, deadline);
}

void Keyring::destroy_subject(const Uuid& tenant, std::string_view subject_hmac,
                              std::string_view key_id, const Deadline& deadline) {
    const auto is_there = [&] {
        const auto key = stored_subject(tenant, subject_hmac, deadline);
        return key && key->key_id == key_id;
    };
    const std::string id = to_hex(subject_hmac);
    if (is_there()) {
        state_->vault.erase(subject_path(tenant, id), deadline);
        if (is_there()) {
            throw Error(ErrorKind::unavailable, "the key store is unavailable",
                        "an erased key is still there: " + subject_path(tenant, id));
        }
    }
    // Whoever waited for a key of before, or read it in between, must not keep it.
    forget(tenant, id);
}

Error Keyring::erased_meanwhile(const Uuid& tenant, std::string_view subject_hmac) {
    forget(tenant, to_hex(subject_hmac));
    return Error(ErrorKind::unavailable, "the subject is being erased: repeat",
                 "a row's key was erased");
}

void Keyring::forget(const Uuid& tenant, std::string_view subject_id_hex) {
    state_->subjects.forget(subject_path(tenant, subject_id_hex));
}

}  // namespace soma::services
