#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/constitution/rules/rule.h"

namespace soma::domain {

/// What the rules are asked about: one request, or one of its items.
struct RequestFacts {
    Endpoint endpoint = Endpoint::remember;
    RoleSet roles = {};
    Uuid tenant = {};
    std::span<const std::string_view> tags = {};
    TextClasses classes = {};                                   ///< found in the texts it brings
    std::array<std::optional<double>, kAmountCount> amounts{};  ///< by Amount
};

/// A rule that decided, and the article it acts for. Views into the RuleSet.
struct Ground {
    std::string_view rule;
    std::string_view article;

    friend bool operator==(Ground, Ground) = default;
};

/// A directive and the article it is given for. Views into the RuleSet.
struct Advice {
    std::string_view article;
    std::string_view text;

    friend bool operator==(Advice, Advice) = default;
};

/// The law's answer. Views live as long as the RuleSet.
struct Verdict {
    bool allowed = false;
    std::optional<Ground> denied_by;  ///< absent though not allowed: no rule allows it
    std::optional<Ground> review_by;  ///< a person must confirm
    TextClasses redact;
    std::optional<Ground> redact_by;
    std::vector<Advice> directives;
    double penalty = 0;
    std::optional<Ground> penalised_by;

    friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// The rules of one version in the form that is asked on every request. Compiled once; const and
/// shared by all threads. At most kMaxRules rules of bounded lists: every question ends, after at
/// most 200 × (64 tags + 5 amounts) comparisons.
///
/// Laws: what no rule allows is denied · deny wins over any number of allows · another deny never
/// allows more, another allow never denies more · the order of rules and of tags says nothing: of
/// several that decide, the first by id is named, directives and penalties go by id.
class RuleSet {
  public:
    explicit RuleSet(const std::vector<Rule>& rules);

    Verdict evaluate(const RequestFacts& facts) const;
    /// Whether there are tags that would make a rule deny, leave to a person or penalise what no
    /// tag is known of yet. False: tags make no difference to these three.
    bool weighs_tags(const RequestFacts& facts) const;
    std::size_t size() const { return rules_.size(); }

  private:
    struct Compiled {
        std::uint64_t endpoints = 0;  ///< bit by Endpoint
        RoleSet roles;
        TextClasses classes;
        std::vector<std::uint32_t> tags;  ///< indexes into tags_, ascending
        std::vector<Uuid> tenants;        ///< ascending
        std::vector<AmountRange> amounts;
        std::string id;
        std::string article;
        Effect effect;
    };

    Compiled compile(const Rule& rule) const;
    bool matches(const Compiled& rule, const RequestFacts& facts,
                 std::span<const std::uint32_t> tags) const;
    std::vector<std::uint32_t> known_tags(std::span<const std::string_view> tags) const;

    std::vector<std::string> tags_;  ///< every tag the rules name, ascending
    std::vector<Compiled> rules_;    ///< by id
};

}  // namespace soma::domain
