#include "domain/memory/embedding.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace soma::domain {
namespace {

std::string refusal(const std::vector<float>& vector) {
    try {
        stored_form(vector, 2, "/embedding");
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
        EXPECT_EQ(error.field(), "/embedding");
        return error.public_message();
    }
    return {};
}

TEST(StoredForm, NamesWhatIsWrong) {
    EXPECT_EQ(refusal({1, 2, 3}), "must have 2 numbers, has 3");
    EXPECT_EQ(refusal({}), "must have 2 numbers, has 0");
    EXPECT_EQ(refusal({0, 0}), "must be finite and not all zero");
    EXPECT_EQ(refusal({1, std::nanf("")}), "must be finite and not all zero");
    EXPECT_EQ(refusal({1, HUGE_VALF}), "must be finite and not all zero");
}

TEST(StoredForm, LengthDoesNotMatter) {
    EXPECT_EQ(stored_form(std::vector<float>{3, 4}, 2, ""),
              stored_form(std::vector<float>{30, 40}, 2, ""));
}

}  // namespace
}  // namespace soma::domain
