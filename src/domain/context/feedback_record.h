#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "domain/context/evaluation_record.h"

namespace soma::domain {

/// What was said of an evaluation afterwards: the part that is content, and what a learner needs of
/// it. Sealed under the evaluation's subject.
struct FeedbackRecord {
    double reward = 0;       ///< −1 to 1
    std::vector<Uuid> used;  ///< memories of the evaluation, each once
    std::string response;    ///< may be empty
    std::string model;       ///< may be empty
    std::string metadata;    ///< canonical JSON object text, or empty
    std::optional<std::int64_t> tokens;

    friend bool operator==(const FeedbackRecord&, const FeedbackRecord&) = default;
};

/// Why memories cannot be credited: which of them, by its place in the list.
struct WrongCredit {
    enum class Reason { not_returned, repeated };
    std::size_t at = 0;
    Reason reason = Reason::not_returned;

    friend bool operator==(const WrongCredit&, const WrongCredit&) = default;
};

/// The first that the evaluation did not return or that was named before; nullopt when all may be
/// credited. Pure.
std::optional<WrongCredit> wrong_credit(const EvaluationRecord& evaluation,
                                        std::span<const Uuid> used);

/// Bound to its tenant and feedback: moved elsewhere it does not open. Thread-safe.
std::string seal_feedback(std::string_view data_key, const Uuid& tenant, const Uuid& feedback,
                          const FeedbackRecord& record);
std::optional<FeedbackRecord> open_feedback(std::string_view data_key, const Uuid& tenant,
                                            const Uuid& feedback, std::string_view sealed);

}  // namespace soma::domain
