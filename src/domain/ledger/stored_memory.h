#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/memory/memory.h"

namespace soma::domain {

/// A passage's vector and offsets, sealed under the memory's subject.
struct SealedPassage {
    std::uint32_t passage = 0;  ///< from 0, in text order
    std::uint32_t model_generation = 0;
    std::string sealed;
};

/// A memory as Postgres keeps it: plain facts, HMACs under the tenant's key, sealed bytes.
struct StoredMemory {
    MemoryFacts facts;
    std::optional<std::uint64_t> superseded_sequence;  ///< of the change that set superseded_by
    std::string subject_hmac;                          ///< 32 bytes
    std::optional<std::string> key_hmac;               ///< 32 bytes
    std::optional<std::string> session_hmac;           ///< 32 bytes
    std::string sealed;                                ///< MemoryContent
    std::vector<SealedPassage> passages;
};

/// An evaluation as Postgres keeps it. log_index orders it among its session's turns; both numbers
/// are assigned by the committer.
struct StoredEvaluation {
    Uuid id;
    std::optional<std::string> session_hmac;  ///< 32 bytes
    std::string subject_hmac;                 ///< 32 bytes
    std::uint64_t log_index = 0;
    std::uint64_t access_sequence = 0;
    Time created_at;
    Time expires_at;
    std::string sealed;
};

}  // namespace soma::domain
