#include "domain/constitution/document/read_rules.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"

namespace soma::domain {
namespace {

/// Adds what the name stands for; false when it stands for nothing.
bool add_endpoints(std::vector<Endpoint>& out, std::string_view name) {
    const bool family = name.ends_with(".*");
    const std::string_view prefix = name.substr(0, name.size() - (family ? 1 : 0));
    bool found = false;
    for (const AccessRule& rule : kAccessTable) {
        if (family ? rule.name.starts_with(prefix) : rule.name == name) {
            found = true;
            if (std::find(out.begin(), out.end(), rule.endpoint) == out.end()) {
                out.push_back(rule.endpoint);
            }
        }
    }
    return found;
}

std::vector<Endpoint> read_endpoints(const Reader& list) {
    std::vector<Endpoint> out;
    for (const Reader& item : list.items(1, kMaxMatchItems)) {
        if (!add_endpoints(out, item.text(kMaxNameBytes))) {
            item.fail("must be the name of an endpoint, or a family of them as in \"memory.*\"");
        }
    }
    return out;
}

std::vector<Uuid> read_tenants(const Reader& list) {
    std::vector<Uuid> out;
    for (const Reader& item : list.items(1, kMaxMatchItems)) {
        out.push_back(item.one_of([](std::string_view text) { return Uuid::parse(text); },
                                  "a tenant: its uuid"));
    }
    return out;
}

TextClasses read_classes(const Reader& list) {
    TextClasses out;
    for (const Reader& item : list.items(1, kTextClassCount)) {
        out.add(item.one_of(parse_text_class, "a class of text"));
    }
    return out;
}

AmountRange read_amount(const Reader& item) {
    item.expect_members({"name"}, {"min", "max"});
    AmountRange range{item.at("name").one_of(parse_amount, "an amount"), {}, {}};
    const double most = static_cast<double>(kMaxVersion);
    if (item.has("min")) {
        range.min = item.at("min").number(0, most);
    }
    if (item.has("max")) {
        range.max = item.at("max").number(range.min.value_or(0), most);
    }
    if (!range.min && !range.max) {
        item.fail("must have min or max");
    }
    return range;
}

Match read_match(const Reader& match) {
    match.expect_members({}, {"endpoints", "roles", "tenants", "tags", "classes", "amounts"});
    Match out;
    if (match.has("endpoints")) {
        out.endpoints = read_endpoints(match.at("endpoints"));
    }
    if (match.has("roles")) {
        for (const Reader& item : match.at("roles").items(1, kRoleCount)) {
            out.roles.add(item.one_of(parse_role, "a role"));
        }
    }
    if (match.has("tenants")) {
        out.tenants = read_tenants(match.at("tenants"));
    }
    if (match.has("tags")) {
        for (const Reader& item : match.at("tags").items(1, kMaxMatchItems)) {
            out.tags.push_back(item.text(kMaxTagBytes));
        }
    }
    if (match.has("classes")) {
        out.classes = read_classes(match.at("classes"));
    }
    if (match.has("amounts")) {
        for (const Reader& item : match.at("amounts").items(1, kAmountCount)) {
            out.amounts.push_back(read_amount(item));
        }
    }
    return out;
}

Effect read_effect(const Reader& effect) {
    static constexpr std::array<std::string_view, 6> kTypes{
        "allow", "deny", "redact", "require_review", "directive", "penalty"};
    const auto known = [](std::string_view name) -> std::optional<std::string_view> {
        const auto* found = std::find(kTypes.begin(), kTypes.end(), name);
        return found == kTypes.end() ? std::nullopt : std::optional(*found);
    };
    effect.expect_members({"type"}, {"classes", "text", "amount"});
    const std::string_view type = effect.at("type").one_of(known, "an effect");
    if (type == "redact") {
        effect.expect_members({"type", "classes"});
        return Redact{read_classes(effect.at("classes"))};
    }
    if (type == "directive") {
        effect.expect_members({"type", "text"});
        return Directive{effect.at("text").text(kMaxDirectiveBytes)};
    }
    if (type == "penalty") {
        effect.expect_members({"type", "amount"});
        return Penalty{effect.at("amount").number(0, kMaxPenalty)};
    }
    effect.expect_members({"type"});
    if (type == "allow") {
        return Allow{};
    }
    if (type == "deny") {
        return Deny{};
    }
    return RequireReview{};
}

}  // namespace

std::vector<Rule> read_rules(const Reader& rules, const std::vector<Article>& articles) {
    std::vector<Rule> out;
    std::set<std::string> ids;
    std::size_t directives = 0;
    std::size_t directive_bytes = 0;
    for (const Reader& item : rules.items(0, kMaxRules)) {
        item.expect_members({"id", "article", "match", "effect"});
        Rule rule{item.at("id").name(), item.at("article").name(), read_match(item.at("match")),
                  read_effect(item.at("effect"))};
        if (!ids.insert(rule.id).second) {
            item.at("id").fail("is the id of an earlier rule");
        }
        if (std::none_of(articles.begin(), articles.end(),
                         [&](const Article& article) { return article.id == rule.article; })) {
            item.at("article").fail("is the id of no article");
        }
        if (const auto* directive = std::get_if<Directive>(&rule.effect)) {
            directive_bytes += directive->text.size();
            if (++directives > kMaxDirectives || directive_bytes > kMaxDirectivesBytes) {
                item.at("effect").fail("all directives together may be " +
                                       std::to_string(kMaxDirectives) + ", of " +
                                       std::to_string(kMaxDirectivesBytes) + " bytes");
            }
        }
        out.push_back(std::move(rule));
    }
    return out;
}

}  // namespace soma::domain
