#include "domain/memory/memory.h"

#include "base/encoding.h"

namespace soma::domain {

void supersede(MemoryFacts& facts, const Supersession& by) {
    facts.given_valid_to = facts.valid_to;
    facts.valid_to = by.valid_to;
    facts.superseded_by = by.by;
    facts.superseded_sequence = by.sequence;
    facts.superseded_at = by.at;
}

std::string StateToken::to_string() const {
    std::string bytes;
    append_u64be(bytes, epoch);
    append_u64be(bytes, sequence);
    return to_base64url(bytes);
}

std::optional<StateToken> StateToken::parse(std::string_view text) {
    const auto bytes = from_base64url(text);
    if (!bytes || bytes->size() != 16) {
        return std::nullopt;
    }
    return StateToken{read_u64be(std::string_view(*bytes).substr(0, 8)),
                      read_u64be(std::string_view(*bytes).substr(8))};
}

}  // namespace soma::domain
