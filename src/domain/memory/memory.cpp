#include "domain/memory/memory.h"

#include "base/encoding.h"

namespace soma::domain {

bool is_current(const MemoryFacts& facts, Time now) {
    return !facts.superseded_by && !(facts.expires_at && *facts.expires_at <= now) &&
           !(facts.valid_from && now < *facts.valid_from) &&
           !(facts.valid_to && *facts.valid_to <= now);
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
