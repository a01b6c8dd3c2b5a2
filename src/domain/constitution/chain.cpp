#include "domain/constitution/chain.h"

#include "base/error.h"

namespace soma::domain {
namespace {

std::string numbered(std::uint64_t version) {
    return "version " + std::to_string(version);
}

std::variant<Document, LawRefusal> read_or_refuse(std::string_view text) {
    try {
        return read_canonical_document(text);
    } catch (const Error& error) {
        const std::string at = error.field().empty() ? "the document" : error.field();
        return LawRefusal{RefusalReason::document, at + " " + error.public_message()};
    }
}

}  // namespace

std::optional<LawRefusal> Chain::check_succession(const Document& next) const {
    if (next.law.version != version() + 1) {
        return LawRefusal{RefusalReason::version, numbered(next.law.version) + " cannot follow " +
                                                      numbered(version()) + ": it must be " +
                                                      std::to_string(version() + 1)};
    }
    if (!head_) {
        if (next.hash != trust_root_) {
            return LawRefusal{RefusalReason::trust_root, "version 1 is not the trust root"};
        }
        return std::nullopt;
    }
    if (next.law.previous != head_->hash) {
        return LawRefusal{
            RefusalReason::previous,
            numbered(next.law.version) + " does not continue this " + numbered(version())};
    }
    if (next.law.issued_at < head_->law.issued_at) {
        return LawRefusal{RefusalReason::not_yet_valid,
                          numbered(next.law.version) + " is issued before its predecessor"};
    }
    return std::nullopt;
}

std::optional<LawRefusal> Chain::append(const SignedVersion& next) {
    auto read = read_or_refuse(next.text);
    if (auto* refusal = std::get_if<LawRefusal>(&read)) {
        return std::move(*refusal);
    }
    auto& document = std::get<Document>(read);
    if (auto refusal = check_succession(document)) {
        return refusal;
    }
    const auto counted = count_signatures(document, law(), next.signatures);
    if (const auto* refusal = std::get_if<LawRefusal>(&counted)) {
        return *refusal;
    }
    if (auto refusal = check_tally(std::get<Tally>(counted))) {
        return refusal;
    }
    hashes_.push_back(document.hash);
    head_ = std::move(document);
    return std::nullopt;
}

const std::string& Chain::hash(std::uint64_t version) const {
    SOMA_ASSERT(version >= 1 && version <= hashes_.size(), "a version of this chain");
    return hashes_[version - 1];
}

std::optional<LawRefusal> check_term(const Constitution& law, Time now) {
    if (law.issued_at > now + kClockTolerance) {
        return LawRefusal{RefusalReason::not_yet_valid, numbered(law.version) +
                                                            " is issued in the future: at " +
                                                            format_rfc3339(law.issued_at)};
    }
    if (now >= law.expires_at) {
        return LawRefusal{RefusalReason::expired,
                          numbered(law.version) + " expired at " + format_rfc3339(law.expires_at)};
    }
    return std::nullopt;
}

std::optional<LawRefusal> check_marks(const Chain& chain, std::span<const Mark> marks) {
    for (const Mark& mark : marks) {
        const std::string place(mark.place);
        if (mark.version > chain.version()) {
            return LawRefusal{RefusalReason::rolled_back,
                              place + " has seen " + numbered(mark.version) +
                                  ", the newest that verifies is " + numbered(chain.version())};
        }
        if (mark.version != 0 && mark.hash != chain.hash(mark.version)) {
            return LawRefusal{RefusalReason::disagreement,
                              place + " holds another " + numbered(mark.version)};
        }
    }
    return std::nullopt;
}

}  // namespace soma::domain
