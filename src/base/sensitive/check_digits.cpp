#include "base/sensitive/check_digits.h"

#include <algorithm>
#include <cstddef>

namespace soma {

bool checks_luhn(std::string_view digits) {
    int sum = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        int value = digits[digits.size() - 1 - i] - '0';
        if (i % 2 == 1) {
            value = value > 4 ? 2 * value - 9 : 2 * value;
        }
        sum += value;
    }
    return sum % 10 == 0;
}

bool checks_iban(std::string_view number) {
    unsigned remainder = 0;
    for (std::size_t i = 0; i < number.size(); ++i) {
        const char c = number[(i + 4) % number.size()];
        const auto value = static_cast<unsigned>(c >= 'A' ? c - 'A' + 10 : c - '0');
        remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
    }
    return remainder == 1;
}

bool checks_mod_11_10(std::string_view digits) {
    int product = 10;
    for (std::size_t i = 0; i + 1 < digits.size(); ++i) {
        const int sum = (digits[i] - '0' + product) % 10;
        product = 2 * (sum == 0 ? 10 : sum) % 11;
    }
    return (product + (digits.back() - '0')) % 10 == 1;
}

bool checks_verhoeff(std::string_view digits) {
    // The powers of Verhoeff's permutation, applied by place; and the product in the dihedral group
    // D5, where 0..4 turn and 5..9 turn after a reflection.
    static constexpr int kPlace[8][10] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4},
        {5, 8, 0, 3, 7, 9, 6, 1, 4, 2}, {8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
        {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
        {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8}};
    const auto product = [](int a, int b) {
        if (a < 5) return b < 5 ? (a + b) % 5 : 5 + (a + b) % 5;
        return b < 5 ? 5 + (a - b) % 5 : (a - b + 5) % 5;
    };
    int check = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        check = product(check, kPlace[i % 8][digits[digits.size() - 1 - i] - '0']);
    }
    return check == 0;
}

int weighted_sum(std::string_view digits, std::string_view weights) {
    int sum = 0;
    for (std::size_t i = 0; i < std::min(digits.size(), weights.size()); ++i) {
        sum += (digits[i] - '0') * (weights[i] - '0');
    }
    return sum;
}

}  // namespace soma
