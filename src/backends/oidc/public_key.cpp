#include "backends/oidc/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "base/encoding.h"
#include "base/json/strict_json.h"

namespace soma::backends {
namespace {

namespace json = boost::json;
using domain::Algorithm;
using domain::KeyType;

template <typename T, void (*release)(T*)>
struct Release {
    void operator()(T* pointer) const { release(pointer); }
};
using Number = std::unique_ptr<BIGNUM, Release<BIGNUM, BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Release<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Release<OSSL_PARAM, OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Release<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX, EVP_MD_CTX_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, Release<ECDSA_SIG, ECDSA_SIG_free>>;

constexpr std::size_t kCoordinateBytes = 32;
constexpr std::size_t kEdKeyBytes = 32;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

Number to_number(std::string_view big_endian) {
    return Number(BN_bin2bn(bytes_of(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

std::string_view text_at(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                  : std::string_view();
}

std::string bytes_at(const json::object& object, std::string_view name) {
    return from_base64url(text_at(object, name)).value_or(std::string());
}

/// OpenSSL checks what it builds: a point that is not on the curve makes no key.
std::shared_ptr<EVP_PKEY> build_key(const char* type, OSSL_PARAM_BLD* builder) {
    const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (parameters == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
        return nullptr;
    }
    return {key, &EVP_PKEY_free};
}

std::shared_ptr<EVP_PKEY> build_p256(const json::object& jwk) {
    const std::string x = bytes_at(jwk, "x");
    const std::string y = bytes_at(jwk, "y");
    if (text_at(jwk, "crv") != "P-256" || x.size() != kCoordinateBytes ||
        y.size() != kCoordinateBytes) {
        return nullptr;
    }
    const std::string point = '\x04' + x + y;  // SEC 1: uncompressed
    const Builder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                     point.size());
    return build_key("EC", builder.get());
}

std::shared_ptr<EVP_PKEY> build_rsa(const json::object& jwk) {
    const Number modulus = to_number(bytes_at(jwk, "n"));
    const Number exponent = to_number(bytes_at(jwk, "e"));
    const int bits = BN_num_bits(modulus.get());
    // An even or tiny exponent makes signatures that anyone can write.
    if (bits < kMinRsaBits || bits > kMaxRsaBits || BN_is_odd(modulus.get()) == 0 ||
        BN_is_odd(exponent.get()) == 0 || BN_num_bits(exponent.get()) < 2 ||
        BN_num_bits(exponent.get()) > 64) {
        return nullptr;
    }
    const Builder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
    return build_key("RSA", builder.get());
}

std::shared_ptr<EVP_PKEY> build_ed25519(const json::object& jwk) {
    const std::string x = bytes_at(jwk, "x");
    if (text_at(jwk, "crv") != "Ed25519" || x.size() != kEdKeyBytes) {
        return nullptr;
    }
    auto* key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(x), x.size());
    return key == nullptr ? nullptr : std::shared_ptr<EVP_PKEY>(key, &EVP_PKEY_free);
}

std::optional<PublicKey> parse_key(const json::value& value) {
    const auto* jwk = value.if_object();
    if (jwk == nullptr || jwk->contains("d") || jwk->contains("k")) {
        return std::nullopt;
    }
    if (jwk->contains("use") && text_at(*jwk, "use") != "sig") {
        return std::nullopt;
    }
    PublicKey result{std::string(text_at(*jwk, "kid")), KeyType::ec_p256, std::nullopt, nullptr};
    const std::string_view type = text_at(*jwk, "kty");
    if (type == "EC") {
        result.key = build_p256(*jwk);
    } else if (type == "RSA") {
        result.type = KeyType::rsa;
        result.key = build_rsa(*jwk);
    } else if (type == "OKP") {
        result.type = KeyType::ed25519;
        result.key = build_ed25519(*jwk);
    }
    if (jwk->contains("alg")) {
        result.algorithm = domain::parse_algorithm(text_at(*jwk, "alg"));
        if (!result.algorithm || !domain::algorithm_fits(*result.algorithm, result.type)) {
            return std::nullopt;
        }
    }
    if (result.key == nullptr || result.key_id.size() > domain::kMaxKeyIdBytes) {
        return std::nullopt;
    }
    return result;
}

/// r ‖ s → the DER form OpenSSL verifies; empty when it is no such pair.
std::string to_der(std::string_view raw) {
    if (raw.size() != 2 * kCoordinateBytes) {
        return {};
    }
    Number r = to_number(raw.substr(0, kCoordinateBytes));
    Number s = to_number(raw.substr(kCoordinateBytes));
    const EcSignature pair(ECDSA_SIG_new());
    if (ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) {
        return {};
    }
    (void)r.release();  // the pair owns them now
    (void)s.release();
    unsigned char* der = nullptr;
    const int length = i2d_ECDSA_SIG(pair.get(), &der);
    if (length <= 0) {
        return {};
    }
    std::string result(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    return result;
}

}  // namespace

std::optional<std::vector<PublicKey>> parse_key_set(std::string_view text) {
    if (text.size() > kMaxKeySetBytes) {
        return std::nullopt;
    }
    const auto value = parse_strict_json(text);
    const auto* object = value ? value->if_object() : nullptr;
    const auto* member = object != nullptr ? object->if_contains("keys") : nullptr;
    const auto* list = member != nullptr ? member->if_array() : nullptr;
    if (list == nullptr || list->size() > kMaxKeys) {
        return std::nullopt;
    }
    std::vector<PublicKey> keys;
    for (const json::value& item : *list) {
        if (auto key = parse_key(item)) {
            keys.push_back(std::move(*key));
        }
    }
    return keys;
}

bool verify_signature(const PublicKey& key, Algorithm algorithm, std::string_view signing_input,
                      std::string_view signature) {
    if (!domain::algorithm_fits(algorithm, key.type) ||
        (key.algorithm && *key.algorithm != algorithm)) {
        return false;
    }
    const std::string der = algorithm == Algorithm::es256 ? to_der(signature) : std::string();
    const std::string_view form = algorithm == Algorithm::es256 ? der : signature;
    const EVP_MD* digest = algorithm == Algorithm::eddsa ? nullptr : EVP_sha256();
    const DigestContext context(EVP_MD_CTX_new());
    return !form.empty() &&
           EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.key.get()) == 1 &&
           EVP_DigestVerify(context.get(), bytes_of(form), form.size(), bytes_of(signing_input),
                            signing_input.size()) == 1;
}

}  // namespace soma::backends
