#include "backends/vault/vault.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json/strict_json.h"

namespace soma::backends {
namespace {

namespace json = boost::json;
using std::chrono::steady_clock;

constexpr int kRetryAfterSeconds = 2;
constexpr std::size_t kMaxSecretFileBytes = 4096;

Error unavailable(std::string detail) {
    return Error(ErrorKind::unavailable, "the key store is unavailable", std::move(detail))
        .retry_after(kRetryAfterSeconds);
}

/// One line of text: an id or a token. The file is small or it is the wrong file.
std::string read_secret_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(kMaxSecretFileBytes, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    text.erase(text.find_last_not_of(" \t\r\n") + 1);
    if (text.empty() || text.find_first_of("\r\n") != std::string::npos) {
        throw unavailable("no secret in " + path);
    }
    return text;
}

/// "a/b" → "/a/b" with each part encoded; paths are ours, but a part may hold any text.
std::string join_path(std::string_view mount, std::string_view verb, std::string_view rest) {
    std::string path = "/v1/" + std::string(mount) + "/" + std::string(verb);
    while (!rest.empty()) {
        const std::string_view part = rest.substr(0, rest.find('/'));
        path += "/" + encode_path_segment(part);
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    }
    return path;
}

/// The member of an answer that must be an object, e.g. "data"; anything else is a broken server.
json::object member_object(const HttpAnswer& answer, std::string_view name) {
    const auto value = parse_strict_json(answer.body);
    const auto* object = value ? value->if_object() : nullptr;
    const auto* member = object != nullptr ? object->if_contains(name) : nullptr;
    if (member == nullptr || !member->is_object()) {
        throw unavailable("an answer without \"" + std::string(name) + "\"");
    }
    return member->get_object();
}

std::string text_member(const json::object& object, std::string_view name) {
    const auto* member = object.if_contains(name);
    if (member == nullptr || !member->is_string()) {
        throw unavailable("an answer without \"" + std::string(name) + "\"");
    }
    return std::string(member->get_string());
}

/// The server's own reasons; they name paths and policies, never secrets.
std::string reasons(const HttpAnswer& answer) {
    return "status " + std::to_string(answer.status) + ": " + answer.body.substr(0, 512);
}

std::uint32_t version_number(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number == 0) {
        throw unavailable("a key's version is no number");
    }
    return number;
}

bool worked(const HttpAnswer& answer) {
    return answer.status >= 200 && answer.status < 300;
}

}  // namespace

Vault::Vault(VaultConfig config) : config_(std::move(config)) {}

void Vault::create_transit_key(std::string_view name, const Deadline& deadline) {
    const json::object body{{"type", "aes256-gcm96"}, {"exportable", false}};
    const auto answer =
        call("POST", join_path(config_.transit_mount, "keys", name), &body, deadline);
    if (!worked(answer)) {
        throw unavailable("creating a transit key: " + reasons(answer));
    }
}

std::string Vault::wrap(std::string_view key_name, std::string_view plain, std::string_view context,
                        const Deadline& deadline) {
    const json::object body{{"plaintext", to_base64(plain)},
                            {"associated_data", to_base64(context)}};
    const auto answer =
        call("POST", join_path(config_.transit_mount, "encrypt", key_name), &body, deadline);
    if (!worked(answer)) {
        throw unavailable("wrapping: " + reasons(answer));
    }
    return text_member(member_object(answer, "data"), "ciphertext");
}

std::string Vault::unwrap(std::string_view key_name, std::string_view wrapped,
                          std::string_view context, const Deadline& deadline) {
    const json::object body{{"ciphertext", std::string(wrapped)},
                            {"associated_data", to_base64(context)}};
    const auto answer =
        call("POST", join_path(config_.transit_mount, "decrypt", key_name), &body, deadline);
    if (answer.status == 400) {
        throw Error(ErrorKind::internal, "a stored key does not open",
                    "unwrapping: " + reasons(answer));
    }
    if (!worked(answer)) {
        throw unavailable("unwrapping: " + reasons(answer));
    }
    auto plain = from_base64(text_member(member_object(answer, "data"), "plaintext"));
    if (!plain) {
        throw unavailable("unwrapping: the answer is not base64");
    }
    return std::move(*plain);
}

