#include "domain/ledger/merkle/tree.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/crypto.h"
#include "base/error.h"

namespace soma::domain {

std::string node_hash(std::string_view left, std::string_view right) {
    std::string bytes(1, '\1');
    bytes.append(left).append(right);
    return sha256(bytes);
}

std::string empty_root() {
    return sha256("");
}

Frontier::Frontier(std::uint64_t size, std::vector<std::string> peaks)
    : size_(size), peaks_(std::move(peaks)) {
    const auto whole = [](const std::string& each) { return each.size() == kTreeHashBytes; };
    if (size > kMaxTreeSize || peaks_.size() != static_cast<std::size_t>(std::popcount(size)) ||
        !std::all_of(peaks_.begin(), peaks_.end(), whole)) {
        throw invalid("", "these are not the peaks of a tree of " + std::to_string(size));
    }
}

void Frontier::append(std::string leaf, const Completed& completed) {
    SOMA_ASSERT(leaf.size() == kTreeHashBytes && size_ < kMaxTreeSize, "a leaf hash, and room");
    // As a carry runs through a binary counter: each set bit at the low end is a subtree as large
    // as the one that has just been completed.
    unsigned level = 0;
    for (std::uint64_t bits = size_; (bits & 1) != 0; bits >>= 1) {
        leaf = node_hash(peaks_.back(), leaf);
        peaks_.pop_back();
        ++level;
        if (completed) {
            completed({level, size_ >> level}, leaf);
        }
    }
    peaks_.push_back(std::move(leaf));
    ++size_;
}

std::string Frontier::root() const {
    if (peaks_.empty()) {
        return empty_root();
    }
    std::string root = peaks_.back();
    for (auto peak = peaks_.rbegin() + 1; peak != peaks_.rend(); ++peak) {
        root = node_hash(*peak, root);
    }
    return root;
}

std::string root_over(std::span<const std::string> hashes) {
    Frontier tree;
    for (const std::string& each : hashes) {
        tree.append(each);
    }
    return tree.root();
}

}  // namespace soma::domain
