#pragma once
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"

namespace soma::domain {

/// A numbered sequence of events. `state` holds a tenant's mutations: its sequence is the freshness
/// token. `access` holds reads, evaluations and refusals. `system` belongs to no tenant.
enum class Stream : std::uint8_t { state, access, system };

std::string_view to_string(Stream stream);

/// An event before the committer has numbered it. Holds no content: digests are HMAC-SHA-256 under
/// the tenant's key, in lower-case hexadecimal. Empty strings and vectors are left out of the body.
struct EventDraft {
    Uuid id;
    std::optional<Uuid> tenant;  ///< absent: the `system` stream
    Stream stream = Stream::access;
    std::string actor;   ///< the token's subject
    std::string action;  ///< e.g. "memory.remember", "memory.delete", "recall"
    std::string request_id;
    std::string trace_id;
    std::string telemetry_ref;           ///< the agent's own reference: header Soma-Telemetry-Ref
    std::string decision = "allowed";    ///< "allowed", "refused" or "error"
    int status = 0;                      ///< of the answer, as the HTTP API says it
    std::optional<std::string> article;  ///< the violated article, when refused by a rule
    std::optional<std::uint64_t> constitution_version;
    std::string constitution_hash;  ///< of that version, in lower-case hexadecimal
    std::string request_digest;
    std::string answer_digest;
    std::vector<Uuid> targets;     ///< memories made, removed, read or returned
    std::vector<Uuid> supersedes;  ///< filled by the committer
    boost::json::object details;   ///< small numbers and names that no other field holds
    boost::json::object learning;  ///< what it changed of the weights; filled by the committer
    bool buffered = false;         ///< it waited in the buffer while PostgreSQL did not answer
};

/// An event's body may have this many bytes at most; the draft's fields are bounded so that it
/// fits.
inline constexpr std::size_t kMaxEventBytes = 65'535;

/// The bytes that are stored, relayed and hashed: JCS (RFC 8785) of the event without log_id and
/// log_index. Throws Error(internal) when they are over kMaxEventBytes.
std::string event_body(const EventDraft& draft, std::uint64_t stream_sequence, Time time);

/// RFC 6962 §2.1: SHA-256(0x00 ‖ body), 32 bytes.
std::string leaf_hash(std::string_view body);

}  // namespace soma::domain
