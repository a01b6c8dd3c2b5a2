#include "domain/constitution/update.h"

#include <array>

namespace soma::domain {
namespace {

constexpr std::array<std::string_view, 7> kStates{"collecting", "ready",  "active", "superseded",
                                                  "overtaken",  "lapsed", "refused"};

}  // namespace

std::string_view state_name(ProposalState state) {
    return kStates[static_cast<std::size_t>(state)];
}

ProposalState proposal_state(const Chain& chain, const Proposal& proposal, Time now) {
    const std::uint64_t version = proposal.document.law.version;
    if (version <= chain.version()) {
        if (chain.hash(version) != proposal.document.hash) {
            return ProposalState::overtaken;
        }
        return version == chain.version() ? ProposalState::active : ProposalState::superseded;
    }
    if (chain.check_succession(proposal.document)) {
        return ProposalState::overtaken;
    }
    const auto counted = count_signatures(proposal.document, chain.law(), proposal.signatures);
    if (std::holds_alternative<LawRefusal>(counted)) {
        return ProposalState::refused;
    }
    if (now >= proposal.document.law.expires_at) {
        return ProposalState::lapsed;
    }
    return std::get<Tally>(counted).reached() ? ProposalState::ready : ProposalState::collecting;
}

std::optional<LawRefusal> check_propose(const Chain& chain, const Document& document, Time now) {
    if (auto refusal = chain.check_succession(document)) {
        return refusal;
    }
    return check_term(document.law, now);
}

std::optional<LawRefusal> check_sign(const Chain& chain, const Proposal& proposal,
                                     const Signature& signature, Time now) {
    if (auto refusal = check_propose(chain, proposal.document, now)) {
        return refusal;
    }
    std::vector<Signature> all = proposal.signatures;
    all.push_back(signature);
    const auto counted = count_signatures(proposal.document, chain.law(), all);
    if (const auto* refusal = std::get_if<LawRefusal>(&counted)) {
        return *refusal;
    }
    return std::nullopt;
}

std::optional<LawRefusal> check_activate(const Chain& chain, const Proposal& proposal, Time now) {
    if (auto refusal = check_propose(chain, proposal.document, now)) {
        return refusal;
    }
    const auto counted = count_signatures(proposal.document, chain.law(), proposal.signatures);
    if (const auto* refusal = std::get_if<LawRefusal>(&counted)) {
        return *refusal;
    }
    return check_tally(std::get<Tally>(counted));
}

}  // namespace soma::domain
