#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/sensitive/text_classes.h"
#include "base/uuid.h"
#include "domain/identity/access.h"

namespace soma::domain {

/// A quantity of a request that a rule may bound. Names are only ever added.
enum class Amount : std::uint8_t {
    items,       ///< memories the request writes
    text_bytes,  ///< bytes of the longest text it brings
    results,     ///< memories it asks for, or has by default
    tokens,      ///< its token budget, if it states one
    cost,        ///< what the planned action costs, in the tenant's price unit
};
inline constexpr std::size_t kAmountCount = 5;

/// "items", "text_bytes", …
std::string_view amount_name(Amount amount);
std::optional<Amount> parse_amount(std::string_view name);

/// min ≤ amount ≤ max; a request that has no such amount is outside.
struct AmountRange {
    Amount amount = Amount::items;
    std::optional<double> min = {};
    std::optional<double> max = {};

    friend bool operator==(const AmountRange&, const AmountRange&) = default;
};

/// Which requests a rule speaks of: every list that is not empty must hold the request's value, or
/// one of its values. All lists empty: every request. All amounts must be inside.
struct Match {
    std::vector<Endpoint> endpoints = {};
    RoleSet roles = {};
    std::vector<Uuid> tenants = {};
    std::vector<std::string> tags = {};
    TextClasses classes = {};
    std::vector<AmountRange> amounts = {};

    friend bool operator==(const Match&, const Match&) = default;
};

/// The request may go on, unless a rule denies it. What no rule allows is denied.
struct Allow {
    friend bool operator==(Allow, Allow) = default;
};
/// The request is refused, whatever allows it.
struct Deny {
    friend bool operator==(Deny, Deny) = default;
};
/// Text of these classes is blotted out of the request before anything else sees it. Where that
/// cannot be, in a name, the request is refused.
struct Redact {
    TextClasses classes;
    friend bool operator==(Redact, Redact) = default;
};
/// A person must confirm before it happens.
struct RequireReview {
    friend bool operator==(RequireReview, RequireReview) = default;
};
/// A sentence for the bundle's policy directives.
struct Directive {
    std::string text;
    friend bool operator==(const Directive&, const Directive&) = default;
};
/// Added to the score of a plan; more is worse.
struct Penalty {
    double amount = 0;
    friend bool operator==(Penalty, Penalty) = default;
};

using Effect = std::variant<Allow, Deny, Redact, RequireReview, Directive, Penalty>;

/// One rule of the law, as the signed document has it. `article` is the id of the article in whose
/// name it acts.
struct Rule {
    std::string id;
    std::string article;
    Match match;
    Effect effect;

    friend bool operator==(const Rule&, const Rule&) = default;
};

}  // namespace soma::domain
