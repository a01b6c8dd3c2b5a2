// links: soma_domain
// A token's text is the first thing a stranger hands us: any bytes must be judged without harm, and
// what is accepted must have only one spelling.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/encoding.h"
#include "base/json/strict_json.h"
#include "domain/identity/claims.h"
#include "domain/identity/compact_token.h"

namespace {

using namespace soma;

void demand(bool holds) {
    if (!holds) {
        std::abort();
    }
}

domain::IssuerRules rules() {
    domain::IssuerRules result;
    result.issuer = "issuer";
    result.audience = "somabrain";
    result.roles_claim = "realm.roles";
    return result;
}

void judge(std::string_view text) {
    const auto token = domain::parse_compact_token(text);
    if (!token) {
        return;
    }
    const std::string spelling =
        std::string(token->signing_input) + "." + to_base64url(token->signature);
    demand(spelling == text);
    const std::vector<domain::Algorithm> allowed{domain::Algorithm::es256};
    const auto header = domain::check_header(token->header, allowed);
    if (const auto* good = std::get_if<domain::TokenHeader>(&header)) {
        demand(good->algorithm == domain::Algorithm::es256);
        demand(!token->header.contains("jwk") && !token->header.contains("crit"));
    }
    const Time now{std::chrono::seconds(1'800'000'000)};
    const auto outcome = domain::check_claims(token->claims, rules(), now);
    if (const auto* principal = std::get_if<domain::Principal>(&outcome)) {
        demand(!principal->tenant.is_nil() && !principal->actor.empty());
        demand(now < principal->expires_at + rules().leeway);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    judge(bytes);
    // The same bytes as header and claims: base64url alone would keep the fuzzer from the JSON.
    const std::size_t middle = bytes.find('\n');
    if (middle != std::string_view::npos) {
        judge(to_base64url(bytes.substr(0, middle)) + "." + to_base64url(bytes.substr(middle + 1)) +
              ".AAAA");
    }
    return 0;
}
