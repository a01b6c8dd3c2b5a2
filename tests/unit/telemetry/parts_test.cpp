#include "telemetry/parts.h"

#include <gtest/gtest.h>

#include <string>

namespace soma::telemetry {
namespace {

/// How many observations the metrics' text shows of a part.
std::string count_line(const std::string& part, int count) {
    return "somabrain_request_part_seconds_count{part=\"" + part + "\"} " + std::to_string(count) +
           "\n";
}

TEST(Parts, EachTimerIsOneObservationOfItsPart) {
    Parts parts;
    for (int i = 0; i < 3; ++i) {
        const auto timer = parts.time(Part::embed);
    }
    { const auto timer = parts.time(Part::commit); }
    const auto text = metrics().text();
    EXPECT_NE(text.find(count_line("embed", 3)), std::string::npos) << text;
    EXPECT_NE(text.find(count_line("search", 0)), std::string::npos) << "known before it happens";
    EXPECT_NE(text.find(count_line("commit", 1)), std::string::npos);
}

TEST(Parts, ATimerObservesWhenItEnds) {
    Parts parts;
    const auto before = metrics().text();
    const auto timer = parts.time(Part::search);
    const auto line = before.find("somabrain_request_part_seconds_count{part=\"search\"}");
    ASSERT_NE(line, std::string::npos);
    const auto shown = before.substr(line, before.find('\n', line) - line);
    EXPECT_NE(metrics().text().find(shown), std::string::npos) << "not while it runs";
}

TEST(Parts, AllUsersShareOneSeries) {
    Parts one;
    Parts other;
    const auto count = [] {
        const auto text = metrics().text();
        const std::string name = "somabrain_request_part_seconds_count{part=\"search\"} ";
        return std::stoi(text.substr(text.find(name) + name.size()));
    };
    const int before = count();
    { const auto timer = one.time(Part::search); }
    { const auto timer = other.time(Part::search); }
    EXPECT_EQ(count(), before + 2);
}

}  // namespace
}  // namespace soma::telemetry
