#include "domain/constitution/draft.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <string>

#include "base/canonical_json.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/json/strict_json.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

json::object read_object(std::string_view source) {
    if (source.size() > kMaxConstitutionBytes) {
        throw invalid("", "must have at most " + std::to_string(kMaxConstitutionBytes) + " bytes");
    }
    auto read = read_strict_json(source, kMaxConstitutionDepth);
    if (const auto* trouble = std::get_if<JsonTrouble>(&read)) {
        throw invalid("", trouble->reason + " (byte " + std::to_string(trouble->at) + ")");
    }
    auto& value = std::get<json::value>(read);
    if (!value.is_object()) {
        throw invalid("", "must be an object");
    }
    return std::move(value.get_object());
}

}  // namespace

Document draft_first(std::string_view source, const DraftTerms& terms) {
    json::object law = read_object(source);
    json::array signers;
    for (const Signer& signer : terms.signers) {
        signers.push_back(
            json::object{{"id", signer.id}, {"public_key", to_base64(signer.public_key)}});
    }
    law["version"] = 1;
    law["previous"] = nullptr;
    law["signers"] = std::move(signers);
    law["issued_at"] = format_rfc3339(terms.issued_at);
    law["expires_at"] = format_rfc3339(terms.expires_at);
    if (terms.threshold) {
        law["threshold"] = *terms.threshold;
    }
    return read_canonical_document(to_canonical_json(law));
}

json::object draft_next(const Document& current, Time now) {
    json::object law = read_object(current.text);
    // Clocks differ: a law is not issued before its predecessor.
    const Time issued = std::max(now, current.law.issued_at);
    law["version"] = current.law.version + 1;
    law["previous"] = to_hex(current.hash);
    law["issued_at"] = format_rfc3339(issued);
    law["expires_at"] = format_rfc3339(issued + (current.law.expires_at - current.law.issued_at));
    return law;
}

}  // namespace soma::domain
