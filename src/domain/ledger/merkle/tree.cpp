#include "domain/ledger/merkle/tree.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "base/crypto.h"
#include "base/error.h"

namespace soma::domain {

namespace {

/// What a node's hash is of: 0x01 ‖ left ‖ right.
using NodeBytes = std::array<char, 1 + 2 * kTreeHashBytes>;

}  // namespace

std::string node_hash(std::string_view left, std::string_view right) {
    SOMA_ASSERT(left.size() == kTreeHashBytes && right.size() == kTreeHashBytes, "two hashes");
    NodeBytes bytes{'\1'};
    std::copy(left.begin(), left.end(), bytes.begin() + 1);
    std::copy(right.begin(), right.end(), bytes.begin() + 1 + kTreeHashBytes);
    return sha256({bytes.data(), bytes.size()});
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
    if (hashes.empty()) {
        return empty_root();
    }
    std::string row;
    row.reserve(hashes.size() * kTreeHashBytes);
    for (const auto& hash : hashes) {
        SOMA_ASSERT(hash.size() == kTreeHashBytes, "a hash");
        row += hash;
    }
    // Level by level, in place. Where a level's number is odd its last goes up as it is, which is
    // the RFC's split at the largest power of two below the size.
    NodeBytes bytes{'\1'};
    for (std::size_t count = hashes.size(); count > 1; count = (count + 1) / 2) {
        for (std::size_t i = 0; i < count / 2; ++i) {
            std::copy_n(&row[2 * i * kTreeHashBytes], 2 * kTreeHashBytes, bytes.begin() + 1);
            sha256_into(std::span<char, kTreeHashBytes>(&row[i * kTreeHashBytes], kTreeHashBytes),
                        {bytes.data(), bytes.size()});
        }
        if (count % 2 == 1) {
            std::copy_n(&row[(count - 1) * kTreeHashBytes], kTreeHashBytes,
                        &row[count / 2 * kTreeHashBytes]);
        }
    }
    row.resize(kTreeHashBytes);
    return row;
}

}  // namespace soma::domain
