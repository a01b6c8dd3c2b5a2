#include "domain/ledger/relay/stream_order.h"

namespace soma::domain {
namespace {

std::pair<Uuid, Stream> key(const StreamPlace& place) {
    return {place.tenant.value_or(Uuid{}), place.stream};
}

}  // namespace

Arrival StreamOrder::admit(const StreamPlace& place) {
    const auto found = last_.find(key(place));
    const bool same_log = found != last_.end() && found->second.log_id == place.log_id;
    // A restored log goes on from its backup: its first event may have a number that was used
    // before.
    if (same_log && place.sequence <= found->second.sequence) {
        return Arrival::repeated;
    }
    const auto next = expected(place);
    if (topic_ == Topic::whole && next && place.sequence > *next) {
        return Arrival::gap;
    }
    last_[key(place)] = {place.log_id, place.sequence};
    return Arrival::fresh;
}

std::optional<std::uint64_t> StreamOrder::expected(const StreamPlace& place) const {
    const auto found = last_.find(key(place));
    if (found != last_.end()) {
        return found->second.sequence + 1;
    }
    return from_ == From::beginning ? std::optional<std::uint64_t>(1) : std::nullopt;
}

}  // namespace soma::domain
