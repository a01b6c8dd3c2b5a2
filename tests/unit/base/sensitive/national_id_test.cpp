#include "base/sensitive/national_id.h"

#include <gtest/gtest.h>

#include <string>

namespace soma {
namespace {

/// Drawn at random and found valid by python-stdnum (the United Kingdom's and the United States'
/// have no check digits); and each with one character changed, which it finds invalid.
TEST(NationalId, FindsWhatAnotherToolFindsValid) {
    for (const std::string number : {"450.749.528-83",
                                     "360.848.529-55",
                                     "511.311.544-44",
                                     "110105199703074422",
                                     "11010519491231002X",
                                     "110105195509235052",
                                     "161102B65703078",
                                     "1 61 10 2B 657 030 78",
                                     "1 35 03 13 837 823 32",
                                     "1 71 07 75 670 394 60",
                                     "2 87 01 2A 813 350 82",
                                     "2 55 08 14 168 025 38",
                                     "85127498362",
                                     "53095246581",
                                     "86 095 742 719",
                                     "5198 0705 5351",
                                     "5206 4258 8060",
                                     "2341 2341 2346",
                                     "MJGBAJ84P09H501Q",
                                     "DILEZR44P06H501K",
                                     "RSSMRA85T10A562S",
                                     "96041829410",
                                     "75081983401",
                                     "44051401359",
                                     "23512856-W",
                                     "79359791Q",
                                     "12345678Z",
                                     "X8239829X",
                                     "Z5472688G",
                                     "X-1234567-L",
                                     "340216-1602",
                                     "880824-4225",
                                     "811228+9874",
                                     "AB123456C",
                                     "AB 12 34 56 C",
                                     "219-09-9999"}) {
        EXPECT_EQ(national_id_end(number, 0), number.size()) << number;
        EXPECT_EQ(national_id_end("(" + number + ")", 1), number.size() + 1) << number;
    }
}

TEST(NationalId, AsksTheCheckDigits) {
    for (const std::string number : {"450.749.528-84",
                                     "111.111.111-11",
                                     "110105199703074423",
                                     "110105199713074422",
                                     "1 61 10 2B 657 030 79",
                                     "1 61 10 2C 657 030 78",
                                     "3 55 08 14 168 025 38",
                                     "85127498363",
                                     "00000000000",
                                     "5198 0705 5352",
                                     "1198 0705 5351",
                                     "MJGBAJ84P09H501R",
                                     "96041829411",
                                     "96131829410",
                                     "23512856-X",
                                     "W8239829X",
                                     "340216-1603",
                                     "341316-1602",
                                     "DA123456C",
                                     "GB123456C",
                                     "AB123456E",
                                     "000-12-3456",
                                     "666-12-3456",
                                     "900-12-3456",
                                     "219-00-9999",
                                     "219-09-0000"}) {
        EXPECT_EQ(national_id_end(number, 0), 0U) << number;
    }
}

}  // namespace
}  // namespace soma
