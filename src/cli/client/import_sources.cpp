#include "cli/client/import_sources.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "base/error.h"

namespace soma::cli {
namespace {

namespace fs = std::filesystem;
using domain::ImportFormat;
using domain::ImportList;

constexpr std::uintmax_t kMaxFileBytes = 256u << 20;

/// `name` is what keys and places show: the path from the folder that was given, and its name.
struct Source {
    fs::path path;
    std::string name;
};

bool has_known_ending(const fs::path& path) {
    static constexpr std::array<std::string_view, 5> kEndings{".jsonl", ".ndjson", ".json", ".md",
                                                              ".markdown"};
    return std::find(kEndings.begin(), kEndings.end(), path.extension()) != kEndings.end();
}

std::vector<Source> sources_of(const std::string& path, ImportList& list) {
    // "notes", "notes/" and "./notes" are one folder, so their items get the same keys.
    fs::path root = fs::path(path).lexically_normal();
    root = root.has_filename() ? root : root.parent_path();
    if (!fs::is_regular_file(root) && !fs::is_directory(root)) {
        throw Error(ErrorKind::invalid_argument, path + ": no such file or folder");
    }
    const std::size_t known = list.skipped.size();
    std::vector<Source> sources;
    if (!fs::is_directory(root)) {
        sources.push_back({root, root.filename().string()});
        return sources;
    }
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        std::string name = (root.filename() / fs::relative(entry.path().parent_path(), root) /
                            entry.path().filename())
                               .lexically_normal()
                               .string();
        if (entry.is_symlink()) {
            // It may lead out of the folder: what was not given is not read.
            list.skip(std::move(name), "a symbolic link: not followed");
        } else if (entry.is_directory()) {
            continue;
        } else if (!entry.is_regular_file()) {
            list.skip(std::move(name), "no regular file");
        } else if (!has_known_ending(entry.path())) {
            list.skip(std::move(name), "neither .md, .jsonl nor .json");
        } else {
            sources.push_back({entry.path(), std::move(name)});
        }
    }
    std::ranges::sort(sources, {}, &Source::name);
    std::ranges::sort(list.skipped.begin() + static_cast<std::ptrdiff_t>(known), list.skipped.end(),
                      {}, &domain::SkippedItem::place);
    return sources;
}

void append(ImportList& list, ImportList more) {
    for (auto& link : more.links) {
        link.from += list.items.size();
        link.to += list.items.size();
        list.links.push_back(std::move(link));
    }
    std::move(more.items.begin(), more.items.end(), std::back_inserter(list.items));
    std::move(more.skipped.begin(), more.skipped.end(), std::back_inserter(list.skipped));
}

void read(const Source& source, std::optional<ImportFormat> format, ImportList& list) {
    if (fs::file_size(source.path) > kMaxFileBytes) {
        return list.fail(source.name, "over 256 MiB");
    }
    std::ifstream in(source.path, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    if (!in.good() && !in.eof()) {
        return list.fail(source.name, "cannot be read");
    }
    const auto told = format ? format : domain::detect_format(source.name, text);
    if (!told) {
        return list.fail(source.name, "JSON of no format that import knows (--format names one)");
    }
    append(list, domain::parse_import(*told, source.name, text));
}

}  // namespace

ImportList read_sources(const std::vector<std::string>& paths, std::optional<ImportFormat> format) {
    ImportList list;
    std::set<std::string> names;
    for (const auto& path : paths) {
        for (const auto& source : sources_of(path, list)) {
            if (!names.insert(source.name).second) {
                throw Error(ErrorKind::invalid_argument,
                            source.path.string() + ": another file here is named " + source.name +
                                " too, and would replace it: import them one by one, from folders "
                                "of different names");
            }
            read(source, format, list);
        }
    }
    return list;
}

}  // namespace soma::cli