VaultSignature Vault::sign(std::string_view key_name, std::string_view message,
                           const Deadline& deadline, std::uint32_t key_version) {
    // Transit takes version 0 for the newest.
    const json::object body{{"input", to_base64(message)}, {"key_version", key_version}};
    const auto answer =
        call("POST", join_path(config_.transit_mount, "sign", key_name), &body, deadline);
    if (!worked(answer)) {
        throw unavailable("signing: " + reasons(answer));
    }
    // "vault:v3:c2lnbmF0dXJl"
    const std::string text = text_member(member_object(answer, "data"), "signature");
    const auto version = text.find(":v");
    const auto value = text.rfind(':');
    auto bytes = from_base64(std::string_view(text).substr(value + 1));
    if (version == std::string::npos || value <= version || !bytes) {
        throw unavailable("signing: the answer is no signature");
    }
    return {version_number(std::string_view(text).substr(version + 2, value - version - 2)),
            std::move(*bytes)};
}

std::map<std::uint32_t, std::string> Vault::public_keys(std::string_view key_name,
                                                        const Deadline& deadline) {
    const auto answer =
        call("GET", join_path(config_.transit_mount, "keys", key_name), nullptr, deadline);
    if (!worked(answer)) {
        throw unavailable("reading a public key: " + reasons(answer));
    }
    const auto data = member_object(answer, "data");
    const auto* versions = data.if_contains("keys");
    std::map<std::uint32_t, std::string> keys;
    if (versions != nullptr && versions->is_object()) {
        for (const auto& [version, key] : versions->get_object()) {
            const auto* object = key.if_object();
            auto bytes =
                object != nullptr ? from_base64(text_member(*object, "public_key")) : std::nullopt;
            if (!bytes) {
                throw unavailable("reading a public key: the answer holds none");
            }
            keys.emplace(version_number(version), std::move(*bytes));
        }
    }
    return keys;
}

std::optional<VaultSecret> Vault::get(std::string_view path, const Deadline& deadline) {
    const auto answer = call("GET", join_path(config_.kv_mount, "data", path), nullptr, deadline);
    if (answer.status == 404) {
        return std::nullopt;
    }
    if (!worked(answer)) {
        throw unavailable("reading a secret: " + reasons(answer));
    }
    auto outer = member_object(answer, "data");
    auto* data = outer["data"].if_object();
    const auto* metadata = outer["metadata"].if_object();
    const auto* version = metadata != nullptr ? metadata->if_contains("version") : nullptr;
    if (data == nullptr || version == nullptr || !version->is_int64()) {
        throw unavailable("reading a secret: an answer without data or version");
    }
    return VaultSecret{std::move(*data), static_cast<std::uint64_t>(version->get_int64())};
}

bool Vault::put_if(std::string_view path, const json::object& data, std::uint64_t expected_version,
                   const Deadline& deadline) {
    const json::object body{{"data", data}, {"options", json::object{{"cas", expected_version}}}};
    const auto answer = call("POST", join_path(config_.kv_mount, "data", path), &body, deadline);
    if (answer.status == 400 && answer.body.find("check-and-set") != std::string::npos) {
        return false;
    }
    if (!worked(answer)) {
        throw unavailable("writing a secret: " + reasons(answer));
    }
    return true;
}

void Vault::erase(std::string_view path, const Deadline& deadline) {
    const auto answer =
        call("DELETE", join_path(config_.kv_mount, "metadata", path), nullptr, deadline);
    if (!worked(answer) && answer.status != 404) {
        throw unavailable("erasing a secret: " + reasons(answer));
    }
}

