#include "backends/oidc/token_verifier.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "backends/oidc/key_source.h"
#include "backends/oidc/public_key.h"
#include "base/cache/lru_cache.h"
#include "base/crypto.h"
#include "base/error.h"
#include "domain/identity/compact_token.h"

namespace soma::backends {
namespace {

using domain::Principal;
using domain::TokenRefusal;
using SteadyClock = std::chrono::steady_clock;
using Outcome = std::variant<Principal, TokenRefusal>;

/// An issuer with its live keys.
struct Issuer {
    domain::IssuerRules rules;
    std::unique_ptr<KeySource> keys;
};

/// A token proven before, under which keys and when.
struct Proven {
    Principal principal;
    std::size_t issuer = 0;
    std::uint64_t generation = 0;
    SteadyClock::time_point at;
};

void check_config(const std::vector<IssuerConfig>& issuers) {
    for (const auto& issuer : issuers) {
        const auto& rules = issuer.rules;
        if (rules.issuer.empty() || rules.audience.empty() || rules.algorithms.empty()) {
            throw Error(ErrorKind::invalid_argument,
                        "an issuer needs a name, an audience and an algorithm");
        }
        if (issuer.jwks_file.empty() == issuer.jwks_url.empty()) {
            throw Error(ErrorKind::invalid_argument,
                        "an issuer needs a key file or a key url, not both", rules.issuer);
        }
        const auto same = [&rules](const auto& other) {
            return other.rules.issuer == rules.issuer;
        };
        if (std::count_if(issuers.begin(), issuers.end(), same) != 1) {
            throw Error(ErrorKind::invalid_argument, "an issuer is named twice", rules.issuer);
        }
    }
}

/// What trying the keys of one set came to.
enum class Search { proven, no_key, wrong_algorithm, bad_signature };

Search try_keys(const KeySet& set, const domain::TokenHeader& header,
                const domain::CompactToken& token) {
    Search result = Search::no_key;
    std::size_t fitting = 0;
    for (const PublicKey& key : set.keys) {
        fitting += domain::algorithm_fits(header.algorithm, key.type) ? 1 : 0;
    }
    // Without a key id the token may only mean the one key there is for its algorithm.
    if (header.key_id.empty() && fitting != 1) {
        return Search::no_key;
    }
    for (const PublicKey& key : set.keys) {
        const bool fits = domain::algorithm_fits(header.algorithm, key.type);
        if (header.key_id.empty() ? !fits : key.key_id != header.key_id) {
            continue;
        }
        if (!fits || (key.algorithm && *key.algorithm != header.algorithm)) {
            result = std::max(result, Search::wrong_algorithm);
        } else if (verify_signature(key, header.algorithm, token.signing_input, token.signature)) {
            return Search::proven;
        } else {
            result = Search::bad_signature;
        }
    }
    return result;
}

}  // namespace

struct TokenVerifier::State {
    explicit State(VerifierLimits given) : limits(given), proven(given.cached_tokens) {}

    VerifierLimits limits;
    std::vector<Issuer> issuers;
    std::mutex mutex;
    LruCache<std::string, Proven> proven;  ///< by SHA-256 of the token: no token is kept

    std::optional<Outcome> recall(const std::string& digest, Time now, const Deadline& deadline);
    Outcome prove(std::string_view text, const std::string& digest, Time now,
                  const Deadline& deadline);
    std::optional<std::size_t> find_issuer(std::string_view name) const;
};

/// A hit must still hold: not expired, not too old, and the keys have not changed since.
std::optional<Outcome> TokenVerifier::State::recall(const std::string& digest, Time now,
                                                    const Deadline& deadline) {
    std::optional<Proven> found;
    {
        const std::lock_guard lock(mutex);
        if (const Proven* entry = proven.find(digest)) {
            found = *entry;
        }
    }
    if (!found || SteadyClock::now() - found->at > limits.token_age) {
        return std::nullopt;
    }
    const Issuer& issuer = issuers[found->issuer];
    if (issuer.keys->current(deadline)->generation != found->generation) {
        return std::nullopt;
    }
    if (now >= found->principal.expires_at + issuer.rules.leeway) {
        return TokenRefusal::expired;
    }
    return std::move(found->principal);
}

std::optional<std::size_t> TokenVerifier::State::find_issuer(std::string_view name) const {
    for (std::size_t i = 0; i < issuers.size(); ++i) {
        if (issuers[i].rules.issuer == name) {
            return i;
        }
    }
    return std::nullopt;
}

Outcome TokenVerifier::State::prove(std::string_view text, const std::string& digest, Time now,
                                    const Deadline& deadline) {
    const auto token = domain::parse_compact_token(text);
    if (!token) {
        return TokenRefusal::malformed;
    }
    const auto index = find_issuer(domain::unverified_issuer(token->claims));
    if (!index) {
        return TokenRefusal::unknown_issuer;
    }
    const Issuer& issuer = issuers[*index];
    const auto checked = domain::check_header(token->header, issuer.rules.algorithms);
    if (const auto* refusal = std::get_if<TokenRefusal>(&checked)) {
        return *refusal;
    }
    const auto& header = std::get<domain::TokenHeader>(checked);
    auto keys = issuer.keys->current(deadline);
    Search search = try_keys(*keys, header, *token);
    if (search == Search::no_key) {
        keys = issuer.keys->look_again(keys, deadline);
        search = try_keys(*keys, header, *token);
    }
    switch (search) {
        case Search::no_key:
            return TokenRefusal::unknown_key;
        case Search::wrong_algorithm:
            return TokenRefusal::algorithm_forbidden;
        case Search::bad_signature:
            return TokenRefusal::bad_signature;
        case Search::proven:
            break;
    }
    auto outcome = domain::check_claims(token->claims, issuer.rules, now);
    if (const auto* principal = std::get_if<Principal>(&outcome)) {
        const std::lock_guard lock(mutex);
        proven.put(digest, Proven{*principal, *index, keys->generation, SteadyClock::now()});
    }
    return outcome;
}

TokenVerifier::TokenVerifier(std::vector<IssuerConfig> issuers, VerifierLimits limits)
    : state_(std::make_unique<State>(limits)) {
    check_config(issuers);
    for (auto& issuer : issuers) {
        KeySourceConfig source;
        source.file = std::move(issuer.jwks_file);
        source.url = std::move(issuer.jwks_url);
        source.ca_file = std::move(issuer.ca_file);
        source.max_age = limits.keys_age;
        source.pause = limits.keys_pause;
        source.fetch_timeout = limits.fetch_timeout;
        state_->issuers.push_back(
            Issuer{std::move(issuer.rules), std::make_unique<KeySource>(std::move(source))});
    }
}

TokenVerifier::~TokenVerifier() = default;

std::variant<Principal, TokenRefusal> TokenVerifier::verify(std::string_view token, Time now,
                                                            const Deadline& deadline) {
    if (token.size() > domain::kMaxTokenBytes) {
        return TokenRefusal::malformed;
    }
    const std::string digest = sha256(token);
    if (auto known = state_->recall(digest, now, deadline)) {
        return std::move(*known);
    }
    return state_->prove(token, digest, now, deadline);
}

}  // namespace soma::backends
