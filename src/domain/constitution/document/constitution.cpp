#include "domain/constitution/document/constitution.h"

namespace soma::domain {
namespace {

constexpr std::array<std::string_view, kAdaptiveParameterCount> kParameterNames{
    "lambda", "mu", "nu", "alpha", "beta", "gamma", "tau"};

}  // namespace

std::string_view parameter_name(AdaptiveParameter parameter) {
    return kParameterNames[static_cast<std::size_t>(parameter)];
}

}  // namespace soma::domain
