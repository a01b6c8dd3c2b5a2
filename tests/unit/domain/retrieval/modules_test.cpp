#include "domain/retrieval/modules.h"

#include <gtest/gtest.h>

namespace soma::domain {
namespace {

TEST(Modules, EverySetHasItsNamesAndNamesTheSet) {
    for (unsigned bits = 0; bits < 1U << module_count; ++bits) {
        Modules modules;
        for (std::size_t i = 0; i < module_count; ++i) {
            if ((bits >> i & 1U) != 0) {
                modules.add(static_cast<Module>(i));
            }
        }
        EXPECT_EQ(modules_of(names_of(modules)), modules);
        for (std::size_t i = 0; i < module_count; ++i) {
            EXPECT_EQ(modules.has(static_cast<Module>(i)), (bits >> i & 1U) != 0);
        }
    }
    EXPECT_EQ(names_of({}), "none");
    EXPECT_EQ(names_of(all_modules), "density,bridge,pagerank,conductance");
    EXPECT_EQ(modules_of("conductance,density"), (Modules{Module::density, Module::conductance}));
}

TEST(Modules, AnythingElseIsNoSet) {
    for (const auto* const bad :
         {"", ",", "density,", ",density", "rho", "Density", "density bridge", "density, bridge",
          "density,density", "none,density", "none,none", "density,none"}) {
        EXPECT_FALSE(modules_of(std::string_view(bad))) << bad;
    }
}

TEST(Modules, WhatIsInBothIsInTheirMeet) {
    EXPECT_EQ((Modules{Module::density, Module::bridge} & Modules{Module::bridge}),
              Modules{Module::bridge});
    EXPECT_EQ(all_modules & default_modules, default_modules);
    EXPECT_EQ(Modules{} & all_modules, Modules{});
}

}  // namespace
}  // namespace soma::domain
