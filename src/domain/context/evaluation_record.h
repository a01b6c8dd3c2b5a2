#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/context/prompt.h"
#include "domain/retrieval/score.h"
#include "math/quantize.h"

namespace soma::domain {

/// What an evaluation rested on: enough to compute its bundle again, byte for byte, from the
/// memories it names. Sealed under the evaluation's subject.
struct EvaluationRecord {
    struct Returned {
        Uuid memory;
        std::uint32_t passage = 0;
        ViewValues values;

        friend bool operator==(const Returned&, const Returned&) = default;
    };
    struct Entry {
        WorkingMemory::Kind kind = WorkingMemory::Kind::turn;
        Uuid id;

        friend bool operator==(const Entry&, const Entry&) = default;
    };

    std::string query;
    std::string session_id;
    std::string subject;
    std::optional<std::uint32_t> token_budget;
    Time now;
    std::uint64_t state_sequence = 0;
    ViewWeights weights;
    double temperature = 0;
    std::optional<std::uint64_t> constitution_version;
    std::vector<PolicyDirective> policy;  ///< as that version said it to whoever asked
    math::QuantizedVector vector;         ///< the query's
    std::vector<Returned> memories;
    std::vector<Entry> working_memory;

    friend bool operator==(const EvaluationRecord&, const EvaluationRecord&) = default;
};

/// Bound to its tenant and evaluation: moved elsewhere it does not open. Thread-safe.
std::string seal_record(std::string_view data_key, const Uuid& tenant, const Uuid& evaluation,
                        const EvaluationRecord& record);
std::optional<EvaluationRecord> open_record(std::string_view data_key, const Uuid& tenant,
                                            const Uuid& evaluation, std::string_view sealed);

}  // namespace soma::domain
