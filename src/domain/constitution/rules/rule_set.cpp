#include "domain/constitution/rules/rule_set.h"

#include <algorithm>

namespace soma::domain {
namespace {

static_assert(kEndpointCount <= 64, "endpoints are one word");

constexpr std::uint64_t bit(Endpoint endpoint) {
    return std::uint64_t{1} << static_cast<unsigned>(endpoint);
}

bool inside(const AmountRange& range, const RequestFacts& facts) {
    const auto& amount = facts.amounts[static_cast<std::size_t>(range.amount)];
    return amount && !(range.min && *amount < *range.min) && !(range.max && *amount > *range.max);
}

/// Two ascending lists.
bool share_one(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b) {
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        if (a[i] == b[j]) {
            return true;
        }
        a[i] < b[j] ? ++i : ++j;
    }
    return false;
}

/// The first ground stays: rules come by id.
void keep_first(std::optional<Ground>& ground, std::string_view rule, std::string_view article) {
    if (!ground) {
        ground = Ground{rule, article};
    }
}

}  // namespace

RuleSet::RuleSet(const std::vector<Rule>& rules) {
    for (const Rule& rule : rules) {
        tags_.insert(tags_.end(), rule.match.tags.begin(), rule.match.tags.end());
    }
    std::sort(tags_.begin(), tags_.end());
    tags_.erase(std::unique(tags_.begin(), tags_.end()), tags_.end());
    for (const Rule& rule : rules) {
        rules_.push_back(compile(rule));
    }
    std::sort(rules_.begin(), rules_.end(),
              [](const Compiled& a, const Compiled& b) { return a.id < b.id; });
}

RuleSet::Compiled RuleSet::compile(const Rule& rule) const {
    Compiled out;
    for (const Endpoint endpoint : rule.match.endpoints) {
        out.endpoints |= bit(endpoint);
    }
    if (rule.match.endpoints.empty()) {
        out.endpoints = ~std::uint64_t{0};
    }
    std::vector<std::string_view> tags(rule.match.tags.begin(), rule.match.tags.end());
    out.tags = known_tags(tags);
    out.roles = rule.match.roles;
    out.classes = rule.match.classes;
    out.tenants = rule.match.tenants;
    std::sort(out.tenants.begin(), out.tenants.end());
    out.amounts = rule.match.amounts;
    out.id = rule.id;
    out.article = rule.article;
    out.effect = rule.effect;
    return out;
}

std::vector<std::uint32_t> RuleSet::known_tags(std::span<const std::string_view> tags) const {
    std::vector<std::uint32_t> out;
    for (const std::string_view tag : tags) {
        const auto found = std::lower_bound(tags_.begin(), tags_.end(), tag);
        if (found != tags_.end() && *found == tag) {
            out.push_back(static_cast<std::uint32_t>(found - tags_.begin()));
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

bool RuleSet::matches(const Compiled& rule, const RequestFacts& facts,
                      std::span<const std::uint32_t> tags) const {
    return (rule.endpoints & bit(facts.endpoint)) != 0 &&
           (rule.roles.empty() || rule.roles.intersects(facts.roles)) &&
           (rule.classes.empty() || rule.classes.intersects(facts.classes)) &&
           (rule.tenants.empty() ||
            std::binary_search(rule.tenants.begin(), rule.tenants.end(), facts.tenant)) &&
           (rule.tags.empty() || share_one(rule.tags, tags)) &&
           std::all_of(rule.amounts.begin(), rule.amounts.end(),
                       [&](const AmountRange& range) { return inside(range, facts); });
}

bool RuleSet::weighs_tags(const RequestFacts& facts) const {
    return std::any_of(rules_.begin(), rules_.end(), [&](const Compiled& rule) {
        const bool weighs = std::holds_alternative<Deny>(rule.effect) ||
                            std::holds_alternative<RequireReview>(rule.effect) ||
                            std::holds_alternative<Penalty>(rule.effect);
        return weighs && !rule.tags.empty() && matches(rule, facts, rule.tags);
    });
}

Verdict RuleSet::evaluate(const RequestFacts& facts) const {
    // Tags are looked up once; the rules then compare numbers.
    const std::vector<std::uint32_t> tags = known_tags(facts.tags);
    Verdict verdict;
    bool allowed = false;
    for (const Compiled& rule : rules_) {
        if (!matches(rule, facts, tags)) {
            continue;
        }
        if (std::holds_alternative<Allow>(rule.effect)) {
            allowed = true;
        } else if (std::holds_alternative<Deny>(rule.effect)) {
            keep_first(verdict.denied_by, rule.id, rule.article);
        } else if (const auto* redact = std::get_if<Redact>(&rule.effect)) {
            verdict.redact.add(redact->classes);
            keep_first(verdict.redact_by, rule.id, rule.article);
        } else if (std::holds_alternative<RequireReview>(rule.effect)) {
            keep_first(verdict.review_by, rule.id, rule.article);
        } else if (const auto* directive = std::get_if<Directive>(&rule.effect)) {
            verdict.directives.push_back({rule.article, directive->text});
        } else {
            verdict.penalty += std::get<Penalty>(rule.effect).amount;
            keep_first(verdict.penalised_by, rule.id, rule.article);
        }
    }
    verdict.allowed = allowed && !verdict.denied_by;
    return verdict;
}

}  // namespace soma::domain
