#include "base/encoding.h"

#include <gtest/gtest.h>

namespace soma {
namespace {

TEST(Encoding, Base64KnownAnswersOfRfc4648) {
    EXPECT_EQ(to_base64(""), "");
    EXPECT_EQ(to_base64("f"), "Zg==");
    EXPECT_EQ(to_base64("fo"), "Zm8=");
    EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
    EXPECT_EQ(to_base64url("\xfb\xff"), "-_8");
    EXPECT_EQ(from_base64("Zm8="), "fo");
}

TEST(Encoding, RefusesWhatIsNotCanonical) {
    EXPECT_FALSE(from_base64url("Zg=="));
    EXPECT_FALSE(from_base64url("Zh"));  // trailing bits that are not zero
    EXPECT_FALSE(from_base64url("Z"));
    EXPECT_FALSE(from_base64("Zg"));
    EXPECT_FALSE(from_base64("Z==="));
    EXPECT_FALSE(from_hex("0"));
    EXPECT_FALSE(from_hex("zz"));
}

TEST(Encoding, HexRoundTrip) {
    const std::string bytes("\x00\x7f\xff", 3);
    EXPECT_EQ(to_hex(bytes), "007fff");
    EXPECT_EQ(from_hex("007FFF"), bytes);
}

TEST(Encoding, IntegersAreBigEndian) {
    std::string out;
    append_u64be(out, 0x0102030405060708ULL);
    EXPECT_EQ(to_hex(out), "0102030405060708");
    EXPECT_EQ(read_u64be(out), 0x0102030405060708ULL);
}

}  // namespace
}  // namespace soma
