#include "cli/constitution/pretty.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <fstream>
#include <sstream>

#include "source_dir.h"

namespace soma::cli {
namespace {

namespace json = boost::json;

TEST(Pretty, ShortValuesStayOnTheirLine) {
    EXPECT_EQ(pretty(json::parse(R"({"b":[1,2.5,null],"a":true})")),
              "{\"a\":true,\"b\":[1,2.5,null]}\n");
    EXPECT_EQ(pretty(json::parse("[]")), "[]\n");
}

TEST(Pretty, LongOnesAreIndentedByLevel) {
    const std::string text(80, 'x');
    EXPECT_EQ(
        pretty(json::parse(R"({"text":")" + text + R"(","n":[[")" + text + R"("],{"a":1}]})")),
        "{\n  \"text\": \"" + text + "\",\n  \"n\": [\n    [\n      \"" + text +
            "\"\n    ],\n    {\"a\":1}\n  ]\n}\n");
}

TEST(Pretty, SaysTheSame) {
    std::ostringstream text;
    text << std::ifstream(SOMABRAIN_SOURCE_DIR "/deploy/constitution/sandbox.json").rdbuf();
    const auto law = json::parse(text.str());
    EXPECT_EQ(json::parse(pretty(law)), law);
    std::istringstream lines(pretty(law));
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) ++count;
    EXPECT_GT(count, 50U);
}

}  // namespace
}  // namespace soma::cli
