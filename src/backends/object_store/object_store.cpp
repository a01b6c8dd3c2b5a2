#include "backends/object_store/object_store.h"

#include <algorithm>
#include <map>

#include "backends/object_store/answer/xml.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"

namespace soma::backends {
namespace {

constexpr int kRetryAfterSeconds = 2;

Error unavailable(std::string detail) {
    return Error(ErrorKind::unavailable, "object storage is unavailable", std::move(detail))
        .retry_after(kRetryAfterSeconds);
}

/// Of an answer that is no success. The server's message may name keys: its code says enough.
Error refused(std::string_view doing, const HttpAnswer& answer) {
    std::string detail = std::string(doing) + ": status " + std::to_string(answer.status) + " " +
                         read_error_code(answer.body);
    if (answer.status == 401 || answer.status == 403) {
        return Error(ErrorKind::unavailable,
                     "object storage refuses this service's credentials or what they ask",
                     std::move(detail))
            .retry_after(kRetryAfterSeconds);
    }
    return unavailable(std::move(detail));
}

/// Of an answer whose text is not what was asked for.
Error nonsense(std::string_view doing) {
    return unavailable(std::string(doing) + ": not an answer of S3");
}

std::string encode_name(std::string_view name) {
    std::string out;
    for (const char c : name) {
        out += c == '/' ? "/" : encode_path_segment({&c, 1});
    }
    return out;
}

/// Whole seconds, so that the store has no other precision to give back.
std::string lock_time(Time until) {
    return format_rfc3339(std::chrono::floor<std::chrono::seconds>(until)).substr(0, 19) + "Z";
}

/// What the server checks the body against before it keeps it; a lock is refused without it.
void add_checksum(HttpRequest& request) {
    request.headers.emplace_back("x-amz-checksum-sha256", to_base64(sha256(request.body)));
    request.headers.emplace_back("x-amz-sdk-checksum-algorithm", "SHA256");
}

}  // namespace

ObjectStore::ObjectStore(ObjectStoreConfig config) : config_(std::move(config)) {}

HttpRequest ObjectStore::request(std::string method, std::string_view name,
                                 Parameters parameters) const {
    HttpRequest out;
    out.method = std::move(method);
    out.url = config_.address + "/" + encode_path_segment(config_.bucket) +
              (name.empty() ? "" : "/" + encode_name(name)) + s3_query(std::move(parameters));
    out.ca_file = config_.ca_file;
    return out;
}

HttpAnswer ObjectStore::send(HttpRequest request, const Deadline& deadline) {
    sign_s3(request, config_.credentials, wall_clock_now());
    try {
        return http_.send(request, Deadline(std::min(deadline.remaining(), config_.timeout)));
    } catch (const Error& error) {
        throw unavailable(error.detail());
    }
}

bool ObjectStore::put_locked(std::string_view name, std::string_view bytes, Time until,
                             const Deadline& deadline) {
    SOMA_ASSERT(name.size() <= kMaxObjectNameBytes && bytes.size() <= kMaxObjectBytes,
                "what is stored was bounded by whoever made it");
    HttpRequest put = request("PUT", name, {});
    put.body = bytes;
    const bool json = name.ends_with(".json");
    put.headers = {{"content-type", json ? "application/json" : "application/octet-stream"},
                   {"if-none-match", "*"},
                   {"x-amz-object-lock-mode", "COMPLIANCE"},
                   {"x-amz-object-lock-retain-until-date", lock_time(until)}};
    add_checksum(put);
    const auto answer = send(std::move(put), deadline);
    // 409: another such request is under way at this moment.
    if (answer.status == 412 || answer.status == 409) {
        return false;
    }
    if (answer.status != 200) {
        throw refused("writing an object", answer);
    }
    return true;
}

VersionPage ObjectStore::page(std::string_view prefix, const std::optional<ObjectVersion>& from,
                              const Deadline& deadline) {
    Parameters parameters{{"versions", ""}, {"prefix", std::string(prefix)}};
    if (from) {
        parameters.emplace_back("key-marker", from->name);
        parameters.emplace_back("version-id-marker", from->id);
    }
    HttpRequest get = request("GET", "", std::move(parameters));
    get.max_answer_bytes = kMaxXmlBytes;
    const auto answer = send(std::move(get), deadline);
    if (answer.status != 200) {
        throw refused("listing objects", answer);
    }
    auto page = read_version_page(answer.body);
    if (!page || (from && page->next == from)) {
        throw nonsense("listing objects");
    }
    return std::move(*page);
}

std::vector<ObjectVersion> ObjectStore::first_versions(std::string_view prefix,
                                                       const Deadline& deadline) {
    std::map<std::string, std::string> first;
    std::optional<ObjectVersion> next;
    std::size_t pages = 0;
    do {
        if (++pages > kMaxListedPages) {
            throw unavailable("listing objects: more than " + std::to_string(kMaxListedPages) +
                              " pages");
        }
        VersionPage found = page(prefix, next, deadline);
        for (ObjectVersion& version : found.versions) {
            // The newest comes first: the last one said of a name is the oldest.
            first.insert_or_assign(std::move(version.name), std::move(version.id));
        }
        next = std::move(found.next);
    } while (next);
    std::vector<ObjectVersion> out;
    for (auto& [name, id] : first) {
        out.push_back({name, std::move(id)});
    }
    return out;
}

std::optional<std::string> ObjectStore::read(const ObjectVersion& version,
                                             const Deadline& deadline) {
    HttpRequest get = request("GET", version.name, {{"versionId", version.id}});
    get.max_answer_bytes = kMaxObjectBytes;
    auto answer = send(std::move(get), deadline);
    if (answer.status == 404 && read_error_code(answer.body) != "NoSuchBucket") {
        return std::nullopt;
    }
    if (answer.status != 200) {
        throw refused("reading an object", answer);
    }
    return std::move(answer.body);
}

std::optional<ObjectLock> ObjectStore::lock(const ObjectVersion& version,
                                            const Deadline& deadline) {
    const auto answer = send(
        request("GET", version.name, {{"retention", ""}, {"versionId", version.id}}), deadline);
    // AWS says so with 404, versitygw with 400.
    if (read_error_code(answer.body) == "NoSuchObjectLockConfiguration") {
        return std::nullopt;
    }
    if (answer.status != 200) {
        throw refused("reading a lock", answer);
    }
    auto lock = read_lock(answer.body);
    if (!lock) {
        throw nonsense("reading a lock");
    }
    return lock;
}

void ObjectStore::extend(const ObjectVersion& version, Time until, const Deadline& deadline) {
    HttpRequest put = request("PUT", version.name, {{"retention", ""}, {"versionId", version.id}});
    put.body =
        "<Retention xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        "<Mode>COMPLIANCE</Mode><RetainUntilDate>" +
        lock_time(until) + "</RetainUntilDate></Retention>";
    put.headers = {{"content-type", "application/xml"}};
    add_checksum(put);
    const auto answer = send(std::move(put), deadline);
    if (answer.status != 200) {
        throw refused("extending a lock", answer);
    }
}

std::string ObjectStore::trouble(const Deadline& deadline) {
    try {
        const auto answer = send(request("GET", "", {{"object-lock", ""}}), deadline);
        if (answer.status != 200) {
            return refused("asking for the bucket's lock", answer).detail();
        }
        return read_lock_enabled(answer.body) ? "" : "the bucket does not lock objects";
    } catch (const Error& error) {
        return error.detail();
    }
}

}  // namespace soma::backends
