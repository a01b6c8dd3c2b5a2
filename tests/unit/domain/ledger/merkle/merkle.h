#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/encoding.h"
#include "domain/ledger/event.h"
#include "domain/ledger/merkle/proof.h"
#include "domain/ledger/merkle/tree.h"

/// The definitions of RFC 9162 §2.1, word by word, and the leaves and roots that the reference
/// implementation of Certificate Transparency is tested with.
namespace soma::testing {

using Hashes = std::vector<std::string>;

inline std::size_t split(std::size_t size) {
    std::size_t k = 1;
    while (k * 2 < size) k *= 2;
    return k;
}

inline Hashes part(const Hashes& all, std::size_t from, std::size_t to) {
    return {all.begin() + static_cast<std::ptrdiff_t>(from),
            all.begin() + static_cast<std::ptrdiff_t>(to)};
}

/// MTH(D[n]) over leaf hashes.
inline std::string rfc_root(const Hashes& leaves) {
    if (leaves.empty()) return domain::empty_root();
    if (leaves.size() == 1) return leaves[0];
    const auto k = split(leaves.size());
    return domain::node_hash(rfc_root(part(leaves, 0, k)),
                             rfc_root(part(leaves, k, leaves.size())));
}

/// Complete subtrees of a given tree, by the definition.
inline domain::SubtreeSource source_of(const Hashes& leaves) {
    return [&leaves](const domain::Subtree& subtree) {
        const auto from = subtree.index << subtree.level;
        return rfc_root(part(leaves, from, from + (std::uint64_t{1} << subtree.level)));
    };
}

inline Hashes some_leaves(std::size_t count) {
    Hashes leaves;
    for (std::size_t i = 0; i < count; ++i) {
        leaves.push_back(domain::leaf_hash("leaf " + std::to_string(i)));
    }
    return leaves;
}

inline Hashes reference_leaves() {
    Hashes leaves;
    for (const auto* hex : {"", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                            "606162636465666768696a6b6c6d6e6f"}) {
        leaves.push_back(domain::leaf_hash(*from_hex(hex)));
    }
    return leaves;
}

/// By size, from 0.
inline const Hashes kReferenceRoots{
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

inline Hashes in_hex(const Hashes& hashes) {
    Hashes out;
    for (const auto& each : hashes) out.push_back(to_hex(each));
    return out;
}

}  // namespace soma::testing
