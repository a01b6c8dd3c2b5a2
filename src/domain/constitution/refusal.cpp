#include "domain/constitution/refusal.h"

#include <array>

namespace soma::domain {
namespace {

constexpr std::array<std::string_view, 13> kNames{
    "document",      "trust_root",     "version",         "previous",      "not_yet_valid",
    "expired",       "unknown_signer", "repeated_signer", "bad_signature", "old_threshold",
    "new_threshold", "rolled_back",    "disagreement"};
static_assert(kNames.size() == static_cast<std::size_t>(RefusalReason::disagreement) + 1);

}  // namespace

std::string_view reason_name(RefusalReason reason) {
    return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace soma::domain
