#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "config/config.h"

namespace soma::config {
namespace {

bool is_number(const Setting& s) {
    return std::holds_alternative<int Config::*>(s.member);
}

TEST(Table, EveryRowIsWhole) {
    std::set<std::string_view> names;
    for (const auto& s : settings()) {
        EXPECT_TRUE(names.insert(s.env).second) << s.env << " twice";
        EXPECT_TRUE(std::regex_match(std::string(s.env), std::regex("SOMABRAIN_[A-Z0-9_]+")));
        EXPECT_TRUE(s.meaning.ends_with('.')) << s.env;
        EXPECT_GT(s.max, 0) << s.env << " has no limit";
        EXPECT_LE(s.min, s.max) << s.env;
        EXPECT_GE(s.step, 1) << s.env;
        EXPECT_TRUE(is_number(s) || s.unit.empty()) << s.env;
    }
}

TEST(Table, NoTwoRowsFillTheSameField) {
    const auto all = settings();
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t k = i + 1; k < all.size(); ++k) {
            EXPECT_FALSE(all[i].member == all[k].member) << all[i].env << " and " << all[k].env;
        }
    }
}

TEST(Table, DefaultsAreLegal) {
    EXPECT_NO_THROW(load([](const std::string&) { return std::optional<std::string>(); }));
}

TEST(Table, EveryBoundIsAcceptedAndTheNextValueRefused) {
    for (const auto& s : settings()) {
        if (!is_number(s)) continue;
        const auto accepted = [&](long value) {
            try {
                load([&](const std::string& name) -> std::optional<std::string> {
                    if (name != s.env) return std::nullopt;
                    return std::to_string(value);
                });
                return true;
            } catch (const std::exception&) {
                return false;
            }
        };
        EXPECT_TRUE(accepted(s.min)) << s.env;
        EXPECT_TRUE(accepted(s.max)) << s.env;
        EXPECT_FALSE(accepted(static_cast<long>(s.min) - 1)) << s.env;
        EXPECT_FALSE(accepted(static_cast<long>(s.max) + 1)) << s.env;
    }
}

TEST(Table, UnitsStandInNames) {
    for (const auto& s : settings()) {
        const std::string env(s.env);
        if (s.unit == "ms") {
            EXPECT_TRUE(env.ends_with("_MS")) << env;
        }
        if (s.unit == "s") {
            EXPECT_TRUE(env.ends_with("_SECONDS")) << env;
        }
        if (s.unit == "h") {
            EXPECT_TRUE(env.ends_with("_HOURS")) << env;
        }
        if (s.unit == "days") {
            EXPECT_TRUE(env.ends_with("_DAYS")) << env;
        }
        if (s.unit == "MiB") {
            EXPECT_TRUE(env.ends_with("_MIB")) << env;
        }
    }
}

TEST(Table, SecretsHaveNoDefaultAndAreMarked) {
    for (const auto& s : settings()) {
        if (s.secret) {
            EXPECT_TRUE(s.initial.empty()) << s.env;
        }
        const bool sounds_secret = s.env.ends_with("PASSWORD") || s.env.ends_with("TOKEN") ||
                                   s.env.ends_with("API_KEY") || s.env.ends_with("SECRET_KEY");
        EXPECT_EQ(sounds_secret, s.secret) << s.env;
    }
}

TEST(Table, TheKeysOfPortsJson) {
    std::vector<std::string> keys;
    for (const auto& s : settings()) {
        if (!s.ports_key.empty()) keys.emplace_back(s.ports_key);
    }
    EXPECT_EQ(keys,
              (std::vector<std::string>{"SOMABRAIN_HTTP_PORT", "SOMABRAIN_GRPC_PORT",
                                        "SOMABRAIN_OPS_PORT", "POSTGRES_PORT", "REDIS_PORT",
                                        "VAULT_PORT", "S3_PORT", "SOMABRAIN_WITNESS_PORT",
                                        "BUFFER_PORT", "KAFKA_PORT", "SOMABRAIN_RELAY_PORT"}));
}

}  // namespace
}  // namespace soma::config
