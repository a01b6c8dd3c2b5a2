#include "services/commit/wait.h"

#include <gtest/gtest.h>

#include <exception>
#include <optional>

namespace soma::services {
namespace {

constexpr const char* kAdvice = "Idempotency-Key";

/// What a wait says of a future that never comes, or that holds an error.
std::optional<Error> said(decltype(&wait_for) wait, std::optional<Error> held) {
    std::promise<domain::Outcome> promise;
    auto future = promise.get_future();
    if (held) {
        promise.set_exception(std::make_exception_ptr(*held));
    }
    try {
        wait(std::move(future), Deadline(std::chrono::milliseconds(1)));
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

TEST(Wait, AChangeWithoutAnAnswerIsToBeRepeatedWithItsKey) {
    const auto error = said(wait_for, std::nullopt);
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->kind(), ErrorKind::unavailable);
    EXPECT_NE(error->public_message().find(kAdvice), std::string::npos);
}

TEST(Wait, ARecordHasNoKeyToBeRepeatedWith) {
    const Error unknown(ErrorKind::unavailable,
                        "outcome unknown: repeat with the same Idempotency-Key", "lost");
    const Error late(ErrorKind::deadline_exceeded, "the time for this write ran out");
    for (const std::optional<Error>& held :
         {std::optional<Error>(), std::optional(unknown), std::optional(late)}) {
        const auto error = said(wait_for_record, held);
        ASSERT_TRUE(error.has_value());
        EXPECT_EQ(error->kind(), ErrorKind::unavailable);
        EXPECT_EQ(error->public_message().find(kAdvice), std::string::npos);
        EXPECT_GE(error->retry_after_seconds(), 1);
        EXPECT_FALSE(error->detail().empty()) << "the log keeps the reason";
    }
}

TEST(Wait, OurOwnMistakesStayWhatTheyAre) {
    const auto error = said(wait_for_record, Error(ErrorKind::internal, "bug"));
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->kind(), ErrorKind::internal);
    EXPECT_EQ(error->public_message(), "bug");
}

}  // namespace
}  // namespace soma::services
