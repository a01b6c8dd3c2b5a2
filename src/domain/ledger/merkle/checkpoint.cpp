#include "domain/ledger/merkle/checkpoint.h"

#include <charconv>

#include "base/encoding.h"
#include "base/error.h"
#include "domain/ledger/merkle/tree.h"

namespace soma::domain {
namespace {

constexpr std::size_t kSizeDigits = 20;  ///< of any 64-bit number

[[noreturn]] void bad(const std::string& what) {
    throw invalid("", "not a checkpoint: " + what);
}

/// The next line without its newline; moves `rest` behind it.
std::string_view take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    if (end == rest.npos) {
        bad("it is three lines: origin, size and root");
    }
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
}

}  // namespace

std::string checkpoint_text(const Checkpoint& checkpoint) {
    return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" +
           to_base64(checkpoint.root) + "\n";
}

std::optional<std::uint64_t> parse_tree_size(std::string_view digits) {
    std::uint64_t size = 0;
    const auto [end, trouble] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
    // Back again: no leading zero, no sign, nothing behind it.
    if (trouble != std::errc() || std::to_string(size) != digits || size > kMaxTreeSize) {
        return std::nullopt;
    }
    return size;
}

Checkpoint parse_checkpoint(std::string_view text) {
    Checkpoint checkpoint;
    checkpoint.origin = take_line(text);
    const auto size = parse_tree_size(take_line(text));
    const auto root = from_base64(take_line(text));
    if (checkpoint.origin.empty()) {
        bad("it has no origin");
    }
    if (!size) {
        bad("its size is a decimal number");
    }
    if (!root || root->size() != kTreeHashBytes) {
        bad("its root is base64 of 32 bytes");
    }
    if (!text.empty()) {
        bad("it has more than three lines");
    }
    checkpoint.size = *size;
    checkpoint.root = *root;
    return checkpoint;
}

std::string checkpoint_path(std::uint64_t size) {
    const std::string digits = std::to_string(size);
    return "checkpoints/" + std::string(kSizeDigits - digits.size(), '0') + digits;
}

}  // namespace soma::domain
