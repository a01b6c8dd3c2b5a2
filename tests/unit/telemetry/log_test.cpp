#include "telemetry/log.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <random>

#include "base/sensitive/check_digits.h"
#include "base/time.h"
#include "base/uuid.h"

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

/// What must never be read in a log, 14 forms, drawn with a fixed seed.
class Corpus {
  public:
    std::string next() {
        switch (one(14)) {
            case 0:
                return draw(kLower, 1 + one(12)) + "." + draw(kLower, 5) + "@" + draw(kLower, 6) +
                       ".example.org";
            case 1:
                return checked([this] { return "4" + draw(kDigits, 15); }, checks_luhn);
            case 2:
                return grouped(checked([this] { return "5" + draw(kDigits, 15); }, checks_luhn));
            case 3:
                return checked([this] { return "DE" + draw(kDigits, 20); }, checks_iban);
            case 4:
                return grouped(checked([this] { return "FR" + draw(kDigits, 25); }, checks_iban));
            case 5:
                return "+" + std::to_string(2 + one(8)) + draw(kDigits, 1) + " " +
                       draw(kDigits, 3) + " " + draw(kDigits, 6);
            case 6:
                return "(" + std::to_string(200 + one(800)) + ") " +
                       std::to_string(200 + one(800)) + "-" + draw(kDigits, 4);
            case 7:
                return "AKIA" + draw(kUpper, 16);
            case 8:
                return "ghp_" + draw(kLower, 36);
            case 9:
                return "eyJ" + draw(kLower, 20) + "." + draw(kLower, 40) + "." + draw(kLower, 43);
            case 10:
                return "hvs." + draw(kLower, 24);
            case 11:
                return std::to_string(100 + one(500)) + "-" + std::to_string(10 + one(90)) + "-" +
                       std::to_string(1000 + one(9000));
            case 12:
                return "AB" + draw(kDigits, 6) + "C";
            default:
                return "-----BEGIN PRIVATE KEY-----\n" + draw(kUpper, 60) +
                       "\n-----END PRIVATE KEY-----";
        }
    }
    std::string words() { return draw(kLower + std::string("    "), one(60)); }
    unsigned one(unsigned below) {
        return std::uniform_int_distribution<unsigned>(0, below - 1)(random_);
    }

  private:
    static constexpr const char* kDigits = "0123456789";
    static constexpr const char* kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const std::string kLower = "abcdefghijklmnopqrstuvwxyz";

    std::string draw(std::string_view of, std::size_t size) {
        std::string out;
        while (out.size() < size) out += of[one(static_cast<unsigned>(of.size()))];
        return out;
    }
    template <typename Make, typename Checks>
    static std::string checked(Make make, Checks checks) {
        for (;;) {
            if (std::string made = make(); checks(made)) return made;
        }
    }
    static std::string grouped(const std::string& text) {
        std::string out;
        for (std::size_t at = 0; at < text.size(); at += 4) {
            out += (at == 0 ? "" : " ") + text.substr(at, 4);
        }
        return out;
    }
    std::mt19937 random_{20261123};
};

TEST(Log, NothingOfTheCorpusIsReadInALine) {
    Corpus corpus;
    constexpr int kLines = 10'000;
    int leaks = 0;
    for (int i = 0; i < kLines; ++i) {
        const std::string secret = corpus.next();
        const std::string text =
            corpus.words() + " " + secret + (i % 2 == 0 ? ", " : " ") + corpus.words();
        const auto line = boost::json::parse(
            log_line(kTime, Level::error, "x", {{i % 3 == 0 ? "reason" : "detail", text}}));
        for (const auto& member : line.as_object()) {
            leaks += member.value().as_string().find(secret) != std::string::npos;
        }
    }
    EXPECT_EQ(leaks, 0) << "of " << kLines;
}

TEST(Log, ASecretIsKnownBeforeTheTextIsCut) {
    const std::string text = std::string(1015, 'x') + " 4111111111111111";
    EXPECT_EQ(log_line(kTime, Level::error, "x", {{"detail", text}}).find("4111"),
              std::string::npos);
}

TEST(Log, IdsTimesAndHashesStayReadable) {
    std::mt19937_64 random(7);
    UuidGenerator ids;
    for (int i = 0; i < 20'000; ++i) {
        const std::string id = ids.next(wall_clock_now()).to_string();
        std::array<char, 33> hash{};
        std::snprintf(hash.data(), hash.size(), "%016llx%016llx",
                      static_cast<unsigned long long>(random()),
                      static_cast<unsigned long long>(random()));
        const std::string detail = "memory " + id + " of " + hash.data() + " at " + kTime +
                                   ": 503 from 127.0.0.1:49152 after 2000 ms, sequence " +
                                   std::to_string(random() % 1'000'000'000);
        EXPECT_NE(log_line(kTime, Level::info, "x", {{"detail", detail}}).find(detail),
                  std::string::npos)
            << detail;
    }
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
