#include "services/learning/learning.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "base/encoding.h"
#include "base/error.h"
#include "domain/adaptation/calibration.h"
#include "services/gate/request_reader.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;

constexpr int kOkStatus = 200;

void show(const domain::Theta& theta, WeightFigures& into) {
    into.set_version(theta.version);
    into.set_lambda(theta.lambda);
    into.set_mu(theta.mu);
    into.set_nu(theta.nu);
    into.set_temperature(theta.temperature);
    for (std::size_t v = 0; v < domain::view_count; ++v) {
        auto& view = *into.add_views();
        view.set_view(std::string(domain::view_names[v]));
        view.set_weight(theta.weights.numbers[v]);
    }
    auto& calibration = *into.mutable_calibration();
    calibration.set_verdicts(theta.verdicts);
    calibration.set_needed(domain::kEnoughVerdicts);
    for (std::size_t i = 0; i < domain::kCoverageFeatures; ++i) {
        auto& feature = *calibration.add_features();
        feature.set_feature(std::string(domain::coverage_feature_names[i]));
        feature.set_weight(theta.calibration[i]);
    }
}

void add_names(google::protobuf::RepeatedPtrField<std::string>& names) {
    for (std::size_t i = 0; i < domain::kCoordinates; ++i) {
        *names.Add() = domain::coordinate_name(i);
    }
}

void show(const backends::KeptLearning& kept, WeightsChange& change) {
    const auto& row = kept.row;
    change.set_version(row.version);
    change.set_kind(std::string(domain::kind_name(row.kind)));
    change.set_created_at(format_rfc3339(kept.created_at));
    change.set_sequence(kept.sequence);
    change.set_constitution_version(row.constitution_version);
    change.mutable_before()->Add(row.before.begin(), row.before.end());
    change.mutable_after()->Add(row.after.begin(), row.after.end());
    if (row.gradient) {
        change.mutable_gradient()->Add(row.gradient->begin(), row.gradient->end());
    }
    if (row.reward) {
        change.set_reward(*row.reward);
    }
    if (row.alarm) {
        change.set_alarm(std::string(domain::alarm_name(*row.alarm)));
    }
    if (row.restored) {
        change.set_restored_version(*row.restored);
    }
    if (kept.feedback) {
        change.set_feedback_id(kept.feedback->to_string());
    }
}

}  // namespace

GetWeightsResponse Learning::get(const RequestContext& context, const Admission& admission,
                                 const GetWeightsRequest& request) {
    GetWeightsResponse response;
    show(weights_.of(admission, context.deadline), *response.mutable_weights());
    response.set_constitution_version(admission.law->version);
    writer_.record_read(context, admission, request, response, {});
    return response;
}

WeightsHistoryResponse Learning::history(const RequestContext& context, const Admission& admission,
                                         const WeightsHistoryRequest& request) {
    const auto limit =
        static_cast<std::size_t>(request.has_limit() ? request.limit() : kDefaultPage);
    const auto below = request.has_below() ? static_cast<std::uint64_t>(request.below())
                                           : std::numeric_limits<std::int64_t>::max();
    // One more tells whether there are more.
    const auto rows = rows_.history(admission.tenant.id, below,
                                    static_cast<std::int32_t>(limit + 1), context.deadline);
    WeightsHistoryResponse response;
    add_names(*response.mutable_coordinates());
    for (std::size_t i = 0; i < std::min(rows.size(), limit); ++i) {
        show(rows[i], *response.add_changes());
    }
    if (rows.size() > limit) {
        response.set_next(rows[limit - 1].row.version);
    }
    writer_.record_read(context, admission, request, response, {});
    return response;
}

RollBackWeightsResponse Learning::roll_back(const RequestContext& context,
                                            const Admission& admission,
                                            const RollBackWeightsRequest& request) {
    if (request.has_to_version() == request.has_steps()) {
        throw invalid("/to_version", "or steps must be given, and not both");
    }
    // The row outlives the request that made it: so does the law it names.
    const std::shared_ptr<const domain::Constitution> law(admission.law, &admission.law->law);
    domain::RollBackWeights change{.version = {}, .steps = 0, .law = law, .event = {}};
    if (request.has_to_version()) {
        change.version = static_cast<std::uint64_t>(request.to_version());
    } else {
        change.steps = static_cast<std::uint64_t>(request.steps());
    }
    change.event = writer_.event(context, admission, kOkStatus);
    auto intent = Writer::intent(context, admission);
    intent.claim = writer_.claim(context, admission, request);
    intent.changes.emplace_back(std::move(change));
    return writer_.commit<RollBackWeightsResponse>(
        context, admission, std::move(intent),
        {.status = kOkStatus, .body = [law, epoch = admission.tenant.epoch](const auto& assigned) {
             const auto& [sequence, row] =
                 std::pair(assigned.front().sequence, assigned.front().learnt);
             RollBackWeightsResponse response;
             show(domain::theta_of(row->version, row->after, *law), *response.mutable_weights());
             response.set_restored_version(row->restored.value());
             response.set_sequence(sequence);
             response.set_state_token(domain::StateToken{epoch, sequence}.to_string());
             return response.SerializeAsString();
         }});
}

}  // namespace soma::services
