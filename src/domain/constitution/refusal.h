#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace soma::domain {

/// Why a version of the law is not accepted.
enum class RefusalReason : std::uint8_t {
    document,         ///< the text is no constitution in canonical form
    trust_root,       ///< version 1 is not the one the operator trusts
    version,          ///< not the version after the newest
    previous,         ///< does not continue the newest version
    not_yet_valid,    ///< issued in the future, or before its predecessor
    expired,          ///< its term is over
    unknown_signer,   ///< a signature by a key of neither set
    repeated_signer,  ///< two signatures by one key
    bad_signature,    ///< a signature that does not verify
    old_threshold,    ///< too few signers of the version before
    new_threshold,    ///< too few of its own signers
    rolled_back,      ///< a store has seen a newer version
    disagreement,     ///< a store holds another text under the same number
};

/// "document", "trust_root", …: for events, metrics and exit lines.
std::string_view reason_name(RefusalReason reason);

/// The answer "no", with its reason in words. The caller decides what it means: a start that ends,
/// a proposal that is answered 409.
struct LawRefusal {
    RefusalReason reason = RefusalReason::document;
    std::string message;
};

}  // namespace soma::domain
