#pragma once
#include <optional>
#include <string>
#include <vector>

#include "domain/importing/format.h"

namespace soma::cli {

/// Every item of the given files and folders, in a stable order. A folder gives its files with an
/// ending that import knows, and those of its folders; symbolic links inside it are not followed,
/// and what is not read is named with its reason. `format`: what the files are; nullopt: told from
/// each. Throws Error when a path does not exist, or when two files would have the same name.
domain::ImportList read_sources(const std::vector<std::string>& paths,
                                std::optional<domain::ImportFormat> format);

}  // namespace soma::cli
