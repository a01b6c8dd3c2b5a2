#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/constitution/document/document.h"
#include "domain/constitution/refusal.h"
#include "domain/constitution/signatures.h"

namespace soma::domain {

/// How far the clocks of those who issue and those who check may be apart.
inline constexpr std::chrono::minutes kClockTolerance{5};

/// One version as a store has it: nothing about it is believed yet.
struct SignedVersion {
    std::string text;
    std::vector<Signature> signatures;
};

/// The law 1..N, verified from the operator's trust root (SHA3-512 of version 1) upwards. Holds the
/// newest version whole and the hashes of all. A value; not to be changed by two threads at once.
class Chain {
  public:
    explicit Chain(std::string trust_root) : trust_root_(std::move(trust_root)) {}

    /// Takes the next version, or says why not and stays as it is: its text is a canonical
    /// constitution, its number is the next, it names the hash before it (version 1: it is the
    /// trust root), it was not issued before its predecessor, and both sets of signers reached
    /// their thresholds. Terms are not asked: an old version may have ended since.
    std::optional<LawRefusal> append(const SignedVersion& next);

    /// Everything append asks of a document but its signatures.
    std::optional<LawRefusal> check_succession(const Document& next) const;

    std::uint64_t version() const { return hashes_.size(); }  ///< 0: no law yet
    /// The newest version's law and text; null while there is none.
    const Document* head() const { return head_ ? &*head_ : nullptr; }
    /// The law whose signers a next version needs; null before version 1.
    const Constitution* law() const { return head_ ? &head_->law : nullptr; }
    /// Hash of a version in 1..version().
    const std::string& hash(std::uint64_t version) const;

  private:
    std::string trust_root_;
    std::vector<std::string> hashes_;
    std::optional<Document> head_;
};

/// Whether the law is in its term at `now`: issued (kClockTolerance aside) and not expired.
std::optional<LawRefusal> check_term(const Constitution& law, Time now);

/// The newest version a place claims to have seen.
struct Mark {
    std::string_view place;  ///< "postgresql", "redis", "snapshots", "openbao": for the message
    std::uint64_t version = 0;
    std::string_view hash;
};

/// Refuses a chain that is older than any mark, or whose text differs from one under the same
/// number: somebody rolled a store back, or wrote another history. A place that lags behind with a
/// hash of the chain is no reason: it can be healed from it.
std::optional<LawRefusal> check_marks(const Chain& chain, std::span<const Mark> marks);

}  // namespace soma::domain
