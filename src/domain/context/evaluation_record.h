#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/context/prompt.h"
#include "domain/planner/candidates.h"
#include "domain/planner/utility.h"
#include "domain/retrieval/coverage.h"
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

    /// A prompt that was compared, its memories by id.
    struct Compared {
        Candidate candidate;  ///< its places are left empty
        std::vector<Uuid> memories;
        bool is_chosen = false;

        friend bool operator==(const Compared&, const Compared&) = default;
    };
    /// What else the answer was made of, and what it came to.
    struct Answered {
        std::uint64_t epoch = 0;       ///< of the state
        bool memories_capped = false;  ///< more were asked for than an answer holds
        std::optional<double> coverage = std::nullopt;  ///< of the query, in whole millionths
        PromptForm form = PromptForm::plain;
        UtilityFigures utility;
        std::string digest;                     ///< of the answer
        std::vector<Compared> candidates = {};  ///< those that the answer shows
        /// Of coverage, for a verdict to teach p by; absent where there was no coverage.
        std::optional<CoverageFeatures> features = std::nullopt;

        friend bool operator==(const Answered&, const Answered&) = default;
    };

    std::string query;
    std::string session_id;
    std::string subject;
    std::optional<std::uint32_t> token_budget;
    Time now;
    std::uint64_t state_sequence = 0;
    std::uint64_t weights_version = 0;  ///< of the tenant's history of θ
    ViewWeights weights;
    double temperature = 0;
    std::optional<std::uint64_t> constitution_version;
    std::vector<PolicyDirective> policy;  ///< as that version said it to whoever asked
    math::QuantizedVector vector;         ///< the query's
    std::vector<Returned> memories;
    std::vector<Entry> working_memory;
    std::optional<Answered> answered;  ///< absent in records of version 1

    friend bool operator==(const EvaluationRecord&, const EvaluationRecord&) = default;
};

/// Bound to its tenant and evaluation: moved elsewhere it does not open. Written in version 2;
/// version 1 still opens. Thread-safe.
std::string seal_record(std::string_view data_key, const Uuid& tenant, const Uuid& evaluation,
                        const EvaluationRecord& record);
std::optional<EvaluationRecord> open_record(std::string_view data_key, const Uuid& tenant,
                                            const Uuid& evaluation, std::string_view sealed);

}  // namespace soma::domain
