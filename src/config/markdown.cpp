#include <string>

#include "config/config.h"

namespace soma::config {
namespace {

std::string limit_of(const Setting& s) {
    if (!s.one_of.empty()) {
        std::string values(s.one_of);
        for (std::size_t at = 0; (at = values.find(' ', at)) != std::string::npos; at += 2) {
            values.replace(at, 1, ", ");
        }
        return values;
    }
    const bool number = std::holds_alternative<int Config::*>(s.member);
    std::string limit = number || s.min > 0 ? std::to_string(s.min) + "–" + std::to_string(s.max)
                                            : "≤ " + std::to_string(s.max);
    if (!number) limit += " bytes";
    if (!s.unit.empty()) limit += " " + std::string(s.unit);
    if (s.step != 1) limit += ", multiple of " + std::to_string(s.step);
    return limit;
}

}  // namespace

std::string to_markdown() {
    std::string out =
        "# Configuration\n\n"
        "Printed by `somabrain config --markdown` from the table in `src/config/table.cpp`; a "
        "test\n"
        "compares the two.\n\n"
        "Settings come from environment variables alone. A **secret** may instead be read from "
        "the\n"
        "file that `<variable>_FILE` names. Ports that no variable sets are taken from "
        "`ports.json`\n"
        "in the working directory, or from the file that `SOMABRAIN_PORTS_FILE` names. A value "
        "out\n"
        "of bounds stops the start with one line that names variable, value and limit; a secret's\n"
        "value is never printed.\n\n"
        "| variable | default | limit | meaning |\n|---|---|---|---|\n";
    for (const auto& s : settings()) {
        out += "| `" + std::string(s.env) + "` | ";
        out += s.initial.empty() ? "" : "`" + std::string(s.initial) + "`";
        out += " | " + limit_of(s) + " | " + std::string(s.meaning);
        out += s.secret ? " **Secret.** |\n" : " |\n";
    }
    return out;
}

}  // namespace soma::config
