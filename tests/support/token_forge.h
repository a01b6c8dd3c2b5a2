#pragma once
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/encoding.h"

namespace soma::test {

/// Key pairs and signatures made by OpenSSL directly, sharing no line with the code under test.
class ForgeKey {
  public:
    static ForgeKey ec(const char* curve = "P-256") { return ForgeKey(EVP_EC_gen(curve)); }
    static ForgeKey rsa(unsigned bits = 2048) { return ForgeKey(EVP_RSA_gen(bits)); }
    static ForgeKey ed25519() { return ForgeKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }

    /// The public half as a JWK.
    boost::json::object jwk(std::string_view kid) const {
        boost::json::object out{{"kid", kid}};
        const int type = EVP_PKEY_get_base_id(key_.get());
        if (type == EVP_PKEY_RSA) {
            out["kty"] = "RSA";
            out["n"] = to_base64url(number(OSSL_PKEY_PARAM_RSA_N, 0));
            out["e"] = to_base64url(number(OSSL_PKEY_PARAM_RSA_E, 0));
        } else if (type == EVP_PKEY_ED25519) {
            std::size_t size = 32;
            std::string raw(size, '\0');
            EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(raw.data()),
                                        &size);
            out["kty"] = "OKP";
            out["crv"] = "Ed25519";
            out["x"] = to_base64url(raw);
        } else {
            const int width = (EVP_PKEY_get_bits(key_.get()) + 7) / 8;
            out["kty"] = "EC";
            out["crv"] = "P-" + std::to_string(EVP_PKEY_get_bits(key_.get()));
            out["x"] = to_base64url(number(OSSL_PKEY_PARAM_EC_PUB_X, width));
            out["y"] = to_base64url(number(OSSL_PKEY_PARAM_EC_PUB_Y, width));
        }
        return out;
    }

    /// A signature over `input` as JWS wants it (EC: r ‖ s).
    std::string sign(std::string_view input) const {
        const int width = (EVP_PKEY_get_bits(key_.get()) + 7) / 8;
        return EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_EC ? to_raw(sign_native(input), width)
                                                               : sign_native(input);
    }

    /// As OpenSSL writes it (EC: DER).
    std::string sign_native(std::string_view input) const {
        const bool ed = EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_ED25519;
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                              &EVP_MD_CTX_free);
        const auto* bytes = reinterpret_cast<const unsigned char*>(input.data());
        std::size_t size = 0;
        EVP_DigestSignInit(context.get(), nullptr, ed ? nullptr : EVP_sha256(), nullptr,
                           key_.get());
        EVP_DigestSign(context.get(), nullptr, &size, bytes, input.size());
        std::string out(size, '\0');
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes,
                       input.size());
        out.resize(size);
        return out;
    }

    std::string private_pem() const {
        BIO* memory = BIO_new(BIO_s_mem());
        PEM_write_bio_PrivateKey(memory, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
        char* text = nullptr;
        const long size = BIO_get_mem_data(memory, &text);
        std::string out(text, static_cast<std::size_t>(size));
        BIO_free(memory);
        return out;
    }

    /// header.payload.signature over the given JSON texts.
    std::string token(std::string_view header, std::string_view claims) const {
        const std::string input = to_base64url(header) + "." + to_base64url(claims);
        return input + "." + to_base64url(sign(input));
    }

  private:
    explicit ForgeKey(EVP_PKEY* key) : key_(key, &EVP_PKEY_free) {}

    std::string number(const char* name, int width) const {
        BIGNUM* value = nullptr;
        EVP_PKEY_get_bn_param(key_.get(), name, &value);
        const int size = width == 0 ? BN_num_bytes(value) : width;
        std::string out(static_cast<std::size_t>(size), '\0');
        BN_bn2binpad(value, reinterpret_cast<unsigned char*>(out.data()), size);
        BN_free(value);
        return out;
    }

    static std::string to_raw(const std::string& der, int width) {
        const auto* in = reinterpret_cast<const unsigned char*>(der.data());
        ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size()));
        std::string raw(static_cast<std::size_t>(2 * width), '\0');
        auto* out = reinterpret_cast<unsigned char*>(raw.data());
        BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, width);
        BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + width, width);
        ECDSA_SIG_free(pair);
        return raw;
    }

    std::shared_ptr<EVP_PKEY> key_;
};

/// {"keys":[…]} of the given JWKs.
template <typename... Jwks>
std::string key_set_text(const Jwks&... jwks) {
    boost::json::array keys;
    (keys.emplace_back(jwks), ...);
    return boost::json::serialize(boost::json::object{{"keys", std::move(keys)}});
}

}  // namespace soma::test
