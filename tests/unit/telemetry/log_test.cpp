#include "telemetry/log.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace soma::telemetry {
namespace {

constexpr auto kTime = "2026-01-02T03:04:05.678901Z";

TEST(Log, ALineIsOneJsonObject) {
    const auto line = log_line(
        kTime, Level::warn, "store slow",
        {{"component", "postgres"}, {"milliseconds", 12.5}, {"status", 503}, {"code", true}});
    EXPECT_EQ(line, R"({"time":"2026-01-02T03:04:05.678901Z","level":"warn","event":"store slow",)"
                    R"("component":"postgres","milliseconds":1.25E1,"status":503,"code":true})");
}

TEST(Log, OnlyNamedFieldsArePrinted) {
    for (const char* name : {"text", "query", "token", "password", "authorization", "subject",
                             "secret", "metadata", "", "ten", "tenant role", "key"}) {
        const auto line = log_line(kTime, Level::info, "x", {{name, "MARKER"}});
        EXPECT_EQ(line.find("MARKER"), std::string::npos) << name;
        EXPECT_NE(line.find("(redacted)"), std::string::npos) << name;
    }
    EXPECT_NE(log_line(kTime, Level::info, "x", {{"tenant", "MARKER"}}).find("MARKER"),
              std::string::npos);
}

TEST(Log, TheListNamesNoContentAndNoSecret) {
    const std::string fields = " " + std::string(loggable_fields()) + " ";
    for (const char* name : {" text ", " query ", " prompt ", " tags ", " token ", " key ",
                             " password ", " body ", " metadata ", " speaker ", " session_id "}) {
        EXPECT_EQ(fields.find(name), std::string::npos) << name;
    }
}

TEST(Log, WhatIsNotUtf8OrTooLongIsMadeHarmless) {
    const auto line = log_line(kTime, Level::error, "x", {{"detail", "a\xff\n\"b"}});
    EXPECT_EQ(boost::json::parse(line).at("detail").as_string(), "a\xef\xbf\xbd\n\"b");
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto cut = log_line(kTime, Level::error, "x", {{"detail", std::string(5000, 'y')}});
    EXPECT_EQ(boost::json::parse(cut).at("detail").as_string().size(), 1024U);
}

TEST(Log, LevelsHaveTheNamesOfTheConfiguration) {
    EXPECT_EQ(level_from_name("debug"), Level::debug);
    EXPECT_EQ(level_from_name("error"), Level::error);
    EXPECT_DEATH(level_from_name("loud"), "level names");
}

TEST(Log, WhatIsBelowTheLevelIsNotWritten) {
    set_log_level(Level::warn);
    testing::internal::CaptureStderr();
    log(Level::info, "quiet");
    log(Level::warn, "heard", {{"port", 1}});
    const auto written = testing::internal::GetCapturedStderr();
    set_log_level(Level::info);
    EXPECT_EQ(written.find("quiet"), std::string::npos);
    EXPECT_NE(written.find("\"event\":\"heard\",\"port\":1}\n"), std::string::npos);
}

}  // namespace
}  // namespace soma::telemetry
