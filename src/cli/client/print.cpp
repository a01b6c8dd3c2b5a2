#include "cli/client/print.h"

#include <boost/json/object.hpp>
#include <cstdio>

#include "base/unicode.h"

namespace soma::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kShownBytes = 160;

std::string text_of(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

void print_memory(const json::object& memory) {
    std::printf("%.3f", memory.at("score").to_number<double>());
    if (const auto* weight = memory.if_contains("weight")) {
        std::printf("  w %.2f", weight->to_number<double>());
    }
    const std::string occurred = text_of(memory, "occurred_at").substr(0, 10);
    const std::string speaker = text_of(memory, "speaker");
    std::printf("  %s%s%s%s%s\n", occurred.c_str(), occurred.empty() ? "" : " ",
                one_line(speaker, kShownBytes).c_str(), speaker.empty() ? "" : ": ",
                one_line(text_of(memory, "text"), kShownBytes).c_str());
    if (const auto* views = memory.if_contains("view_values")) {
        std::printf("      ");
        for (const auto& view : views->as_object()) {
            std::printf(" %s %.3f", std::string(view.key()).c_str(),
                        view.value().to_number<double>());
        }
        std::printf("\n");
    }
}

}  // namespace

std::string one_line(std::string_view text, std::size_t bytes) {
    const bool cut = text.size() > bytes;
    std::string line;
    for (const auto [code_point, length] :
         CodePoints(cut ? text.substr(0, floor_boundary(text, bytes)) : text)) {
        if (is_line_break(code_point) || code_point == U'\t') {
            line += ' ';
        } else if (is_control(code_point)) {
            line += '?';
        } else {
            append_utf8(line, code_point);
        }
    }
    return cut ? line + " …" : line;
}

void print_memories(const json::array& memories) {
    for (const auto& memory : memories) {
        print_memory(memory.as_object());
    }
    if (memories.empty()) {
        std::printf("nothing found\n");
    }
}

}  // namespace soma::cli
