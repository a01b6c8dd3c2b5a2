#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/memory/memory.h"

namespace soma::domain {

/// What a corpus keeps of a memory only to show it: everything but its vectors, in one block of
/// bytes. Each string is stored behind its length, so a passage is read without copying the rest.
class Record {
  public:
    Record() = default;
    explicit Record(const Memory& memory);

    /// The facts the memory was added with.
    MemoryFacts facts() const;
    /// The content with the passage's text, cut to `max_text_bytes` at a character's boundary.
    MemoryContent content(std::uint32_t passage, std::size_t max_text_bytes) const;
    /// True when the memory's whole text is more than the passage, cut to `max_text_bytes`.
    bool is_longer_than(std::uint32_t passage, std::size_t max_text_bytes) const;
    /// The passage's whole text.
    std::string_view passage_text(std::uint32_t passage) const;
    /// Bytes of the memory's whole text, of which passages may be only parts.
    std::uint32_t text_bytes() const;
    std::string_view speaker() const;
    std::string_view session_id() const;
    std::string_view key() const;
    std::string_view metadata() const;

    std::size_t bytes() const { return bytes_.capacity(); }

  private:
    std::string bytes_;
};

}  // namespace soma::domain
