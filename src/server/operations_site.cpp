#include "server/operations_site.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/canonical_json.h"
#include "base/error.h"
#include "server/error_reply.h"

namespace soma::server {
namespace {

std::string_view state_name(PartState state) {
    switch (state) {
        case PartState::ok:
            return "ok";
        case PartState::degraded:
            return "degraded";
        case PartState::down:
            break;
    }
    return "down";
}

HttpReply ready_reply(const ReadyReport& report) {
    PartState worst = PartState::ok;
    std::string parts;
    for (const Part& part : report.parts) {
        worst = std::max(worst, part.state);
        parts += parts.empty() ? "" : ",";
        append_json_string(parts, part.name);
        parts += ":{\"status\":\"" + std::string(state_name(part.state)) + "\"";
        if (!part.reason.empty()) {
            parts += ",\"reason\":";
            append_json_string(parts, part.reason);
        }
        parts += "}";
    }
    return {.status = worst == PartState::down ? http_status(ErrorKind::unavailable) : 200,
            .body = "{\"status\":\"" + std::string(state_name(worst)) + "\",\"parts\":{" + parts +
                    "}}"};
}

HttpReply metrics_reply(std::string text) {
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = std::move(text)};
}

/// The reports throw only on mistakes of ours; the scraper then sees a 500 and the process lives.
HttpReply guarded(const std::function<HttpReply()>& make, const RequestHead& head) {
    try {
        return make();
    } catch (const Error& error) {
        return error_reply(error, head.request_id);
    } catch (const std::exception& error) {
        return error_reply(Error(ErrorKind::internal, error.what()), head.request_id);
    }
}

}  // namespace

Site make_operations_site(std::function<ReadyReport()> ready,
                          std::function<std::string()> metrics) {
    // Shared with the dispositions handed out: they may outlive a copy of the site.
    const auto shared_ready =
        std::make_shared<const std::function<ReadyReport()>>(std::move(ready));
    const auto shared_metrics =
        std::make_shared<const std::function<std::string()>>(std::move(metrics));
    return [shared_ready, shared_metrics](const RequestHead& head) {
        const std::string path = head.target.substr(0, head.target.find('?'));
        if (path != "/health" && path != "/ready" && path != "/metrics") {
            return Disposition{
                trouble_reply(HttpTrouble::no_such_path, "", head.request_id), 0, {}};
        }
        if (head.verb != "GET" && head.verb != "HEAD") {
            HttpReply reply = trouble_reply(HttpTrouble::method_not_allowed, "", head.request_id);
            reply.headers.emplace_back("Allow", "GET, HEAD");
            return Disposition{std::move(reply), 0, {}};
        }
        if (path == "/health") {
            return Disposition{HttpReply{.body = R"({"status":"ok"})"}, 0, {}};
        }
        if (path == "/ready") {
            return Disposition{
                std::nullopt, 0, [shared_ready](const RequestHead& request, const std::string&) {
                    return guarded([&] { return ready_reply((*shared_ready)()); }, request);
                }};
        }
        return Disposition{
            std::nullopt, 0, [shared_metrics](const RequestHead& request, const std::string&) {
                return guarded([&] { return metrics_reply((*shared_metrics)()); }, request);
            }};
    };
}

}  // namespace soma::server
