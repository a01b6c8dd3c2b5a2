#include "services/constitution/present.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;

std::optional<domain::Document> document_of(const backends::LawRow& row) {
    try {
        return domain::read_canonical_document(row.signed_version.text);
    } catch (const Error&) {
        return std::nullopt;
    }
}

domain::ProposalState state_of(const backends::LawRow& row,
                               const std::optional<domain::Document>& document,
                               const domain::Chain& chain, Time now) {
    if (!document || document->hash != row.hash) {
        return domain::ProposalState::refused;
    }
    return domain::proposal_state(chain, {*document, row.signed_version.signatures}, now);
}

ConstitutionSummary summarise(const backends::LawRow& row,
                              const std::optional<domain::Document>& document,
                              const domain::Chain& chain, Time now) {
    ConstitutionSummary out;
    out.set_id(to_hex(row.hash));
    out.set_version(row.version);
    out.set_state(std::string(domain::state_name(state_of(row, document, chain, now))));
    out.set_proposed_at(format_rfc3339(row.proposed_at));
    if (row.activated_at) {
        out.set_activated_at(format_rfc3339(*row.activated_at));
    }
    return out;
}

const domain::Signer* holder_of(const std::string& key, const domain::Constitution* law) {
    if (law == nullptr) {
        return nullptr;
    }
    const auto found = std::find_if(law->signers.begin(), law->signers.end(),
                                    [&](const auto& signer) { return signer.public_key == key; });
    return found == law->signers.end() ? nullptr : &*found;
}

void set_count(const domain::Count& count, SignatureCount& out) {
    out.set_have(static_cast<std::int32_t>(count.have));
    out.set_need(static_cast<std::int32_t>(count.need));
}

void add_signatures(const backends::LawRow& row, const domain::Document& document,
                    const domain::Constitution* before, ConstitutionVersion& out) {
    for (const auto& signature : row.signed_version.signatures) {
        auto& shown = *out.add_signatures();
        shown.set_public_key(to_base64(signature.public_key));
        shown.set_signature(to_base64(signature.bytes));
        const auto* holder = holder_of(signature.public_key, &document.law);
        holder = holder == nullptr ? holder_of(signature.public_key, before) : holder;
        if (holder != nullptr) {
            shown.set_signer(holder->id);
        }
    }
    const auto counted = domain::count_signatures(document, before, row.signed_version.signatures);
    if (const auto* tally = std::get_if<domain::Tally>(&counted)) {
        set_count(tally->old_set, *out.mutable_signatures_of_holders_before());
        set_count(tally->new_set, *out.mutable_signatures_of_own_holders());
    }
}

}  // namespace

ConstitutionSummary summarise(const backends::LawRow& row, const domain::Chain& chain, Time now) {
    return summarise(row, document_of(row), chain, now);
}

std::optional<domain::Document> law_before(backends::Laws& laws, const backends::LawRow& row,
                                           const Deadline& deadline) {
    const auto before =
        row.version <= 1 ? std::nullopt : laws.find_version(row.version - 1, deadline);
    return before ? document_of(*before) : std::nullopt;
}

ConstitutionVersion present(const backends::LawRow& row, const domain::Chain& chain,
                            const domain::Constitution* before, Time now) {
    const auto document = document_of(row);
    ConstitutionVersion out;
    *out.mutable_summary() = summarise(row, document, chain, now);
    out.set_document(row.signed_version.text);
    if (document) {
        out.set_signed_bytes(to_base64(domain::signed_bytes(*document)));
        add_signatures(row, *document, before, out);
    }
    return out;
}

}  // namespace soma::services
