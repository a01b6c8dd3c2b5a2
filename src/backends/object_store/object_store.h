#pragma once
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/http/client.h"
#include "backends/object_store/answer/answers.h"
#include "backends/object_store/signature.h"
#include "base/time.h"

namespace soma::backends {

/// More than a bundle of 256 of the largest events.
inline constexpr std::size_t kMaxObjectBytes = 17 * 1024 * 1024;
inline constexpr std::size_t kMaxListedPages = 100;  ///< of 1,000 versions and delete markers each

/// Where the bucket is and who we are there. Buckets are addressed by path.
struct ObjectStoreConfig {
    std::string address;  ///< e.g. http://127.0.0.1:7070
    std::string bucket;
    S3Credentials credentials;
    std::string ca_file;                      ///< for https; empty: the system's
    std::chrono::milliseconds timeout{5000};  ///< for one call, never past the request's deadline
};

/// A bucket with object lock on a server of the S3 API. Thread-safe; keeps nothing. Names are ours:
/// at most 1,024 bytes. Down, slow, refusing or talking nonsense: Error(unavailable), Retry-After
/// 2, whose detail has the status and the server's code.
class ObjectStore {
  public:
    explicit ObjectStore(ObjectStoreConfig config);

    /// Writes `bytes` (at most kMaxObjectBytes) under a name that has none, locked in COMPLIANCE
    /// mode until then (whole seconds): from the answer on nobody can delete or change that version
    /// before. false when something is there. After an ambiguous failure, first_versions tells.
    bool put_locked(std::string_view name, std::string_view bytes, Time until,
                    const Deadline& deadline);

    /// Of every name that begins with `prefix` the first version that is there, in the names'
    /// order. Versions above it and delete markers, which anybody may add who may write, do not
    /// hide it. More than kMaxListedPages pages are unavailable, not cut.
    std::vector<ObjectVersion> first_versions(std::string_view prefix, const Deadline& deadline);

    /// A version's bytes; nullopt when there is none such.
    std::optional<std::string> read(const ObjectVersion& version, const Deadline& deadline);

    /// A version's lock; nullopt when it has none.
    std::optional<ObjectLock> lock(const ObjectVersion& version, const Deadline& deadline);

    /// Locks a version in COMPLIANCE mode until then (whole seconds). A lock only grows: an earlier
    /// time than it has is refused by the store, and so unavailable.
    void extend(const ObjectVersion& version, Time until, const Deadline& deadline);

    /// "" when the bucket answers and locks, otherwise the reason in a few words. Never throws.
    std::string trouble(const Deadline& deadline);

  private:
    using Parameters = std::vector<std::pair<std::string, std::string>>;

    HttpRequest request(std::string method, std::string_view name, Parameters parameters) const;
    HttpAnswer send(HttpRequest request, const Deadline& deadline);
    VersionPage page(std::string_view prefix, const std::optional<ObjectVersion>& from,
                     const Deadline& deadline);

    ObjectStoreConfig config_;
    HttpClient http_;
};

}  // namespace soma::backends
