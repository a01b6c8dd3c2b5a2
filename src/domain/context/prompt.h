#pragma once
#include <cstddef>
#include <cstdint>
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
    Uuid id = {};
    std::string_view kind = {};  ///< may be empty
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
/// "turn", "query" or "response".
std::string_view kind_name(WorkingMemory::Kind kind);

/// For whom a prompt is written. Numbers are kept in records: only ever added.
enum class PromptForm : std::uint8_t {
    plain,               ///< one text
    openai_messages,     ///< a `system` and a `user` message
    anthropic_messages,  ///< a system text beside one `user` message
};
inline constexpr std::size_t kPromptFormCount = 3;
std::string_view form_name(PromptForm form);
std::optional<PromptForm> parse_form(std::string_view name);

struct Prompt {
    std::string system;  ///< the law's words; empty in the plain form, where they begin `text`
    std::string text;
    bool complete = true;  ///< false when a line was left out or the situation was cut for a budget
};

/// Renders the law's directives, the memories (best first), the session's last entries (oldest
/// first) and the situation as one text of at most 4,096 characters and `token_budget` tokens. The
/// law comes first in line for the budget, then the situation, memories by rank, the newest
/// entries. Everything remembered is quoted as a JSON string on a line of its own: data that cannot
/// close its quotes or start a line of its own, so it cannot pose as an instruction. The law's
/// words are not quoted, because they are instructions; each directive is one line.
///
/// In the forms of messages each thing remembered is a JSON object on its line, with its source
/// (id, kind, speaker, time) and `trust`: "reported" for a speaker's words, "noted" for what an
/// agent wrote down itself; nothing remembered is verified. Both budgets are of `system` and `text`
/// together; what a chat API adds around them is not counted.
Prompt render_prompt(std::span<const PolicyDirective> policy, std::string_view situation,
                     std::span<const QuotedMemory> memories,
                     std::span<const WorkingMemory> working_memory,
                     std::optional<std::size_t> token_budget, const TokenCounter& count_tokens,
                     PromptForm form = PromptForm::plain);

/// The line with which render_prompt quotes a memory.
std::string memory_line(std::size_t rank, const QuotedMemory& memory, PromptForm form);

/// What `token_budget` leaves for the lines of memories once the law's words, the situation and the
/// memories' heading are written; 0 when not even those fit.
std::size_t tokens_for_memories(std::span<const PolicyDirective> policy, std::string_view situation,
                                std::size_t token_budget, const TokenCounter& count_tokens,
                                PromptForm form);

}  // namespace soma::domain
