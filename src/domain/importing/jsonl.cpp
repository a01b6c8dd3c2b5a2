#include "domain/importing/format.h"
#include "domain/importing/json_records.h"

namespace soma::domain {

ImportList parse_jsonl(std::string_view name, std::string_view text) {
    ImportList list;
    each_json_line(name, text, list,
                   [&list](std::string place, const boost::json::object&, std::string_view line) {
                       list.items.push_back({std::move(place), std::string(line)});
                   });
    return list;
}

}  // namespace soma::domain
