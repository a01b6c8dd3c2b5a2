#include "domain/filter/filter.h"

#include <algorithm>

namespace soma::domain {

bool satisfies(const FilterValue& value, bool is_item, const FilterCondition& condition) {
    if (condition.op == FilterOp::exists) {
        return true;
    }
    const auto& values = condition.values;
    if (condition.op == FilterOp::in) {
        return std::find(values.begin(), values.end(), value) != values.end();
    }
    const FilterValue& wanted = values.front();
    if (value.index() != wanted.index()) {
        return false;
    }
    const auto* text = std::get_if<std::string>(&value);
    switch (condition.op) {
        case FilterOp::lt:
            return value < wanted;
        case FilterOp::lte:
            return value <= wanted;
        case FilterOp::gt:
            return value > wanted;
        case FilterOp::gte:
            return value >= wanted;
        case FilterOp::contains:
            return is_item || text == nullptr
                       ? is_item && value == wanted
                       : text->find(std::get<std::string>(wanted)) != std::string::npos;
        case FilterOp::prefix:
            return text != nullptr && text->starts_with(std::get<std::string>(wanted));
        default:
            return value == wanted;
    }
}

}  // namespace soma::domain
