#pragma once
#include <openssl/evp.h>

#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/canonical_json.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/time.h"
#include "domain/constitution/chain.h"
#include "domain/constitution/document/document.h"

/// Genuine constitutions for tests: keys from a name, signatures by OpenSSL (the product verifies
/// with libsodium), documents as JSON that a test may bend before they are read or signed.
namespace soma::testing {

namespace json = boost::json;

/// An Ed25519 key pair whose seed is the SHA-256 of a name: the same in every run.
class Holder {
  public:
    explicit Holder(std::string name) : name_(std::move(name)), key_(nullptr, &EVP_PKEY_free) {
        const std::string seed = sha256("test key " + name_);
        key_.reset(EVP_PKEY_new_raw_private_key(
            EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(seed.data()), 32));
        SOMA_ASSERT(key_, "OpenSSL knows Ed25519");
    }

    const std::string& name() const { return name_; }

    std::string public_key() const {
        std::string out(32, '\0');
        std::size_t size = out.size();
        EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(out.data()),
                                    &size);
        return out;
    }

    domain::Signature sign(const std::string& message) const {
        std::string out(64, '\0');
        std::size_t size = out.size();
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                              &EVP_MD_CTX_free);
        const bool signed_ =
            EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
            EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                           reinterpret_cast<const unsigned char*>(message.data()),
                           message.size()) == 1;
        SOMA_ASSERT(signed_, "OpenSSL signs");
        return {public_key(), out};
    }

    domain::Signature sign(const domain::Document& document) const {
        return sign(domain::signed_bytes(document));
    }

  private:
    std::string name_;
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

/// "a", "b", … of a string, as holders.
inline std::vector<Holder> holders(std::string_view names) {
    std::vector<Holder> out;
    for (const char name : names) {
        out.emplace_back(std::string(1, name));
    }
    return out;
}

inline json::object signer_json(const Holder& holder) {
    return {{"id", holder.name()}, {"public_key", to_base64(holder.public_key())}};
}

inline json::array signers_json(std::string_view names) {
    json::array out;
    for (const Holder& holder : holders(names)) {
        out.push_back(signer_json(holder));
    }
    return out;
}

inline constexpr std::string_view kIssued = "2026-01-01T00:00:00Z";
inline constexpr std::string_view kExpires = "2026-12-01T00:00:00Z";
inline const Time kNow = *parse_rfc3339("2026-06-01T00:00:00Z");

/// A whole document with every field, by three of five: a, b, c, d, e.
inline json::object law_json(std::uint64_t version = 1, const std::string& previous = {}) {
    json::object bounds;
    for (const char* name : {"lambda", "mu", "nu", "alpha", "beta", "gamma", "tau"}) {
        bounds[name] = {{"min", 0.125}, {"max", 8}};
    }
    bounds["rollback"] = {{"allowance", 0.5}, {"limit", 5}};
    json::object law;
    law["version"] = version;
    law["previous"] = previous.empty() ? json::value() : json::value(to_hex(previous));
    law["issued_at"] = kIssued;
    law["expires_at"] = kExpires;
    law["threshold"] = 3;
    law["signers"] = signers_json("abcde");
    law["articles"] =
        json::array{json::object{{"id", "isolation"}, {"text", "No tenant sees another's."}},
                    json::object{{"id", "review"}, {"text", "A person confirms the final."}}};
    law["rules"] = json::array{json::object{{"id", "all"},
                                            {"article", "isolation"},
                                            {"match", json::object()},
                                            {"effect", {{"type", "allow"}}}}};
    law["utility"] = {{"b", 1}, {"u_min", 0}, {"lambda", 1}, {"mu", 0.5}, {"nu", 0.25}};
    law["bounds"] = bounds;
    law["limits"] = {
        {"agent", {{"requests_per_minute", 600}, {"burst", 60}, {"batch_items", 100}}}};
    return law;
}

inline domain::Document document_of(const json::object& law) {
    return domain::read_document(to_canonical_json(law));
}

/// The document signed by each of `names`.
inline domain::SignedVersion signed_by(const domain::Document& document, std::string_view names) {
    domain::SignedVersion out{document.text, {}};
    for (const Holder& holder : holders(names)) {
        out.signatures.push_back(holder.sign(document));
    }
    return out;
}

/// The standard version 1 as a chain of its own.
inline domain::Chain first_chain(const json::object& law = law_json(),
                                 std::string_view names = "abc") {
    const domain::Document first = document_of(law);
    domain::Chain chain(first.hash);
    const auto refusal = chain.append(signed_by(first, names));
    SOMA_ASSERT(!refusal, "the forge makes good laws");
    return chain;
}

/// The law that may follow `chain`, before `bend` changes it.
inline json::object next_json(const domain::Chain& chain) {
    return law_json(chain.version() + 1, chain.head()->hash);
}

}  // namespace soma::testing
