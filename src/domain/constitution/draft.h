#pragma once
#include <boost/json/object.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "domain/constitution/document/document.h"

namespace soma::domain {

/// What is decided about a law apart from what it says: whose keys, how many of them, for how long.
struct DraftTerms {
    std::vector<Signer> signers;
    std::optional<std::size_t> threshold;  ///< absent: the source's
    Time issued_at;
    Time expires_at;
};

/// Version 1 out of `source`, a constitution as a person writes it, whose signers, threshold, term,
/// number and predecessor are replaced. Throws Error invalid_argument as read_document does. Pure.
Document draft_first(std::string_view source, const DraftTerms& terms);

/// What may follow `current`, for a person to change and to propose: the same words, the next
/// number, `current` as predecessor, and a term of the same length from `now` on. Pure.
boost::json::object draft_next(const Document& current, Time now);

}  // namespace soma::domain
