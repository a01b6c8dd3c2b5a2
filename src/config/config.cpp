#include "config/config.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/error.h"

namespace soma::config {
namespace {

constexpr std::string_view kPrefix = "SOMABRAIN_";
constexpr std::string_view kPortsFileVariable = "SOMABRAIN_PORTS_FILE";
constexpr std::size_t kMaxFileBytes = 64 * 1024;

[[noreturn]] void refuse(const Setting& setting, const std::string& value,
                         const std::string& limit) {
    std::string line(setting.env);
    line += setting.secret ? ": its value" : "=" + value + ":";
    throw Error(ErrorKind::invalid_argument, line + " " + limit).at(std::string(setting.env));
}

[[noreturn]] void refuse_file(const std::string& variable, const std::string& path,
                              const std::string& why) {
    throw Error(ErrorKind::invalid_argument, variable + "=" + path + ": " + why).at(variable);
}

std::optional<std::string> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::nullopt;
    std::string content(kMaxFileBytes + 1, '\0');
    in.read(content.data(), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(in.gcount()));
    return content;
}

// Editors and `echo` end a file with a newline that is no part of the secret.
std::string read_secret(const std::string& variable, const std::string& path) {
    auto content = read_file(path);
    if (!content) refuse_file(variable, path, "cannot be read");
    if (content->size() > kMaxFileBytes) refuse_file(variable, path, "is longer than 64 KiB");
    while (!content->empty() && (content->back() == '\n' || content->back() == '\r')) {
        content->pop_back();
    }
    return *content;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const auto end = std::min(text.find(separator), text.size());
        auto part = text.substr(0, end);
        while (part.starts_with(' ')) part.remove_prefix(1);
        while (part.ends_with(' ')) part.remove_suffix(1);
        if (!part.empty()) parts.emplace_back(part);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

void set_number(const Setting& s, const std::string& value, int& out) {
    const char* end = value.data() + value.size();
    int number = 0;
    const auto [stop, error] = std::from_chars(value.data(), end, number);
    const bool whole = error == std::errc() && stop == end;
    if (!whole || number < s.min || number > s.max || number % s.step != 0) {
        std::string limit =
            "must be a whole number from " + std::to_string(s.min) + " to " + std::to_string(s.max);
        if (!s.unit.empty()) limit += " (" + std::string(s.unit) + ")";
        if (s.step != 1) limit += ", a multiple of " + std::to_string(s.step);
        refuse(s, value, limit);
    }
    out = number;
}

void check_text(const Setting& s, const std::string& value, const std::string& whole_value) {
    const auto bytes = static_cast<long>(value.size());
    if (bytes < s.min || bytes > s.max) {
        refuse(s, bytes > s.max ? "…" : whole_value,
               "must have " + std::to_string(s.min) + " to " + std::to_string(s.max) + " bytes");
    }
    if (s.one_of.empty()) return;
    const auto legal = split(s.one_of, ' ');
    if (std::find(legal.begin(), legal.end(), value) == legal.end()) {
        refuse(s, whole_value, "must be one of: " + std::string(s.one_of));
    }
}

void set(const Setting& s, const std::string& value, Config& config) {
    if (const auto* number = std::get_if<int Config::*>(&s.member)) {
        set_number(s, value, config.**number);
    } else if (const auto* text = std::get_if<std::string Config::*>(&s.member)) {
        check_text(s, value, value);
        config.** text = value;
    } else {
        auto& list = config.*std::get<std::vector<std::string> Config::*>(s.member);
        list = split(value, ',');
        if (list.empty()) refuse(s, value, "must name at least one");
        for (const auto& item : list) check_text(s, item, value);
    }
}

boost::json::object read_ports(const Environment& environment) {
    const std::string variable(kPortsFileVariable);
    const auto named = environment(variable);
    const std::string path = named.value_or("ports.json");
    const auto content = read_file(path);
    if (!content) {
        if (named) refuse_file(variable, path, "cannot be read");
        return {};
    }
    boost::system::error_code error;
    auto value = boost::json::parse(*content, error);
    if (error || !value.is_object()) refuse_file(variable, path, "is not a JSON object");
    return value.as_object();
}

std::optional<std::string> find_value(const Setting& setting, const Environment& environment,
                                      const boost::json::object& ports) {
    const std::string env(setting.env);
    if (auto value = environment(env)) return value;
    if (setting.secret) {
        const std::string variable = env + "_FILE";
        if (const auto path = environment(variable)) return read_secret(variable, *path);
    }
    if (!setting.ports_key.empty()) {
        if (const auto* port = ports.if_contains(setting.ports_key)) {
            return port->is_string() ? std::string(port->as_string()) : serialize(*port);
        }
    }
    return std::nullopt;
}

}  // namespace

std::string setting_name(const Setting& setting) {
    std::string name(setting.env.substr(kPrefix.size()));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return name;
}

std::optional<std::string> process_environment(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
}

Config load(const Environment& environment) {
    const auto ports = read_ports(environment);
    Config config;
    for (const auto& setting : settings()) {
        auto value = find_value(setting, environment, ports);
        set(setting, value ? *value : std::string(setting.initial), config);
    }
    return config;
}

std::vector<std::string> unknown_variables(std::span<const std::string> names) {
    std::vector<std::string> unknown;
    for (const auto& name : names) {
        if (!name.starts_with(kPrefix) || name == kPortsFileVariable) continue;
        const bool known = std::any_of(settings().begin(), settings().end(), [&](const Setting& s) {
            return name == s.env || (s.secret && name == std::string(s.env) + "_FILE");
        });
        if (!known) unknown.push_back(name);
    }
    return unknown;
}

}  // namespace soma::config
