#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "domain/constitution/rules/rule.h"
#include "domain/identity/role.h"
#include "math/utility/utility.h"

namespace soma::domain {

/// The limits of a constitution (bytes are UTF-8). api/constitution/v1.schema.json says the same.
inline constexpr std::size_t kMaxConstitutionBytes = 262'144;
inline constexpr std::size_t kMaxConstitutionDepth = 16;
inline constexpr std::uint64_t kMaxVersion = 9'007'199'254'740'991;  ///< 2^53 − 1
inline constexpr std::size_t kMaxSigners = 32;
inline constexpr std::size_t kMaxArticles = 64;
inline constexpr std::size_t kMaxArticleBytes = 4'096;
inline constexpr std::size_t kMaxRules = 200;
inline constexpr std::size_t kMaxNameBytes = 64;   ///< ids: a-z 0-9 . _ -
inline constexpr std::size_t kMaxMatchItems = 64;  ///< of each list of a match
inline constexpr std::size_t kMaxTagBytes = 256;   ///< as a memory's tag
inline constexpr std::size_t kMaxDirectiveBytes = 1'024;
/// Of a document's directives together: whatever matches, an evaluation's prompt has room for it.
inline constexpr std::size_t kMaxDirectives = 16;
inline constexpr std::size_t kMaxDirectivesBytes = 2'048;
inline constexpr double kMaxPenalty = 1'000;
inline constexpr double kMaxParameter = 1'000'000;  ///< magnitude of utility and bounds
inline constexpr int kMaxTermDays = 3'660;          ///< from issued_at to expires_at
inline constexpr std::size_t kHashBytes = 64;       ///< SHA3-512

/// Who may sign: a name and an Ed25519 key (32 bytes), a point of the prime-order subgroup.
struct Signer {
    std::string id;
    std::string public_key;

    friend bool operator==(const Signer&, const Signer&) = default;
};

/// A sentence of the law, for people; rules act in its name.
struct Article {
    std::string id;
    std::string text;

    friend bool operator==(const Article&, const Article&) = default;
};

/// θ of online adaptation (docs/math.md): utility's λ, μ, ν and retrieval's α, β, γ, τ.
enum class AdaptiveParameter : std::uint8_t { lambda, mu, nu, alpha, beta, gamma, tau };
inline constexpr std::size_t kAdaptiveParameterCount = 7;
std::string_view parameter_name(AdaptiveParameter parameter);

/// min ≤ max: where an adaptive parameter may go.
struct ParameterRange {
    double min = 0;
    double max = 0;

    friend bool operator==(ParameterRange, ParameterRange) = default;
};

/// When adaptation is undone: the CUSUM chart's allowance k and limit h, in standard deviations.
struct RollbackLimits {
    double allowance = 0.5;
    double limit = 5;

    friend bool operator==(RollbackLimits, RollbackLimits) = default;
};

struct AdaptationBounds {
    std::array<ParameterRange, kAdaptiveParameterCount> parameters{};  ///< by AdaptiveParameter
    RollbackLimits rollback;

    friend bool operator==(const AdaptationBounds&, const AdaptationBounds&) = default;
};

/// What one principal of a role may ask for.
struct RoleLimits {
    std::uint32_t requests_per_minute = 0;
    std::uint32_t burst = 0;        ///< requests at once
    std::uint32_t batch_items = 0;  ///< memories in one batch

    friend bool operator==(RoleLimits, RoleLimits) = default;
};

/// The law, typed. Whoever holds one knows that every limit above was checked; that it is in force
/// is another question (chain.h). A value; threads may share a const one.
struct Constitution {
    std::uint64_t version = 0;  ///< from 1
    std::string previous;       ///< hash of the version before; empty for version 1
    Time issued_at;
    Time expires_at;            ///< in force before it, not at it
    std::size_t threshold = 0;  ///< 1..signers
    std::vector<Signer> signers;
    std::vector<Article> articles;
    std::vector<Rule> rules;
    math::UtilityWeights utility;  ///< b and U_min are fixed, λ μ ν are where adaptation begins
    AdaptationBounds bounds;
    std::array<std::optional<RoleLimits>, kRoleCount> limits{};  ///< by Role; absent: none here
};

}  // namespace soma::domain
