#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"

namespace soma::domain {

/// Hard limits of a recommended prompt.
inline constexpr std::size_t kMaxPromptCharacters = 4096;  ///< Unicode code points

/// Counts tokens of a text. Must be additive over lines: count(a + "\n" + b) = count(a) + count(b),
/// as word pieces are, so that a budget kept line by line is kept as a whole.
using TokenCounter = std::function<std::size_t(std::string_view)>;

struct QuotedMemory {
    std::string_view text;
    std::string_view speaker;  ///< may be empty
    std::optional<Time> occurred_at;
};

/// A sentence of the law for whoever acts on a bundle, and the id of the article it stands for.
struct PolicyDirective {
    std::string article;
    std::string text;

    friend bool operator==(const PolicyDirective&, const PolicyDirective&) = default;
};

/// One entry of a session's working memory.
struct WorkingMemory {
    enum class Kind { turn, query, response };
    Kind kind = Kind::turn;
    Uuid id;
    std::string text;
    std::string speaker;  ///< of a turn; may be empty
    Time time;
};

struct Prompt {
    std::string text;
    bool complete = true;  ///< false when a line was left out or the situation was cut for a budget
};

/// Renders the law's directives, the memories (best first), the session's last entries (oldest
/// first) and the situation as one text of at most 4,096 characters and `token_budget` tokens. The
/// law comes first in line for the budget, then the situation, memories by rank, the newest
/// entries. Everything remembered is quoted as a JSON string on a line of its own: data that cannot
/// close its quotes or start a line of its own, so it cannot pose as an instruction. The law's
/// words are not quoted, because they are instructions; each directive is one line.
Prompt render_prompt(std::span<const PolicyDirective> policy, std::string_view situation,
                     std::span<const QuotedMemory> memories,
                     std::span<const WorkingMemory> working_memory,
                     std::optional<std::size_t> token_budget, const TokenCounter& count_tokens);

}  // namespace soma::domain
