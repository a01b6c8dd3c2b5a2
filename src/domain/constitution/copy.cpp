#include "domain/constitution/copy.h"

#include "base/error.h"

namespace soma::domain {
namespace {

std::optional<Document> read(const std::string& text) {
    try {
        return read_canonical_document(text);
    } catch (const Error&) {
        return std::nullopt;
    }
}

/// Whether the copy could follow: for what lies beyond the next version its predecessor is missing,
/// and the holders in force must vouch for it.
bool is_signed(const SignedVersion& copy, const Document& document, const Chain& after) {
    if (document.law.version == after.version() + 1) {
        Chain trial = after;
        return !trial.append(copy);
    }
    if (after.version() == 0) {
        return false;
    }
    const auto counted = count_signatures(document, after.law(), copy.signatures);
    const auto* tally = std::get_if<Tally>(&counted);
    return tally != nullptr && tally->reached();
}

}  // namespace

std::optional<SeenVersion> seen_in_copy(const SignedVersion& copy, const Chain& chain,
                                        const Chain& before) {
    // As a copy nearly always is: not read again.
    if (chain.head() != nullptr && chain.head()->text == copy.text) {
        return std::nullopt;
    }
    const auto document = read(copy.text);
    if (!document || document->law.version < chain.version()) {
        return std::nullopt;
    }
    const bool takes_the_end = document->law.version == chain.version();
    if (takes_the_end && document->hash == chain.hash(chain.version())) {
        return std::nullopt;
    }
    if (!is_signed(copy, *document, takes_the_end ? before : chain)) {
        return std::nullopt;
    }
    return SeenVersion{document->law.version, document->hash};
}

}  // namespace soma::domain
