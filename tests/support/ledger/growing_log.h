#pragma once
#include <string>

#include "domain/ledger/witness/protocol.h"
#include "unit/domain/ledger/merkle/merkle.h"
#include "unit/domain/ledger/merkle/note_signer.h"

namespace soma::test {

/// A log of the tests' own whose trees are asked to be cosigned. Its leaves are the same in every
/// run; `fork` is another log under the same name and key that parts from it at a leaf.
class GrowingLog {
  public:
    explicit GrowingLog(const std::string& name = "example.com/log", std::size_t parts_at = 0,
                        int fork = 0)
        : signer_(name, "key of " + name), parts_at_(parts_at), fork_(fork) {}

    const domain::NoteKey& key() const { return signer_.key(); }

    testing::Hashes leaves(std::size_t size) const {
        auto leaves = testing::some_leaves(size);
        for (std::size_t i = parts_at_; i < size && fork_ != 0; ++i) {
            leaves[i] =
                domain::leaf_hash("fork " + std::to_string(fork_) + " leaf " + std::to_string(i));
        }
        return leaves;
    }
    domain::AddCheckpoint ask(std::uint64_t from, std::uint64_t to) const {
        const auto tree = leaves(to);
        const auto note = signer_.checkpoint(to, testing::rfc_root(tree));
        return {from, consistency_proof(from, to, testing::source_of(tree)), note,
                domain::parse_checkpoint(note.text)};
    }

  private:
    testing::NoteSigner signer_;
    std::size_t parts_at_;
    int fork_;
};

}  // namespace soma::test
