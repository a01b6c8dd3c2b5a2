#include "domain/ledger/law_plan.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace soma::domain {
namespace {

bool stands_at(const LawFindings& found, const Chain& chain) {
    return found.version == chain.version() &&
           (chain.version() == 0 || found.hash == chain.hash(chain.version()));
}

std::variant<Proposal, LawRefusal> read_proposal(const SignedVersion& row,
                                                 const std::string& hash) {
    try {
        Proposal out{read_canonical_document(row.text), row.signatures};
        if (out.document.hash == hash) {
            return out;
        }
    } catch (const Error&) {
        // Below: a store that gives another text than was proposed gives no constitution either.
    }
    return LawRefusal{RefusalReason::document, "the store's document is not the proposed one"};
}

class Decision {
  public:
    Decision(const LawChange& change, const LawFindings& found, Time now)
        : chain_(*change.chain), found_(found), now_(now) {}

    std::optional<Outcome> operator()(const ProposeLaw& step) const {
        if (found_.row) {
            return LawKnown{};
        }
        if (found_.open >= kMaxOpenProposals) {
            return TooManyProposals{};
        }
        return refused(check_propose(chain_, step.document, now_));
    }

    std::optional<Outcome> operator()(const SignLaw& step) const {
        return with_proposal(step.hash, [&](const Proposal& proposal) -> std::optional<Outcome> {
            const auto& have = proposal.signatures;
            if (std::find(have.begin(), have.end(), step.signature) != have.end()) {
                return LawKnown{};
            }
            return refused(check_sign(chain_, proposal, step.signature, now_));
        });
    }

    std::optional<Outcome> operator()(const ActivateLaw& step) const {
        return with_proposal(step.hash, [&](const Proposal& proposal) {
            return refused(check_activate(chain_, proposal, now_));
        });
    }

  private:
    static std::optional<Outcome> refused(std::optional<LawRefusal> refusal) {
        return refusal ? std::optional<Outcome>(std::move(*refusal)) : std::nullopt;
    }

    template <typename Decide>
    std::optional<Outcome> with_proposal(const std::string& hash, const Decide& decide) const {
        if (!found_.row) {
            return ProposalMissing{};
        }
        const auto proposal = read_proposal(*found_.row, hash);
        if (const auto* refusal = std::get_if<LawRefusal>(&proposal)) {
            return *refusal;
        }
        return decide(std::get<Proposal>(proposal));
    }

    const Chain& chain_;
    const LawFindings& found_;
    Time now_;
};

}  // namespace

std::optional<Outcome> refuse_step(const LawChange& change, const LawFindings& found, Time now) {
    if (!stands_at(found, *change.chain)) {
        return LawMoved{};
    }
    return std::visit(Decision(change, found, now), change.step);
}

}  // namespace soma::domain
