#include "server/routes.h"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <map>

#include "somabrain/v1/audit.pb.h"
#include "somabrain/v1/brain.pb.h"
#include "somabrain/v1/constitution.pb.h"
#include "somabrain/v1/memory.pb.h"
#include "somabrain/v1/subject.pb.h"

namespace soma::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::ServiceDescriptor;

bool is_parameter(const std::string& segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

std::vector<std::string> split_path(std::string_view path) {
    std::vector<std::string> segments;
    std::size_t begin = 1;  // after the leading slash
    while (begin <= path.size()) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        segments.emplace_back(path.substr(begin, end - begin));
        begin = end + 1;
    }
    return segments;
}

bool fits(const Route& route, const std::vector<std::string>& segments) {
    return std::equal(route.segments.begin(), route.segments.end(), segments.begin(),
                      segments.end(), [](const std::string& pattern, const std::string& given) {
                          return is_parameter(pattern) ? !given.empty() : pattern == given;
                      });
}

/// Literal paths before parameters: "/v1/memories/count" is not the memory with id "count".
std::size_t parameter_count(const Route& route) {
    return static_cast<std::size_t>(
        std::count_if(route.segments.begin(), route.segments.end(), is_parameter));
}

std::vector<Parameter> parameters_of(const Route& route, const std::vector<std::string>& segments,
                                     const boost::urls::url_view& url) {
    std::vector<Parameter> parameters;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const std::string& pattern = route.segments[i];
        if (is_parameter(pattern)) {
            parameters.push_back({pattern.substr(1, pattern.size() - 2), segments[i]});
        }
    }
    for (const auto& [key, value, has_value] : url.params()) {
        parameters.push_back({key, value});
    }
    return parameters;
}

}  // namespace

Routes::Routes(const std::vector<const ServiceDescriptor*>& services) {
    std::map<std::string, const Route*> taken;
    for (const auto* service : services) {
        for (int i = 0; i < service->method_count(); ++i) {
            const auto* method = service->method(i);
            const auto& options = method->options().GetExtension(somabrain::v1::route);
            SOMA_ASSERT(options.path().starts_with('/'),
                        "every method of the contract has a route");
            routes_.push_back({method, &options, split_path(options.path()), {}});
            const bool is_new =
                taken.emplace(options.verb() + " " + options.path(), nullptr).second;
            SOMA_ASSERT(is_new, "two methods have one verb and path");
        }
    }
    std::stable_sort(routes_.begin(), routes_.end(), [](const Route& a, const Route& b) {
        return parameter_count(a) < parameter_count(b);
    });
}

void Routes::bind_untyped(std::string_view method, const Descriptor* request,
                          const Descriptor* response, Handler handler) {
    const auto route = std::find_if(routes_.begin(), routes_.end(), [&](const Route& candidate) {
        return candidate.method->full_name() == method;
    });
    SOMA_ASSERT(route != routes_.end(), "a handler for a method the contract does not have");
    SOMA_ASSERT(!route->handler, "a second handler for one method");
    SOMA_ASSERT(route->method->input_type() == request && route->method->output_type() == response,
                "a handler with other message types than its method");
    route->handler = std::move(handler);
}

void Routes::check_complete() const {
    for (const Route& route : routes_) {
        if (!route.handler) {
            throw Error(ErrorKind::internal, "no handler for " + route.method->full_name());
        }
    }
}

std::variant<Routes::Match, Routes::NoSuchPath, Routes::WrongVerb> Routes::find(
    std::string_view verb, std::string_view target) const {
    const auto url = boost::urls::parse_origin_form({target.data(), target.size()});
    if (!url) {
        return NoSuchPath{};
    }
    std::vector<std::string> segments;
    for (const auto& segment : url->segments()) {
        segments.push_back(segment);
    }
    WrongVerb other;
    for (const Route& route : routes_) {
        if (!fits(route, segments)) {
            continue;
        }
        if (route.options->verb() == verb) {
            return Match{&route, parameters_of(route, segments, *url)};
        }
        other.allow += (other.allow.empty() ? "" : ", ") + route.options->verb();
    }
    if (!other.allow.empty()) {
        return other;
    }
    return NoSuchPath{};
}

std::vector<const ServiceDescriptor*> rpc_services() {
    return {somabrain::v1::RememberRequest::descriptor()->file()->FindServiceByName("Memory"),
            somabrain::v1::EvaluateRequest::descriptor()->file()->FindServiceByName("Brain")};
}

std::vector<const ServiceDescriptor*> contract_services() {
    const auto rpc = rpc_services();
    return {rpc[0], rpc[1],
            somabrain::v1::EraseSubjectRequest::descriptor()->file()->FindServiceByName("Subjects"),
            somabrain::v1::ProposeRequest::descriptor()->file()->FindServiceByName("Constitution"),
            somabrain::v1::AuditEvent::descriptor()->file()->FindServiceByName("Audit")};
}

}  // namespace soma::server
