#include "server/http_types.h"

namespace soma::server {

std::optional<std::string> find_header(const RequestHead& head, std::string_view name) {
    std::optional<std::string> value;
    for (const auto& [header_name, header_value] : head.headers) {
        if (header_name == name) {
            value = value ? *value + ", " + header_value : header_value;
        }
    }
    return value;
}

}  // namespace soma::server
