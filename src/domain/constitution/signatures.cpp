#include "domain/constitution/signatures.h"

#include <algorithm>
#include <set>

#include "base/ed25519.h"
#include "base/encoding.h"

namespace soma::domain {
namespace {

bool holds(const Constitution& law, std::string_view key) {
    return std::any_of(law.signers.begin(), law.signers.end(),
                       [&](const Signer& signer) { return signer.public_key == key; });
}

std::string missing(const Count& count) {
    return std::to_string(count.have) + " of " + std::to_string(count.need) + " needed";
}

}  // namespace

std::variant<Tally, LawRefusal> count_signatures(const Document& document,
                                                 const Constitution* before,
                                                 std::span<const Signature> signatures) {
    const std::string message = signed_bytes(document);
    Tally tally{{0, before == nullptr ? 0 : before->threshold}, {0, document.law.threshold}};
    std::set<std::string_view> seen;
    for (const Signature& signature : signatures) {
        const bool in_old = before != nullptr && holds(*before, signature.public_key);
        const bool in_new = holds(document.law, signature.public_key);
        // Signers only: their keys passed valid_ed25519_key when they were admitted.
        if (!in_old && !in_new) {
            return LawRefusal{RefusalReason::unknown_signer,
                              "a signature is by a key of no signer"};
        }
        if (!seen.insert(signature.public_key).second) {
            return LawRefusal{RefusalReason::repeated_signer,
                              "two signatures are by one key: it counts once"};
        }
        if (!verify_ed25519(signature.public_key, message, signature.bytes)) {
            return LawRefusal{
                RefusalReason::bad_signature,
                "the signature by " + to_hex(signature.public_key) + " does not verify"};
        }
        tally.old_set.have += in_old ? 1 : 0;
        tally.new_set.have += in_new ? 1 : 0;
    }
    return tally;
}

std::optional<LawRefusal> check_tally(const Tally& tally) {
    if (!tally.old_set.reached()) {
        return LawRefusal{RefusalReason::old_threshold,
                          "too few signers of the version before: " + missing(tally.old_set)};
    }
    if (!tally.new_set.reached()) {
        return LawRefusal{RefusalReason::new_threshold,
                          "too few of its own signers: " + missing(tally.new_set)};
    }
    return std::nullopt;
}

}  // namespace soma::domain
