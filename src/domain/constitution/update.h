#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/constitution/chain.h"

namespace soma::domain {

/// An update on its way: the document and the signatures that arrived.
struct Proposal {
    Document document;
    std::vector<Signature> signatures;
};

/// Where an update stands. It follows from the chain, the signatures and the time: nobody stores
/// it, so no store can claim it.
enum class ProposalState : std::uint8_t {
    collecting,  ///< the next version, still short of signatures
    ready,       ///< the next version, both thresholds reached
    active,      ///< the newest version of the chain
    superseded,  ///< an older version of the chain
    overtaken,   ///< another text took its number, or the number before it
    lapsed,      ///< its term ended before it became active
    refused,     ///< it holds a signature that is not good
};
/// "collecting", …
std::string_view state_name(ProposalState state);

ProposalState proposal_state(const Chain& chain, const Proposal& proposal, Time now);

/// Each step asks the whole law again, because time and other operators went on meanwhile. nullopt:
/// go on. Several may be proposed for one number; the first that is activated wins, and the others
/// are told `version` or `previous`.
std::optional<LawRefusal> check_propose(const Chain& chain, const Document& document, Time now);

/// `signature` must be good, by a signer of either set whose key has not signed this proposal yet.
std::optional<LawRefusal> check_sign(const Chain& chain, const Proposal& proposal,
                                     const Signature& signature, Time now);

std::optional<LawRefusal> check_activate(const Chain& chain, const Proposal& proposal, Time now);

}  // namespace soma::domain
