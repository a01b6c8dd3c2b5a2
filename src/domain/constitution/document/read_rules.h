#pragma once
#include <vector>

#include "domain/constitution/document/constitution.h"
#include "domain/constitution/document/reader.h"

namespace soma::domain {

/// The member `rules`: a list of
///   {"id", "article", "match": {endpoints?, roles?, tenants?, tags?, classes?, amounts?},
///    "effect": {"type": "allow" | "deny" | "require_review"}
///            | {"type": "redact", "classes"} | {"type": "directive", "text"}
///            | {"type": "penalty", "amount"}}
/// An endpoint is a published name ("memory.remember") or a family ("memory.*"). Names this program
/// does not know are refused: it could not enforce what it cannot read. Throws as Reader does, and
/// when an id is given twice or an article is none of `articles`. Pure.
std::vector<Rule> read_rules(const Reader& rules, const std::vector<Article>& articles);

}  // namespace soma::domain
