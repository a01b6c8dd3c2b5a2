#include "domain/context/quote.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/unicode.h"

namespace soma::domain {
namespace {

TEST(Quote, IsOneLineOfJson) {
    EXPECT_EQ(quoted("plain"), "\"plain\"");
    EXPECT_EQ(quoted("a\n\"b\""), R"("a\n\"b\"")");
    EXPECT_EQ(quoted("a\u2028b\u202ec"), R"("a\u2028b\u202ec")");
    EXPECT_EQ(quoted("\U000E0041"), R"("\udb40\udc41")");
}

TEST(Quote, ParsesToTheText) {
    ASSERT_TRUE(rc::check([](const std::vector<std::uint16_t>& units) {
        std::string text;
        for (const std::uint16_t unit : units) {
            const bool is_surrogate = unit >= 0xd800 && unit < 0xe000;
            append_utf8(text, is_surrogate ? U'\U0001F469' : char32_t{unit});
        }
        const std::string line = domain::quoted(text);
        RC_ASSERT(std::string(boost::json::parse(line).as_string()) == text);
        for (const auto [code_point, length] : CodePoints(line)) {
            RC_ASSERT(!is_line_break(code_point));
        }
    }));
}

}  // namespace
}  // namespace soma::domain
