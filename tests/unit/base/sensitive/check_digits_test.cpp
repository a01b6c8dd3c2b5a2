#include "base/sensitive/check_digits.h"

#include <gtest/gtest.h>

#include <string>

namespace soma {
namespace {

/// Every other last digit, and every exchange of two unequal neighbours, must be noticed by the
/// checks that promise it.
template <typename Checks>
void expect_strict(std::string number, Checks checks, bool notices_swaps) {
    ASSERT_TRUE(checks(number)) << number;
    for (std::size_t at = 0; at < number.size(); ++at) {
        for (char c = '0'; c <= '9'; ++c) {
            std::string other = number;
            other[at] = c;
            EXPECT_EQ(checks(other), other == number) << other;
        }
        if (notices_swaps && at + 1 < number.size() && number[at] != number[at + 1]) {
            std::string other = number;
            std::swap(other[at], other[at + 1]);
            EXPECT_FALSE(checks(other)) << other;
        }
    }
}

// Known answers are python-stdnum's.

TEST(CheckDigits, Luhn) {
    expect_strict("4111111111111111", checks_luhn, false);
    expect_strict("79927398713", checks_luhn, true);
}

TEST(CheckDigits, Iban) {
    EXPECT_TRUE(checks_iban("GB82WEST12345698765432"));
    EXPECT_TRUE(checks_iban("DE89370400440532013000"));
    EXPECT_FALSE(checks_iban("DE88370400440532013000"));
    EXPECT_FALSE(checks_iban("GB82WEST12345698765423"));
}

TEST(CheckDigits, Mod1110) {
    expect_strict("36574261809", checks_mod_11_10, false);
    expect_strict("86095742719", checks_mod_11_10, false);
}

TEST(CheckDigits, Verhoeff) {
    expect_strict("234123412346", checks_verhoeff, true);
    expect_strict("123451", checks_verhoeff, true);
    expect_strict("1234567890120", checks_verhoeff, true);
}

TEST(CheckDigits, WeightedSum) {
    EXPECT_EQ(weighted_sum("123", "987"), 9 + 16 + 21);
    EXPECT_EQ(weighted_sum("123", "9"), 9);
    EXPECT_EQ(weighted_sum("", "9"), 0);
}

}  // namespace
}  // namespace soma
