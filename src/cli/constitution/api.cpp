#include "cli/constitution/api.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <vector>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json/strict_json.h"
#include "config/config.h"
#include "domain/constitution/document/constitution.h"

namespace soma::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kIdDigits = 2 * domain::kHashBytes;
constexpr std::size_t kLeastDigits = 8;

Error not_the_contract(std::string_view what) {
    return {ErrorKind::internal, "the service's answer has no " + std::string(what)};
}

bool is_number(const std::string& name) {
    return !name.empty() && name.size() < kLeastDigits &&
           name.find_first_not_of("0123456789") == std::string::npos;
}

const json::array& list_member(const json::object& object, std::string_view name) {
    const auto* list = object.if_contains(name);
    if (list == nullptr || !list->is_array()) {
        throw not_the_contract(name);
    }
    return list->get_array();
}

}  // namespace

ConstitutionApi::ConstitutionApi() : client_(config::load()) {}

json::object ConstitutionApi::get(const std::string& path) {
    auto value = parse_strict_json(client_.get("/v1/constitution" + path));
    if (!value || !value->is_object()) {
        throw not_the_contract("JSON object");
    }
    return std::move(value->get_object());
}

json::object ConstitutionApi::post(const std::string& path, const json::object& body) {
    json::object answer;
    // A route without members takes no body.
    const std::string text = body.empty() ? "" : json::serialize(body);
    if (const auto problem = client_.try_post("/v1/constitution" + path, text, "", answer)) {
        throw Error(ErrorKind::invalid_argument, problem->detail);
    }
    return answer;
}

std::string ConstitutionApi::path_of(const std::string& name) {
    if (name.empty()) {
        return "";
    }
    return is_number(name) ? "/versions/" + name : "/proposals/" + proposal(name);
}

std::string ConstitutionApi::proposal(const std::string& name) {
    if (name.size() == kIdDigits) {
        return name;
    }
    if (!name.empty() && name.size() < kLeastDigits) {
        throw invalid("id", "a proposal is named by its id, or by its first 8 digits or more");
    }
    std::vector<std::string> meant;
    const auto answer = get("/proposals");
    for (const auto& item : list_member(answer, "proposals")) {
        std::string id = item.is_object() ? text_member(item.get_object(), "id") : "";
        if (id.starts_with(name)) {
            meant.push_back(std::move(id));
        }
    }
    if (meant.size() != 1) {
        throw Error(ErrorKind::not_found,
                    (meant.empty() ? "no open proposal" : "more than one open proposal") +
                        (name.empty() ? "" : " begins with " + name) +
                        " (somabrain constitution history lists them)");
    }
    return meant.front();
}

std::string text_member(const json::object& object, std::string_view name) {
    const auto* member = object.if_contains(name);
    if (member == nullptr || !member->is_string()) {
        throw not_the_contract(name);
    }
    return std::string(member->get_string());
}

domain::SignedVersion version_of(const json::object& answer) {
    domain::SignedVersion out{text_member(answer, "document"), {}};
    if (answer.contains("signatures")) {
        for (const auto& item : list_member(answer, "signatures")) {
            if (!item.is_object()) {
                throw not_the_contract("signatures");
            }
            const auto& row = item.get_object();
            out.signatures.push_back({from_base64(text_member(row, "public_key")).value_or(""),
                                      from_base64(text_member(row, "signature")).value_or("")});
        }
    }
    return out;
}

std::string count_of(const json::object& answer, std::string_view name) {
    const auto* count = answer.if_contains(name);
    if (count == nullptr || !count->is_object()) {
        return "none";
    }
    const auto figure = [&](std::string_view member) {
        const auto* value = count->get_object().if_contains(member);
        // A figure of 0 may be left out of an answer.
        return value != nullptr && value->is_number() ? value->to_number<std::int64_t>() : 0;
    };
    return std::to_string(figure("have")) + " of " + std::to_string(figure("need"));
}

}  // namespace soma::cli
