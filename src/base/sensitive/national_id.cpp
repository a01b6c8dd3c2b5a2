#include "base/sensitive/national_id.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "base/sensitive/check_digits.h"
#include "base/sensitive/pattern.h"

namespace soma {
namespace {

int number(std::string_view digits) {
    int value = 0;
    for (const char c : digits) {
        value = value * 10 + (c - '0');
    }
    return value;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_date(int month, int day) {
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/// Areas, groups and serials that were never given out make many an order number none.
bool united_states(std::string_view n) {
    const int area = number(n.substr(0, 3));
    return area != 0 && area != 666 && area < 900 && n.substr(3, 2) != "00" &&
           n.substr(5) != "0000";
}

bool united_kingdom(std::string_view n) {
    static constexpr std::array<std::string_view, 7> kNever{"BG", "GB", "KN", "NK",
                                                            "NT", "TN", "ZZ"};
    return std::string_view("DFIQUV").find(n[0]) == n.npos &&
           std::string_view("DFIQUVO").find(n[1]) == n.npos && n.back() <= 'D' &&
           std::find(kNever.begin(), kNever.end(), n.substr(0, 2)) == kNever.end();
}

/// The key is 97 less the number's remainder; Corsica's 2A and 2B count as 19 and 18.
bool france(std::string_view n) {
    std::int64_t value = 0;
    for (std::size_t i = 0; i < 13; ++i) {
        const bool corsica = i == 6 && n[5] == '2' && (n[6] == 'A' || n[6] == 'B');
        if (!corsica && !is_digit(n[i])) {
            return false;
        }
        const int digit = corsica ? (n[6] == 'A' ? 9 : 8) : n[i] - '0';
        value = value * 10 + (i == 5 && !is_digit(n[6]) ? 1 : digit);
    }
    return (n[0] == '1' || n[0] == '2') && 97 - value % 97 == number(n.substr(13));
}

bool spain(std::string_view n) {
    static constexpr std::string_view kLetters = "TRWAGMYFPDXBNJZSQVHLCKE";
    std::string digits(n.substr(0, 8));
    if (!is_digit(digits[0])) {
        if (digits[0] < 'X' || digits[0] > 'Z') return false;
        digits[0] = static_cast<char>(digits[0] - 'X' + '0');
    }
    return kLetters[static_cast<std::size_t>(number(digits)) % kLetters.size()] == n[8];
}

/// Characters in odd places count by a table of their own.
bool italy(std::string_view n) {
    static constexpr std::array<int, 26> kOdd{1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                              20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
    int sum = 0;
    for (std::size_t i = 0; i < 15; ++i) {
        const auto place = static_cast<std::size_t>(is_digit(n[i]) ? n[i] - '0' : n[i] - 'A');
        sum += i % 2 == 0 ? kOdd[place] : static_cast<int>(place);
    }
    return 'A' + sum % 26 == n[15];
}

/// Of the first ten digits one comes twice or three times, all others once at most.
bool germany(std::string_view n) {
    std::array<int, 10> count{};
    for (const char c : n.substr(0, 10)) {
        ++count[static_cast<std::size_t>(c - '0')];
    }
    const auto distinct = 10 - std::count(count.begin(), count.end(), 0);
    const int most = *std::max_element(count.begin(), count.end());
    return n[0] != '0' && (distinct == 9 || (distinct == 8 && most == 3)) && checks_mod_11_10(n);
}

/// The month says the century.
bool poland(std::string_view n) {
    return is_date(number(n.substr(2, 2)) % 20, number(n.substr(4, 2))) &&
           weighted_sum(n, "13791379131") % 10 == 0;
}

/// Numbers without a birth (coordination numbers) have 60 added to the day.
bool sweden(std::string_view n) {
    return is_date(number(n.substr(2, 2)), number(n.substr(4, 2)) % 60) && checks_luhn(n);
}

bool brazil(std::string_view n) {
    int first = 0;
    int second = 0;
    for (int i = 0; i < 10; ++i) {
        const int digit = n[static_cast<std::size_t>(i)] - '0';
        first += i < 9 ? digit * (10 - i) : 0;
        second += digit * (11 - i);
    }
    return n.find_first_not_of(n[0]) != n.npos && first * 10 % 11 % 10 == n[9] - '0' &&
           second * 10 % 11 % 10 == n[10] - '0';
}

bool india(std::string_view n) {
    return n[0] >= '2' && checks_verhoeff(n);
}

bool china(std::string_view n) {
    static constexpr std::array<int, 17> kWeights{7, 9, 10, 5,  8, 4, 2, 1, 6,
                                                  3, 7, 9,  10, 5, 8, 4, 2};
    int sum = 0;
    for (std::size_t i = 0; i < kWeights.size(); ++i) {
        sum += (n[i] - '0') * kWeights[i];
    }
    const int year = number(n.substr(6, 4));
    return year >= 1850 && year < 2100 &&
           is_date(number(n.substr(10, 2)), number(n.substr(12, 2))) &&
           std::string_view("10X98765432")[static_cast<std::size_t>(sum % 11)] == n[17];
}

struct Form {
    std::string_view pattern;
    bool (*checks)(std::string_view);
};
constexpr std::array<Form, 15> kForms{{{"999-99-9999", united_states},
                                       {"AA~99~99~99~A", united_kingdom},
                                       {"9~99~99~9*~999~999~99", france},
                                       {"99999999A", spain},
                                       {"99999999-A", spain},
                                       {"A9999999A", spain},
                                       {"A-9999999-A", spain},
                                       {"AAAAAA99A99A999A", italy},
                                       {"99~999~999~999", germany},
                                       {"99999999999", poland},
                                       {"999999-9999", sweden},
                                       {"999999+9999", sweden},
                                       {"999.999.999-99", brazil},
                                       {"9999 9999 9999", india},
                                       {"99999999999999999*", china}}};

}  // namespace

std::size_t national_id_end(std::string_view text, std::size_t at) {
    std::string characters;
    for (const Form& form : kForms) {
        const std::size_t end = match_pattern(form.pattern, text, at, characters);
        if (end != at && form.checks(characters)) {
            return end;
        }
    }
    return at;
}

}  // namespace soma
