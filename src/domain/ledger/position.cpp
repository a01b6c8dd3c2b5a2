#include "domain/ledger/position.h"

namespace soma::domain {

std::optional<Findings> presume(const Questions& questions, const Position& position) {
    if (questions.law || questions.events) {
        return std::nullopt;
    }
    Findings out{position.log_id, position.log_size, {}, {}};
    for (const Uuid& stream : questions.streams) {
        const auto known = position.streams.find(stream);
        if (known == position.streams.end()) {
            return std::nullopt;
        }
        out.streams.insert(*known);
    }
    for (const auto& [tenant, asked] : questions.tenants) {
        if (asked.beyond_claims()) {
            return std::nullopt;
        }
    }
    return out;
}

void advance(Position& position, const Findings& findings, const Plan& plan) {
    position.log_id = plan.log_id;
    position.log_size = plan.log_size;
    if (position.streams.size() + findings.streams.size() > kMaxKnownStreams) {
        position.streams.clear();
    }
    for (const auto& [stream, sequence] : findings.streams) {
        const auto moved = plan.streams.find(stream);
        position.streams[stream] = moved == plan.streams.end() ? sequence : moved->second.to;
    }
}

}  // namespace soma::domain
