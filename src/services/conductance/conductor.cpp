#include "services/conductance/conductor.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <unordered_set>

#include "base/error.h"
#include "services/commit/wait.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace soma::services {
namespace {

constexpr int kOkStatus = 200;

void count(std::string_view outcome, std::size_t verdicts) {
    telemetry::metrics()
        .counter("somabrain_conductance_verdicts_total", {outcome})
        .Increment(static_cast<double>(verdicts));
}

}  // namespace

/// The links of the verdicts' memories, of those they lead to, and so on: whole components, or as
/// many whole rounds as stay within kMaxFlowLinks. `is_too_much`: not even the first does.
std::vector<domain::Link> Conductor::around(const Uuid& tenant,
                                            const std::vector<domain::FlowVerdict>& verdicts,
                                            bool& is_too_much, const Deadline& deadline) {
    std::unordered_set<Uuid> known;
    std::vector<Uuid> front;
    const auto meet = [&](const Uuid& memory) {
        if (known.insert(memory).second) {
            front.push_back(memory);
        }
    };
    for (const auto& verdict : verdicts) {
        meet(verdict.source);
        std::for_each(verdict.sinks.begin(), verdict.sinks.end(), meet);
    }
    std::vector<domain::Link> links;
    std::set<domain::LinkKey> keys;
    is_too_much = false;
    while (!front.empty()) {
        const auto more = links_.around(tenant, front, domain::kMaxFlowLinks + 1, deadline);
        std::vector<domain::Link> fresh;
        std::copy_if(more.begin(), more.end(), std::back_inserter(fresh),
                     [&](const auto& link) { return !keys.contains(link.key); });
        if (more.size() > domain::kMaxFlowLinks ||
            links.size() + fresh.size() > domain::kMaxFlowLinks) {
            is_too_much = links.empty();
            break;
        }
        front.clear();
        for (auto& link : fresh) {
            meet(link.key.from);
            meet(link.key.to);
            keys.insert(link.key);
            links.push_back(std::move(link));
        }
    }
    return links;
}

/// As many of the oldest verdicts as have links enough for one batch: one at least, whose current
/// finds no way where its memories have more.
Conductor::Load Conductor::load(const Uuid& tenant, const Deadline& deadline) {
    Load out{verdicts_.oldest(tenant, domain::kMaxFlowVerdicts, deadline), {}};
    bool is_too_much = true;
    while (is_too_much && !out.verdicts.empty()) {
        out.links = around(tenant, out.verdicts, is_too_much, deadline);
        if (!is_too_much || out.verdicts.size() == 1) {
            break;
        }
        out.verdicts.resize(out.verdicts.size() / 2);
    }
    return out;
}

domain::ApplyFlow Conductor::change_of(const Load& load, const domain::FlowBatch& batch, Time now) {
    domain::ApplyFlow change;
    for (const auto& verdict : load.verdicts) {
        change.verdicts.push_back(verdict.sequence);
    }
    change.gains = batch.gains;
    auto& event = change.event;
    event.id = ids_.next(now);
    event.actor = "somabrain";
    event.action = "memory.flow";
    event.status = kOkStatus;
    stamp(event, laws_.find(now).get());
    event.details["verdicts"] = load.verdicts.size();
    event.details["flowed"] = batch.flowed;
    event.details["links"] = batch.gains.size();
    return change;
}

void Conductor::flow(const backends::TenantRow& tenant, Time now, const Deadline& deadline) {
    const Load load = this->load(tenant.id, deadline);
    if (load.verdicts.empty()) {
        return;
    }
    const auto batch = domain::flow_batch(load.links, load.verdicts, now);
    domain::Intent intent{.tenant = tenant.streams(), .now = now, .deadline = deadline};
    intent.changes.emplace_back(change_of(load, batch, now));
    const auto outcome = wait_for(committer_.submit(std::move(intent)), deadline);
    if (std::holds_alternative<domain::Committed>(outcome)) {
        invariants_.see(telemetry::Invariant::kirchhoff, batch.kirchhoff_error);
        count("flowed", batch.flowed);
        count("no_way", load.verdicts.size() - batch.flowed);
    }
}

void Conductor::flow_owed(Time now, const Deadline& deadline) {
    for (int pass = 0; pass < limits_.passes && !deadline.passed(); ++pass) {
        const auto owed = verdicts_.owed(limits_.tenants, deadline);
        if (owed.empty()) {
            return;
        }
        for (const Uuid& id : owed) {
            try {
                if (const auto tenant = tenants_.find(id, deadline)) {
                    flow(*tenant, now, deadline);
                }
            } catch (const Error& error) {
                telemetry::log(telemetry::Level::warn, "currents are still owed",
                               {{"error", error.public_message()}, {"detail", error.detail()}});
            }
        }
    }
}

}  // namespace soma::services
