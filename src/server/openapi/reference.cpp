#include "server/openapi/reference.h"

#include <cmath>
#include <set>
#include <string_view>

#include "server/codec/plan.h"
#include "somabrain/v1/limits.pb.h"

namespace soma::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;
using somabrain::v1::Limits;

/// Messages in the order in which they are first met.
struct Messages {
    std::vector<const Descriptor*> order;
    std::set<const Descriptor*> known;

    void add(const Descriptor* type) {
        if (known.insert(type).second) {
            order.push_back(type);
        }
    }
};

std::string code(std::string_view text) {
    return "`" + std::string(text) + "`";
}

/// A bound of a number, as people write it.
std::string number(double value) {
    if (value == std::floor(value) && std::fabs(value) < 1e15) {
        return std::to_string(static_cast<long long>(value));
    }
    std::string text = std::to_string(value);
    return text.substr(0, text.find_last_not_of('0') + 1);
}

std::string anchor_link(const Descriptor* type) {
    std::string anchor = type->name();
    for (char& c : anchor) {
        c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    return "[" + type->name() + "](#" + anchor + ")";
}

std::string text_type(const Limits& limits) {
    switch (limits.format()) {
        case somabrain::v1::FORMAT_UUID:
            return "uuid";
        case somabrain::v1::FORMAT_TIME:
            return "RFC 3339 time";
        case somabrain::v1::FORMAT_ASCII:
            return "ASCII text";
        default:
            return "text";
    }
}

std::string value_type(const FieldPlan& field) {
    switch (field.shape) {
        case JsonShape::text:
            return text_type(*field.limits);
        case JsonShape::free_object:
            return "object";
        case JsonShape::boolean:
            return "true or false";
        case JsonShape::integer:
            return "integer";
        case JsonShape::number:
            return "number";
        case JsonShape::message:
            return anchor_link(field.message->type);
    }
    return "";
}

std::string type_of(const FieldPlan& field) {
    if (field.is_list) {
        return "list of " + value_type(field);
    }
    return field.is_map ? "object of " + value_type(field) : value_type(field);
}

/// "least–most unit", whichever of them is there.
std::string span(bool has_least, double least, bool has_most, double most, std::string_view unit) {
    if (!has_most) {
        return has_least ? "≥ " + number(least) + std::string(unit) : "";
    }
    return (has_least ? number(least) + "–" : "≤ ") + number(most) + std::string(unit);
}

std::string limits_of(const FieldPlan& field) {
    const Limits& limits = *field.limits;
    std::vector<std::string> parts;
    if (limits.required()) {
        parts.emplace_back("required");
    }
    parts.push_back(span(limits.has_min_items(), limits.min_items(), limits.has_max_items(),
                         limits.max_items(), " items"));
    parts.push_back(span(limits.has_min_bytes(), limits.min_bytes(), limits.has_max_bytes(),
                         limits.max_bytes(), field.is_list ? " bytes each" : " bytes"));
    parts.push_back(
        span(false, 0, limits.has_max_characters(), limits.max_characters(), " characters"));
    parts.push_back(span(limits.has_min(), limits.min(), limits.has_max(), limits.max(), ""));
    std::string values;
    for (const auto& value : limits.one_of()) {
        values += (values.empty() ? "" : " ") + code(value);
    }
    parts.push_back(values);
    std::string out;
    for (const auto& part : parts) {
        out += part.empty() ? "" : (out.empty() ? "" : "; ") + part;
    }
    return out;
}

std::string table_of(const Descriptor* type, Messages& messages) {
    std::string out = "| member | type | limit | meaning |\n|---|---|---|---|\n";
    for (const FieldPlan& field : plan_of(type).fields) {
        out += "| " + code(field.name) + " | " + type_of(field) + " | " + limits_of(field) + " | " +
               field.limits->meaning() + " |\n";
        if (field.message != nullptr) {
            messages.add(field.message->type);
        }
    }
    return out;
}

std::string section_of(const MethodDescriptor* method, Messages& messages) {
    const auto& route = method->options().GetExtension(somabrain::v1::route);
    std::string out = "### " + route.verb() + " " + route.path() + "\n\n" + route.summary() + ".";
    if (route.max_body_bytes() > 0) {
        out += " The body is JSON of at most " + std::to_string(route.max_body_bytes()) + " bytes.";
    } else if (method->input_type()->field_count() > 1) {
        out += " Members that are not in the path are parameters of the query.";
    }
    if (route.idempotent_write()) {
        out += " Takes an `Idempotency-Key`.";
    }
    messages.add(method->output_type());
    return out + "\n\n" + table_of(method->input_type(), messages) + "\nAnswers " +
           std::to_string(route.success()) + " with " + anchor_link(method->output_type()) +
           ".\n\n";
}

constexpr std::string_view kBeginning =
    R"(# HTTP API

Printed by `somabrain api --markdown` from `api/somabrain/v1/`; a test compares the two.
`/openapi.json` of a running service says the same to programs. What the words mean:
[concepts](concepts.md).

Every request but `GET /health` and `GET /openapi.json` carries `Authorization: Bearer TOKEN`; the
token names tenant and roles, and [the matrix](access.md) says which role may
call what. JSON in and out, `snake_case`; times are RFC 3339 with an offset, at most microseconds;
sequences stay below 2^53. Unknown members, names given twice and values out of limits are 400.

| header | |
|---|---|
| `Idempotency-Key` | ≤ 128 ASCII: a write again answers as at first; with another body 422 |
| `Soma-Telemetry-Ref` | ≤ 256 ASCII: your own trace or run id; goes into the event |
| `Request-Id` | of the answer: names the request in logs and events |

Errors are `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail`, `field` (a
JSON pointer or a header's name) and `request_id`. 503 and 429 say in `Retry-After` when to come
again.

)";

}  // namespace

std::string api_reference(const std::vector<const ServiceDescriptor*>& services) {
    std::string out(kBeginning);
    Messages messages;
    for (const ServiceDescriptor* service : services) {
        out += "## " + service->name() + "\n\n";
        for (int i = 0; i < service->method_count(); ++i) {
            out += section_of(service->method(i), messages);
        }
    }
    out += "## Answers and their parts\n";
    for (std::size_t i = 0; i < messages.order.size(); ++i) {
        const Descriptor* type = messages.order[i];
        out += "\n### " + type->name() + "\n\n" + table_of(type, messages);
    }
    return out;
}

}  // namespace soma::server
