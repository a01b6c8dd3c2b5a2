#include "domain/retrieval/modules.h"

#include <gtest/gtest.h>

#include "base/error.h"

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

TEST(WeightsUnder, AViewWhoseModuleIsOffWeighsNothing) {
    ViewWeights weights;
    weights.numbers.fill(0.5);
    EXPECT_EQ(weights_under(all_modules, weights), weights);
    const auto kept = weights_under({Module::bridge, Module::conductance}, weights);
    for (std::size_t v = 0; v < view_count; ++v) {
        const auto view = static_cast<View>(v);
        const bool is_off = view == View::graph || view == View::density;
        EXPECT_EQ(kept[view], is_off ? 0 : 0.5) << view_names[v];
    }
    EXPECT_EQ(weights_under({}, default_weights()), default_weights())
        << "by default none of them weighs anything";
}

TEST(WeightsUnder, NamingItIsRefusedAtItsPlace) {
    const auto refusal = [](const std::vector<std::string>& names, Modules modules) {
        try {
            weights_under(modules, default_weights(), names);
        } catch (const Error& error) {
            return error.field() + " " + error.public_message();
        }
        return std::string();
    };
    EXPECT_EQ(refusal({"dense", "density"}, default_modules),
              "/views/1 is a view whose module is off for this tenant: density");
    EXPECT_NE(refusal({"graph"}, {Module::density}), "");
    EXPECT_NE(refusal({"smell"}, all_modules), "");
    EXPECT_EQ(refusal({"dense", "density", "bridge", "graph"}, all_modules), "");
    EXPECT_EQ(refusal({"dense", "recency", "session"}, {}), "");
}

}  // namespace
}  // namespace soma::domain
