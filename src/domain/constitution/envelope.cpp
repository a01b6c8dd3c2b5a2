#include "domain/constitution/envelope.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/canonical_json.h"
#include "base/ed25519.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/json/strict_json.h"
#include "domain/constitution/document/reader.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

/// The envelope's own: an object, its list, the list's objects.
constexpr std::size_t kDepth = 3;

LawRefusal refused(std::string_view why) {
    return {RefusalReason::document, "the envelope: " + std::string(why)};
}

SignedVersion read_version(const json::value& value) {
    const Reader root(value);
    root.expect_members({"signatures", "text"});
    SignedVersion out{root.at("text").text(kMaxConstitutionBytes), {}};
    for (const Reader& item : root.at("signatures").items(0, kMaxSignatures)) {
        item.expect_members({"public_key", "signature"});
        Signature next{item.at("public_key").base64(kEd25519KeyBytes),
                       item.at("signature").base64(kEd25519SignatureBytes)};
        if (!out.signatures.empty() && next.public_key <= out.signatures.back().public_key) {
            item.at("public_key").fail("must come after the key before it: each signs once");
        }
        out.signatures.push_back(std::move(next));
    }
    return out;
}

}  // namespace

std::string encode_signed(const SignedVersion& version) {
    std::vector<Signature> ordered = version.signatures;
    std::sort(ordered.begin(), ordered.end(),
              [](const Signature& a, const Signature& b) { return a.public_key < b.public_key; });
    json::array signatures;
    for (const Signature& each : ordered) {
        signatures.push_back(json::object{{"public_key", to_base64(each.public_key)},
                                          {"signature", to_base64(each.bytes)}});
    }
    return to_canonical_json(
        json::object{{"signatures", std::move(signatures)}, {"text", version.text}});
}

std::variant<SignedVersion, LawRefusal> decode_signed(std::string_view bytes) {
    if (bytes.size() > kMaxEnvelopeBytes) {
        return refused("must have at most " + std::to_string(kMaxEnvelopeBytes) + " bytes");
    }
    const auto read = read_strict_json(bytes, kDepth);
    if (const auto* trouble = std::get_if<JsonTrouble>(&read)) {
        return refused(trouble->reason + " (byte " + std::to_string(trouble->at) + ")");
    }
    const auto& value = std::get<json::value>(read);
    try {
        SignedVersion version = read_version(value);
        if (encode_signed(version) != bytes) {
            return refused("must be in canonical form (RFC 8785)");
        }
        return version;
    } catch (const Error& error) {
        return refused((error.field().empty() ? "" : error.field() + " ") + error.public_message());
    }
}

}  // namespace soma::domain
