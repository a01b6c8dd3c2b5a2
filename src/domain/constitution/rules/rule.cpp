#include "domain/constitution/rules/rule.h"

namespace soma::domain {
namespace {

constexpr std::array<std::string_view, kAmountCount> kAmountNames{"items", "text_bytes", "results",
                                                                  "tokens", "cost"};

}  // namespace

std::string_view amount_name(Amount amount) {
    return kAmountNames[static_cast<std::size_t>(amount)];
}

std::optional<Amount> parse_amount(std::string_view name) {
    for (std::size_t i = 0; i < kAmountCount; ++i) {
        if (kAmountNames[i] == name) {
            return static_cast<Amount>(i);
        }
    }
    return std::nullopt;
}

}  // namespace soma::domain
