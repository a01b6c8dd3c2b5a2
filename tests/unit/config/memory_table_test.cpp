#include "config/memory_table.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"

namespace soma::config {
namespace {

Config with_modules(const std::string& value) {
    return load([&](const std::string& name) -> std::optional<std::string> {
        return name == "SOMABRAIN_MODULES" ? std::optional(value) : std::nullopt;
    });
}

TEST(MemoryTable, ItsRowsAreInTheTableInTheirOrder) {
    const auto all = settings();
    const auto ours = memory_settings();
    EXPECT_NE(std::search(all.begin(), all.end(), ours.begin(), ours.end(),
                          [](const Setting& a, const Setting& b) { return a.env == b.env; }),
              all.end());
}

TEST(MemoryTable, ModulesAreAListOfKnownNames) {
    using Names = std::vector<std::string>;
    EXPECT_EQ(with_modules("density, bridge").modules, (Names{"density", "bridge"}));
    EXPECT_EQ(with_modules("none").modules, (Names{"none"}));
    EXPECT_EQ(load([](const auto&) { return std::optional<std::string>(); }).modules,
              (Names{"pagerank"}));
    for (const auto* const bad : {"", "rho", "Density", "density;bridge"}) {
        EXPECT_THROW(with_modules(bad), Error) << bad;
    }
}

}  // namespace
}  // namespace soma::config
