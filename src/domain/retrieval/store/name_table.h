#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace soma::domain {

/// "No row, no slot, no name."
inline constexpr std::uint32_t nothing = std::numeric_limits<std::uint32_t>::max();

/// Strings that many memories share (speakers, sessions), each under a small number for as long as
/// anything uses it. Many readers or one writer.
class NameTable {
  public:
    /// The string's number, counting one more use. The empty string is `nothing`.
    std::uint32_t use(std::string_view name);
    /// One use less; a number without uses is given to another string later. `nothing` is ignored.
    void release(std::uint32_t number);

    /// `nothing` when no memory uses it.
    std::uint32_t find(std::string_view name) const;
    std::string_view name(std::uint32_t number) const { return *entries_[number].name; }
    /// Every number ever given is below this.
    std::size_t end() const { return entries_.size(); }

    /// The names that occur in `text` as whole words, same case; ascending by number, each once.
    /// Costs |text| × (different lengths of names), however many names there are.
    std::vector<std::uint32_t> occurring_in(std::string_view text) const;

    std::size_t bytes() const { return bytes_; }

  private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    struct Entry {
        const std::string* name = nullptr;  ///< the map's key, which stays where it is
        std::uint32_t uses = 0;
    };

    std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> numbers_;
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> free_;
    std::unordered_map<std::size_t, std::uint32_t> lengths_;  ///< length in bytes → names of it
    std::size_t bytes_ = 0;
};

}  // namespace soma::domain
