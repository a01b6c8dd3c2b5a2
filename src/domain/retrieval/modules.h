#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "domain/retrieval/score.h"

namespace soma::domain {

/// The advanced parts of retrieval, each of which can be off.
enum class Module : std::uint8_t {
    density,      ///< ρ of what was found first: the view `density`
    bridge,       ///< from what shares the words to what shares the meaning: the view `bridge`
    pagerank,     ///< over links: the view `graph`
    conductance,  ///< links that learn from what is used together, and from flows
};

inline constexpr std::size_t module_count = 4;

/// The names that configuration and commands use, in the order of Module.
inline constexpr std::array<std::string_view, module_count> module_names = {
    "density", "bridge", "pagerank", "conductance"};

/// A set of modules: those that are on for a tenant. A value.
class Modules {
  public:
    constexpr Modules() = default;  ///< none
    constexpr Modules(std::initializer_list<Module> modules) {
        for (const Module module : modules) {
            add(module);
        }
    }

    constexpr void add(Module module) { on_ |= bit(module); }
    constexpr bool has(Module module) const { return (on_ & bit(module)) != 0; }
    /// Those in both.
    friend constexpr Modules operator&(Modules x, Modules y) {
        x.on_ &= y.on_;
        return x;
    }
    friend constexpr bool operator==(Modules, Modules) = default;

  private:
    static constexpr unsigned bit(Module module) { return 1U << static_cast<unsigned>(module); }
    unsigned on_ = 0;
};

inline constexpr Modules all_modules{Module::density, Module::bridge, Module::pagerank,
                                     Module::conductance};
/// What is on where nobody says otherwise: `graph` weighs 0 until links gain (docs/math.md).
inline constexpr Modules default_modules{Module::pagerank};

/// Names of modules, or the one word "none". nullopt: no name at all, one that is no module's, one
/// given twice, or "none" beside others.
std::optional<Modules> modules_of(std::span<const std::string> names);
/// The same from names separated by commas.
std::optional<Modules> modules_of(std::string_view names);
/// Their names separated by commas, in the order of Module; "none" for none.
std::string names_of(Modules modules);

/// The module that gives a view its value; nullopt: none, the view is always there.
std::optional<Module> module_of(View view);

/// keep_views(weights, names) with 0 for every view whose module is off. Throws Error
/// invalid_argument at "/views/<i>" as keep_views does, and for a view whose module is off.
ViewWeights weights_under(Modules modules, const ViewWeights& weights,
                          std::span<const std::string> names = {});

}  // namespace soma::domain
