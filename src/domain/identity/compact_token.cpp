#include "domain/identity/compact_token.h"

#include <algorithm>
#include <array>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "base/encoding.h"
#include "base/json/strict_json.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxTokenDepth = 8;
constexpr std::array<std::pair<std::string_view, Algorithm>, 3> kAlgorithms{
    {{"ES256", Algorithm::es256}, {"RS256", Algorithm::rs256}, {"EdDSA", Algorithm::eddsa}}};

std::optional<json::object> decode_object(std::string_view part) {
    const auto bytes = from_base64url(part);
    if (!bytes) {
        return std::nullopt;
    }
    auto value = parse_strict_json(*bytes, kMaxTokenDepth);
    if (!value || !value->is_object()) {
        return std::nullopt;
    }
    return std::move(value->get_object());
}

bool equal_ignoring_case(std::string_view a, std::string_view lower) {
    return a.size() == lower.size() &&
           std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
               return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
           });
}

/// RFC 7519 §5.1 and RFC 9068 §2.1. Other types (logout tokens, DPoP proofs) are no access tokens.
bool type_is_fine(std::string_view type) {
    return equal_ignoring_case(type, "jwt") || equal_ignoring_case(type, "at+jwt") ||
           equal_ignoring_case(type, "application/at+jwt");
}

}  // namespace

std::optional<CompactToken> parse_compact_token(std::string_view text) {
    if (text.size() > kMaxTokenBytes || std::count(text.begin(), text.end(), '.') != 2) {
        return std::nullopt;
    }
    const std::size_t first = text.find('.');
    const std::size_t second = text.rfind('.');
    auto header = decode_object(text.substr(0, first));
    auto claims = decode_object(text.substr(first + 1, second - first - 1));
    auto signature = from_base64url(text.substr(second + 1));
    if (!header || !claims || !signature) {
        return std::nullopt;
    }
    return CompactToken{std::move(*header), std::move(*claims), text.substr(0, second),
                        std::move(*signature)};
}

std::variant<TokenHeader, TokenRefusal> check_header(const json::object& header,
                                                     std::span<const Algorithm> allowed) {
    TokenHeader result{};
    std::optional<Algorithm> algorithm;
    for (const auto& member : header) {
        const std::string_view name = member.key();
        const auto* text = member.value().if_string();
        if (name == "alg") {
            algorithm = text == nullptr ? std::nullopt : parse_algorithm(*text);
        } else if (name == "kid") {
            if (text == nullptr || text->empty() || text->size() > kMaxKeyIdBytes) {
                return TokenRefusal::header_forbidden;
            }
            result.key_id = std::string(*text);
        } else if (name == "typ") {
            if (text == nullptr || !type_is_fine(*text)) {
                return TokenRefusal::header_forbidden;
            }
        } else {
            return TokenRefusal::header_forbidden;
        }
    }
    if (!algorithm || std::find(allowed.begin(), allowed.end(), *algorithm) == allowed.end()) {
        return TokenRefusal::algorithm_forbidden;
    }
    result.algorithm = *algorithm;
    return result;
}

std::string_view algorithm_name(Algorithm algorithm) {
    return kAlgorithms[static_cast<std::size_t>(algorithm)].first;
}

std::optional<Algorithm> parse_algorithm(std::string_view name) {
    for (const auto& [known, algorithm] : kAlgorithms) {
        if (known == name) {
            return algorithm;
        }
    }
    return std::nullopt;
}

}  // namespace soma::domain
