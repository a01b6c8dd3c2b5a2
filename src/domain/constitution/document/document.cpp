#include "domain/constitution/document/document.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "base/canonical_json.h"
#include "base/crypto.h"
#include "base/ed25519.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/json/strict_json.h"
#include "domain/constitution/document/read_rules.h"
#include "domain/constitution/document/reader.h"

namespace soma::domain {
namespace {

namespace json = boost::json;
using namespace std::string_view_literals;

constexpr auto kContext = "somabrain/constitution/v1\0"sv;

json::value read_json(std::string_view text) {
    if (text.size() > kMaxConstitutionBytes) {
        throw invalid("", "must have at most " + std::to_string(kMaxConstitutionBytes) + " bytes");
    }
    if (text.starts_with("\xef\xbb\xbf")) {
        throw invalid("", "must not begin with a byte order mark");
    }
    auto read = read_strict_json(text, kMaxConstitutionDepth);
    if (const auto* trouble = std::get_if<JsonTrouble>(&read)) {
        throw invalid("", trouble->reason + " (byte " + std::to_string(trouble->at) + ")");
    }
    return std::get<json::value>(std::move(read));
}

void read_signers(const Reader& root, Constitution& law) {
    std::set<std::string> ids;
    std::set<std::string> keys;
    for (const Reader& item : root.at("signers").items(1, kMaxSigners)) {
        item.expect_members({"id", "public_key"});
        Signer signer{item.at("id").name(), item.at("public_key").base64(kEd25519KeyBytes)};
        if (!ids.insert(signer.id).second) {
            item.at("id").fail("is the id of an earlier signer");
        }
        if (!keys.insert(signer.public_key).second) {
            item.at("public_key").fail("is the key of an earlier signer: a key counts once");
        }
        if (!valid_ed25519_key(signer.public_key)) {
            item.at("public_key").fail("must be a point of Ed25519's prime-order subgroup");
        }
        law.signers.push_back(std::move(signer));
    }
    law.threshold = root.at("threshold").integer(1, law.signers.size());
}

void read_articles(const Reader& list, Constitution& law) {
    std::set<std::string> ids;
    for (const Reader& item : list.items(1, kMaxArticles)) {
        item.expect_members({"id", "text"});
        law.articles.push_back({item.at("id").name(), item.at("text").text(kMaxArticleBytes)});
        if (!ids.insert(law.articles.back().id).second) {
            item.at("id").fail("is the id of an earlier article");
        }
    }
}

void read_term(const Reader& root, Constitution& law) {
    law.issued_at = root.at("issued_at").time();
    law.expires_at = root.at("expires_at").time();
    if (law.expires_at <= law.issued_at ||
        law.expires_at - law.issued_at > std::chrono::days(kMaxTermDays)) {
        root.at("expires_at")
            .fail("must be after issued_at, by at most " + std::to_string(kMaxTermDays) + " days");
    }
}

void read_identity(const Reader& root, Constitution& law) {
    law.version = root.at("version").integer(1, kMaxVersion);
    const Reader previous = root.at("previous");
    if (law.version == 1) {
        if (!previous.is_null()) {
            previous.fail("must be null: nothing comes before version 1");
        }
        return;
    }
    law.previous = previous.hex(kHashBytes);
}

void read_bounds(const Reader& bounds, Constitution& law) {
    bounds.expect_members({"lambda", "mu", "nu", "alpha", "beta", "gamma", "tau", "rollback"});
    for (std::size_t i = 0; i < kAdaptiveParameterCount; ++i) {
        const auto parameter = static_cast<AdaptiveParameter>(i);
        const Reader range = bounds.at(parameter_name(parameter));
        range.expect_members({"min", "max"});
        // τ divides: it may become small, never zero.
        const double least = parameter == AdaptiveParameter::tau ? 1e-6 : 0;
        law.bounds.parameters[i].min = range.at("min").number(least, kMaxParameter);
        law.bounds.parameters[i].max =
            range.at("max").number(law.bounds.parameters[i].min, kMaxParameter);
    }
    const Reader rollback = bounds.at("rollback");
    rollback.expect_members({"allowance", "limit"});
    law.bounds.rollback = {rollback.at("allowance").number(0, 100),
                           rollback.at("limit").number(0.1, 1'000)};
}

/// Starting values lie where adaptation may go.
double read_start(const Reader& utility, AdaptiveParameter parameter, const Constitution& law) {
    const ParameterRange range = law.bounds.parameters[static_cast<std::size_t>(parameter)];
    return utility.at(parameter_name(parameter)).number(range.min, range.max);
}

void read_utility(const Reader& utility, Constitution& law) {
    utility.expect_members({"b", "u_min", "lambda", "mu", "nu"});
    law.utility.baseline = utility.at("b").number(-kMaxParameter, kMaxParameter);
    law.utility.minimum = utility.at("u_min").number(-kMaxParameter, kMaxParameter);
    law.utility.confidence = read_start(utility, AdaptiveParameter::lambda, law);
    law.utility.cost = read_start(utility, AdaptiveParameter::mu, law);
    law.utility.latency = read_start(utility, AdaptiveParameter::nu, law);
    // U is b at most (p = 1, no cost, no latency).
    if (law.utility.baseline < law.utility.minimum) {
        utility.at("b").fail("must not be less than u_min: no plan could ever pass");
    }
}

void read_limits(const Reader& limits, Constitution& law) {
    for (const std::string_view name : limits.names()) {
        const Reader item = limits.at(name);
        const auto role = parse_role(name);
        if (!role) {
            item.fail("must be one of " + role_list());
        }
        item.expect_members({"requests_per_minute", "burst", "batch_items"});
        const auto figure = [&](std::string_view field, std::uint64_t most) {
            return static_cast<std::uint32_t>(item.at(field).integer(1, most));
        };
        law.limits[static_cast<std::size_t>(*role)] =
            RoleLimits{figure("requests_per_minute", 10'000'000), figure("burst", 1'000'000),
                       figure("batch_items", 1'000)};
    }
}

Constitution read_law(const json::value& value) {
    const Reader root(value);
    root.expect_members({"version", "previous", "issued_at", "expires_at", "threshold", "signers",
                         "articles", "rules", "utility", "bounds", "limits"});
    Constitution law;
    read_identity(root, law);
    read_term(root, law);
    read_signers(root, law);
    read_articles(root.at("articles"), law);
    law.rules = read_rules(root.at("rules"), law.articles);
    read_bounds(root.at("bounds"), law);
    read_utility(root.at("utility"), law);
    read_limits(root.at("limits"), law);
    return law;
}

void require_canonical(std::string_view text, const std::string& canonical) {
    if (text != canonical) {
        const auto [at, _] =
            std::mismatch(text.begin(), text.end(), canonical.begin(), canonical.end());
        throw invalid("", "must be in canonical form (RFC 8785): it differs at byte " +
                              std::to_string(at - text.begin()));
    }
}

}  // namespace

Document read_document(std::string_view text) {
    const json::value value = read_json(text);
    Document document{read_law(value), to_canonical_json(value), {}};
    // 9e15 is shorter than what it becomes.
    if (document.text.size() > kMaxConstitutionBytes) {
        throw invalid("", "must have at most " + std::to_string(kMaxConstitutionBytes) +
                              " bytes in canonical form");
    }
    document.hash = sha3_512(document.text);
    return document;
}

Document read_canonical_document(std::string_view text) {
    Document document = read_document(text);
    require_canonical(text, document.text);
    return document;
}

std::string signed_bytes(const Document& document) {
    std::string bytes(kContext);
    append_u64be(bytes, document.law.version);
    bytes += document.law.version == 1 ? std::string(kHashBytes, '\0') : document.law.previous;
    bytes += document.hash;
    return bytes;
}

std::optional<std::string> parse_hash(std::string_view text) {
    auto hash = from_hex(text);
    if (hash && hash->size() != kHashBytes) {
        hash.reset();
    }
    return hash;
}

}  // namespace soma::domain
