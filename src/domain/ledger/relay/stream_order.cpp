#include "domain/ledger/relay/stream_order.h"

namespace soma::domain {
namespace {

std::pair<Uuid, Stream> key(const StreamPlace& place) {
    return {place.tenant.value_or(Uuid{}), place.stream};
}

}  // namespace

StreamOrder::StreamOrder(Topic topic, const std::vector<StreamPlace>& had) : topic_(topic) {
    for (const StreamPlace& place : had) {
        last_[key(place)] = {place.log_id, place.sequence};
    }
}

Arrival StreamOrder::admit(const StreamPlace& place) {
    const auto found = last_.find(key(place));
    const bool same_log = found != last_.end() && found->second.log_id == place.log_id;
    // A restored log goes on from its backup: its first event may have a number that was used
    // before.
    if (same_log && place.sequence <= found->second.sequence) {
        return Arrival::repeated;
    }
    if (topic_ == Topic::whole && place.sequence > expected(place)) {
        return Arrival::gap;
    }
    last_[key(place)] = {place.log_id, place.sequence};
    return Arrival::fresh;
}

std::uint64_t StreamOrder::expected(const StreamPlace& place) const {
    const auto found = last_.find(key(place));
    return found == last_.end() ? 1 : found->second.sequence + 1;
}

std::vector<StreamPlace> StreamOrder::had() const {
    std::vector<StreamPlace> out;
    for (const auto& [key, last] : last_) {
        const auto tenant = key.second == Stream::system ? std::nullopt : std::optional(key.first);
        out.push_back({tenant, key.second, last.log_id, last.sequence});
    }
    return out;
}

}  // namespace soma::domain
