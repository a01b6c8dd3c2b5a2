#pragma once
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>

namespace soma::test {

/// Runs a RapidCheck property and reports a counterexample as a GoogleTest failure. The mathematics
/// asks 1,000 cases of every law, the same ones in every run, so that a run judges the change and
/// not the dice. With RC_PARAMS set (say "max_success=100000") cases are drawn anew; it sets the
/// seed, too, and the count when larger.
template <typename Testable>
void property(Testable&& testable, int cases = 1000) {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    rc::detail::TestMetadata metadata;
    metadata.id = std::string(test->test_suite_name()) + "/" + test->name();
    metadata.description = test->name();
    auto params = rc::detail::configuration().testParams;
    params.maxSuccess = std::max(params.maxSuccess, cases);
    if (std::getenv("RC_PARAMS") == nullptr) {
        params.seed = 1;
    }
    const auto result =
        rc::detail::checkTestable(std::forward<Testable>(testable), metadata, params);
    if (!result.template is<rc::detail::SuccessResult>()) {
        std::ostringstream text;
        rc::detail::printResultMessage(result, text);
        ADD_FAILURE() << text.str();
    }
}

}  // namespace soma::test
