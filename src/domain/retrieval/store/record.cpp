#include "domain/retrieval/store/record.h"

#include <cstring>
#include <type_traits>

#include "base/error.h"
#include "base/unicode.h"

namespace soma::domain {
namespace {

// Order of the block: text size, speaker, session_id, facts, other content, passages. Native byte
// order: a record never leaves the process.
class Packer {
  public:
    explicit Packer(std::string& out) : out_(out) {}

    template <typename T>
    void number(T value) {
        static_assert(std::is_trivially_copyable_v<T>);
        out_.append(reinterpret_cast<const char*>(&value), sizeof(T));
    }
    template <typename T>
    void optional(const std::optional<T>& value) {
        number<bool>(value.has_value());
        if (value) {
            number(*value);
        }
    }
    void text(std::string_view value) {
        number(static_cast<std::uint32_t>(value.size()));
        out_.append(value);
    }

  private:
    std::string& out_;
};

class Unpacker {
  public:
    explicit Unpacker(std::string_view in) : in_(in) {}

    template <typename T>
    T number() {
        T value;
        SOMA_ASSERT(in_.size() >= sizeof(T), "a record is read as it was written");
        std::memcpy(&value, in_.data(), sizeof(T));
        in_.remove_prefix(sizeof(T));
        return value;
    }
    template <typename T>
    std::optional<T> optional() {
        return number<bool>() ? std::optional<T>(number<T>()) : std::nullopt;
    }
    std::string_view text() {
        const auto size = number<std::uint32_t>();
        SOMA_ASSERT(in_.size() >= size, "a record is read as it was written");
        const std::string_view value = in_.substr(0, size);
        in_.remove_prefix(size);
        return value;
    }

  private:
    std::string_view in_;
};

void pack_facts(Packer& packer, const MemoryFacts& facts) {
    packer.number(facts.id);
    packer.number(facts.sequence);
    packer.number(facts.log_index);
    packer.number(facts.created_at);
    packer.optional(facts.occurred_at);
    packer.optional(facts.valid_from);
    packer.optional(facts.valid_to);
    packer.optional(facts.expires_at);
    packer.optional(facts.turn);
    packer.optional(facts.importance);
    packer.text(facts.kind);
    packer.optional(facts.superseded_by);
    packer.optional(facts.superseded_sequence);
    packer.optional(facts.superseded_at);
    packer.optional(facts.given_valid_to);
}

MemoryFacts unpack_facts(Unpacker& unpacker) {
    MemoryFacts facts;
    facts.id = unpacker.number<Uuid>();
    facts.sequence = unpacker.number<std::uint64_t>();
    facts.log_index = unpacker.number<std::uint64_t>();
    facts.created_at = unpacker.number<Time>();
    facts.occurred_at = unpacker.optional<Time>();
    facts.valid_from = unpacker.optional<Time>();
    facts.valid_to = unpacker.optional<Time>();
    facts.expires_at = unpacker.optional<Time>();
    facts.turn = unpacker.optional<std::int32_t>();
    facts.importance = unpacker.optional<double>();
    facts.kind = unpacker.text();
    facts.superseded_by = unpacker.optional<Uuid>();
    facts.superseded_sequence = unpacker.optional<std::uint64_t>();
    facts.superseded_at = unpacker.optional<Time>();
    facts.given_valid_to = unpacker.optional<Time>();
    return facts;
}

Unpacker at_facts(std::string_view bytes) {
    Unpacker unpacker(bytes);
    unpacker.number<std::uint32_t>();
    unpacker.text();
    unpacker.text();
    return unpacker;
}

Unpacker after_facts(std::string_view bytes) {
    Unpacker unpacker = at_facts(bytes);
    unpack_facts(unpacker);
    return unpacker;
}

}  // namespace

Record::Record(const Memory& memory) {
    const MemoryContent& content = memory.content;
    std::string bytes;
    Packer packer(bytes);
    packer.number(static_cast<std::uint32_t>(content.text.size()));
    packer.text(content.speaker);
    packer.text(content.session_id);
    pack_facts(packer, memory.facts);
    packer.text(content.subject);
    packer.text(content.key);
    packer.text(content.metadata);
    packer.number(static_cast<std::uint32_t>(content.tags.size()));
    for (const std::string& tag : content.tags) {
        packer.text(tag);
    }
    for (const Passage& passage : memory.passages) {
        SOMA_ASSERT(passage.begin <= passage.end && passage.end <= content.text.size(),
                    "a passage lies inside its text");
        packer.text(
            std::string_view(content.text).substr(passage.begin, passage.end - passage.begin));
    }
    // A copy of the exact size: what append left over would be kept as long as the memory.
    bytes_ = std::string(std::string_view(bytes));
}

std::uint32_t Record::text_bytes() const {
    return Unpacker(bytes_).number<std::uint32_t>();
}

std::string_view Record::speaker() const {
    Unpacker unpacker(bytes_);
    unpacker.number<std::uint32_t>();
    return unpacker.text();
}

std::string_view Record::session_id() const {
    Unpacker unpacker(bytes_);
    unpacker.number<std::uint32_t>();
    unpacker.text();
    return unpacker.text();
}

std::string_view Record::key() const {
    Unpacker unpacker = after_facts(bytes_);
    unpacker.text();
    return unpacker.text();
}

std::string_view Record::metadata() const {
    Unpacker unpacker = after_facts(bytes_);
    unpacker.text();
    unpacker.text();
    return unpacker.text();
}

MemoryFacts Record::facts() const {
    Unpacker unpacker = at_facts(bytes_);
    return unpack_facts(unpacker);
}

MemoryContent Record::content(std::uint32_t passage, std::size_t max_text_bytes) const {
    MemoryContent content;
    Unpacker unpacker(bytes_);
    unpacker.number<std::uint32_t>();
    content.speaker = unpacker.text();
    content.session_id = unpacker.text();
    unpack_facts(unpacker);
    content.subject = unpacker.text();
    content.key = unpacker.text();
    content.metadata = unpacker.text();
    content.tags.resize(unpacker.number<std::uint32_t>());
    for (std::string& tag : content.tags) {
        tag = unpacker.text();
    }
    std::string_view text;
    for (std::uint32_t i = 0; i <= passage; ++i) {
        text = unpacker.text();
    }
    content.text =
        text.size() > max_text_bytes ? text.substr(0, floor_boundary(text, max_text_bytes)) : text;
    return content;
}

bool Record::is_longer_than(std::uint32_t passage, std::size_t max_text_bytes) const {
    return text_bytes() > std::min(passage_text(passage).size(), max_text_bytes);
}

std::string_view Record::passage_text(std::uint32_t passage) const {
    Unpacker unpacker = after_facts(bytes_);
    for (int skipped = 0; skipped < 3; ++skipped) {
        unpacker.text();
    }
    for (auto tags = unpacker.number<std::uint32_t>(); tags > 0; --tags) {
        unpacker.text();
    }
    for (std::uint32_t i = 0; i < passage; ++i) {
        unpacker.text();
    }
    return unpacker.text();
}

}  // namespace soma::domain
