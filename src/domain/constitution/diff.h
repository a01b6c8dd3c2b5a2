#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soma::domain {

/// One difference between two texts of the law.
struct LawDifference {
    /// JSON pointer (RFC 6901); an item of a list whose items have ids stands under its id.
    std::string path;
    std::optional<std::string> before;  ///< canonical JSON; absent: it is new
    std::optional<std::string> after;   ///< canonical JSON; absent: it is gone

    friend bool operator==(const LawDifference&, const LawDifference&) = default;
};

/// What changes from one canonical constitution to another, by path. Articles, rules and signers
/// are told apart by their ids, so that a new one is one difference wherever it stands; an empty
/// text stands for no law at all. Pure. Precondition: both are canonical constitutions or empty.
std::vector<LawDifference> diff_laws(std::string_view before, std::string_view after);

}  // namespace soma::domain
