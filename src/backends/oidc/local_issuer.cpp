#include "backends/oidc/local_issuer.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/canonical_json.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"

namespace soma::backends {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kLongestLife{30LL * 24 * 3600};
constexpr std::size_t kMaxSubjectBytes = 256;
constexpr std::size_t kCoordinateBytes = 32;
constexpr mode_t kOthersBits = 077;

std::shared_ptr<EVP_PKEY> read_key(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        throw Error(ErrorKind::invalid_argument, "the issuer's key file is missing", path);
    }
    if ((status.st_mode & kOthersBits) != 0) {
        throw Error(ErrorKind::invalid_argument,
                    "the issuer's key file must be readable by its owner alone (mode 0600)", path);
    }
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> file(BIO_new_file(path.c_str(), "r"),
                                                             &BIO_free_all);
    EVP_PKEY* key =
        file == nullptr ? nullptr : PEM_read_bio_PrivateKey(file.get(), nullptr, nullptr, nullptr);
    if (key == nullptr) {
        throw Error(ErrorKind::invalid_argument, "the issuer's key file holds no private key",
                    path);
    }
    return {key, &EVP_PKEY_free};
}

/// The public point, 04 ‖ x ‖ y, of a P-256 key; anything else is refused.
std::string read_point(EVP_PKEY* key) {
    char group[32] = {};
    unsigned char point[1 + 2 * kCoordinateBytes] = {};
    std::size_t length = 0;
    const bool p256 = EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group,
                                                     sizeof group, nullptr) == 1 &&
                      std::string_view(group) == "prime256v1" &&
                      EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point,
                                                      sizeof point, &length) == 1 &&
                      length == sizeof point && point[0] == 4;
    if (!p256) {
        throw Error(ErrorKind::invalid_argument, "the issuer's key must be an EC key on P-256");
    }
    return {reinterpret_cast<const char*>(point), length};
}

/// OpenSSL signs in DER; RFC 7518 §3.4 wants r ‖ s, 32 bytes each.
std::string to_raw(const std::string& der) {
    const auto* in = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
        d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size())), &ECDSA_SIG_free);
    SOMA_ASSERT(pair != nullptr, "OpenSSL wrote the signature itself");
    std::string raw(2 * kCoordinateBytes, '\0');
    auto* out = reinterpret_cast<unsigned char*>(raw.data());
    constexpr int kWidth = static_cast<int>(kCoordinateBytes);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out, kWidth);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out + kCoordinateBytes, kWidth);
    return raw;
}

std::string sign_es256(EVP_PKEY* key, const std::string& input) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    const auto* bytes = reinterpret_cast<const unsigned char*>(input.data());
    std::size_t length = 0;
    bool ok = EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
              EVP_DigestSign(context.get(), nullptr, &length, bytes, input.size()) == 1;
    std::string der(length, '\0');
    ok = ok && EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &length,
                              bytes, input.size()) == 1;
    SOMA_ASSERT(ok, "signing with a checked P-256 key failed");
    der.resize(length);
    return to_raw(der);
}

std::int64_t unix_seconds(Time time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

LocalIssuer::LocalIssuer(const std::string& key_file) : key_(read_key(key_file)) {
    const std::string point = read_point(key_.get());
    const json::object required{
        {"crv", "P-256"},
        {"kty", "EC"},
        {"x", to_base64url(std::string_view(point).substr(1, kCoordinateBytes))},
        {"y", to_base64url(std::string_view(point).substr(1 + kCoordinateBytes))}};
    key_id_ = to_base64url(sha256(to_canonical_json(required)));
}

std::string LocalIssuer::mint(const LocalTokenRequest& request, Time now) const {
    if (request.time_to_live < std::chrono::seconds(1) || request.time_to_live > kLongestLife) {
        throw invalid("ttl", "a token lives 1 second to 30 days");
    }
    if (request.subject.empty() || request.subject.size() > kMaxSubjectBytes) {
        throw invalid("subject", "a token's subject has 1 to 256 bytes");
    }
    json::array roles;
    for (const domain::Role role : request.roles) {
        roles.emplace_back(domain::role_name(role));
    }
    const json::object header{{"alg", "ES256"}, {"kid", key_id_}, {"typ", "JWT"}};
    const json::object claims{{"iss", request.issuer},
                              {"aud", request.audience},
                              {"sub", request.subject},
                              {"tenant", request.tenant.to_string()},
                              {"roles", std::move(roles)},
                              {"iat", unix_seconds(now)},
                              {"exp", unix_seconds(now + request.time_to_live)},
                              {"jti", to_hex(random_bytes(16))}};
    const std::string input =
        to_base64url(to_canonical_json(header)) + "." + to_base64url(to_canonical_json(claims));
    return input + "." + to_base64url(sign_es256(key_.get(), input));
}

}  // namespace soma::backends
