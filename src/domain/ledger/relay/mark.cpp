#include "domain/ledger/relay/mark.h"

#include <charconv>
#include <string_view>

namespace soma::domain {
namespace {

constexpr std::string_view kLogId = "log_id";
constexpr std::string_view kLogIndex = "log_index";
constexpr std::string_view kCompleteBelow = "complete_below";

std::optional<std::string_view> only(const RecordHeaders& headers, std::string_view wanted) {
    std::optional<std::string_view> found;
    for (const auto& [name, value] : headers) {
        if (name != wanted) {
            continue;
        }
        if (found) {
            return std::nullopt;
        }
        found = value;
    }
    return found;
}

/// Digits alone, without a leading zero: one number has one form.
std::optional<std::uint64_t> parse_number(std::optional<std::string_view> text) {
    std::uint64_t number = 0;
    if (!text || text->empty() || (text->size() > 1 && text->front() == '0')) {
        return std::nullopt;
    }
    const char* const end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, number);
    return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace

RecordHeaders mark_headers(const RelayMark& mark) {
    return {{std::string(kLogId), mark.log_id.to_string()},
            {std::string(kLogIndex), std::to_string(mark.log_index)},
            {std::string(kCompleteBelow), std::to_string(mark.complete_below)}};
}

bool repeats(const RelayMark& mark, const std::optional<RelayMark>& last) {
    return last && mark.log_id == last->log_id && mark.log_index <= last->log_index;
}

std::optional<RelayMark> parse_mark(const RecordHeaders& headers) {
    const auto log_id = Uuid::parse(only(headers, kLogId).value_or(""));
    const auto log_index = parse_number(only(headers, kLogIndex));
    const auto complete_below = parse_number(only(headers, kCompleteBelow));
    if (!log_id || !log_index || !complete_below || *log_index < *complete_below) {
        return std::nullopt;
    }
    return RelayMark{*log_id, *log_index, *complete_below};
}

}  // namespace soma::domain