std::string Vault::trouble(const Deadline& deadline) {
    try {
        const auto answer = send("GET", "/v1/sys/health", "", nullptr, deadline);
        switch (answer.status) {
            case 200:
                token(deadline);
                return "";
            case 429:
                return "standby";
            case 501:
                return "not initialised";
            case 503:
                return "sealed";
            default:
                return "status " + std::to_string(answer.status);
        }
    } catch (const Error& error) {
        return error.detail().empty() ? error.public_message() : error.detail();
    }
}

HttpAnswer Vault::call(const std::string& method, const std::string& path, const json::object* body,
                       const Deadline& deadline) {
    const std::string first = token(deadline);
    auto answer = send(method, path, first, body, deadline);
    // 403 may mean a token revoked or lost with a restored store: a new one tells.
    if (answer.status == 403) {
        forget_token(first);
        answer = send(method, path, token(deadline), body, deadline);
    }
    return answer;
}

HttpAnswer Vault::send(const std::string& method, const std::string& path,
                       const std::string& token_text, const json::object* body,
                       const Deadline& deadline) {
    HttpRequest request;
    request.method = method;
    request.url = config_.address + path;
    request.ca_file = config_.ca_file;
    request.headers.emplace_back("X-Vault-Request", "true");
    if (!token_text.empty()) {
        request.headers.emplace_back("X-Vault-Token", token_text);
    }
    if (body != nullptr) {
        request.body = json::serialize(*body);
    }
    try {
        return http_.send(request, Deadline(std::min(deadline.remaining(), config_.timeout)));
    } catch (const Error& error) {
        throw unavailable(error.detail());
    }
}

std::string Vault::token(const Deadline& deadline) {
    // One login at a time; the others wait for its result, at most one call's timeout.
    const std::lock_guard lock(token_mutex_);
    const auto now = steady_clock::now();
    if (!token_.text.empty() && now < token_.renew_at) {
        return token_.text;
    }
    if (token_.text.empty() || now >= token_.dead_at || !token_.renewable || !renew(deadline)) {
        log_in(deadline);
    }
    return token_.text;
}

void Vault::forget_token(const std::string& refused) {
    const std::lock_guard lock(token_mutex_);
    if (token_.text == refused) {
        token_ = Token{};
    }
}

void Vault::log_in(const Deadline& deadline) {
    if (config_.role_id_file.empty()) {
        // Whoever keeps the file keeps the token alive in it (an agent's sink).
        token_ = Token{read_secret_file(config_.token_file), steady_clock::time_point::max(),
                       steady_clock::time_point::max(), false};
        return;
    }
    const json::object body{{"role_id", read_secret_file(config_.role_id_file)},
                            {"secret_id", read_secret_file(config_.secret_id_file)}};
    const auto answer = send("POST", "/v1/auth/approle/login", "", &body, deadline);
    if (!worked(answer)) {
        throw unavailable("AppRole login: " + reasons(answer));
    }
    keep(member_object(answer, "auth"));
}

bool Vault::renew(const Deadline& deadline) {
    const json::object body;
    const auto answer = send("POST", "/v1/auth/token/renew-self", token_.text, &body, deadline);
    if (!worked(answer)) {
        return false;
    }
    keep(member_object(answer, "auth"));
    return true;
}

void Vault::keep(const json::object& auth) {
    const auto* lease = auth.if_contains("lease_duration");
    const auto* renewable = auth.if_contains("renewable");
    const std::int64_t seconds = lease != nullptr && lease->is_int64() ? lease->get_int64() : 0;
    const auto now = steady_clock::now();
    token_.text = text_member(auth, "client_token");
    token_.renewable = renewable != nullptr && renewable->is_bool() && renewable->get_bool();
    // A lease of zero never ends (root tokens).
    const auto never = steady_clock::time_point::max();
    token_.renew_at = seconds > 0 ? now + std::chrono::milliseconds(seconds * 1000 * 2 / 3) : never;
    token_.dead_at = seconds > 0 ? now + std::chrono::seconds(seconds) : never;
}

}  // namespace soma::backends
