#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"
#include "cli/client/api_client.h"
#include "cli/client/import_progress.h"
#include "cli/commands.h"
#include "domain/importing/import_items.h"

namespace soma::cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using domain::ImportItem;
using domain::ImportList;

constexpr std::uintmax_t kMaxFileBytes = 256u << 20;
constexpr std::size_t kBatchItems = 100;
/// A request has seconds, and embedding some 40 KiB of text takes one.
constexpr std::size_t kBatchBytes = 65'536;

struct Options {
    std::vector<std::string> paths;
    bool again = false;
};

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(in)), {});
    if (!in.good() && !in.eof()) {
        throw Error(ErrorKind::invalid_argument, path.string() + ": cannot be read");
    }
    return text;
}

/// The files below a path that we can read, in a stable order; `name` is what keys and places show.
struct Source {
    fs::path path;
    std::string name;
};

bool is_readable_kind(const fs::path& path) {
    const auto extension = path.extension();
    return extension == ".jsonl" || extension == ".md" || extension == ".markdown";
}

std::vector<Source> sources_of(const std::string& path, ImportList& list) {
    // "notes", "notes/" and "./notes" are one folder, so their items get the same keys.
    fs::path root = fs::path(path).lexically_normal();
    root = root.has_filename() ? root : root.parent_path();
    if (!fs::is_regular_file(root) && !fs::is_directory(root)) {
        throw Error(ErrorKind::invalid_argument, path + ": no such file or folder");
    }
    std::vector<Source> sources;
    if (!fs::is_directory(root)) {
        sources.push_back({root, root.filename().string()});
        return sources;
    }
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        if (!entry.is_regular_file()) {
            continue;
        }
        const std::string name =
            (root.filename() / fs::relative(entry.path(), root)).lexically_normal().string();
        if (is_readable_kind(entry.path())) {
            sources.push_back({entry.path(), name});
        } else {
            list.skipped.push_back({name, "neither .md nor .jsonl"});
        }
    }
    std::sort(sources.begin(), sources.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return sources;
}

void append(ImportList& list, ImportList more) {
    std::move(more.items.begin(), more.items.end(), std::back_inserter(list.items));
    std::move(more.skipped.begin(), more.skipped.end(), std::back_inserter(list.skipped));
}

ImportList read_all(const std::vector<std::string>& paths) {
    ImportList list;
    std::set<std::string> names;
    for (const auto& path : paths) {
        for (const auto& source : sources_of(path, list)) {
            if (fs::file_size(source.path) > kMaxFileBytes) {
                list.skipped.push_back({source.name, "over 256 MiB"});
                continue;
            }
            if (!names.insert(source.name).second) {
                throw Error(ErrorKind::invalid_argument,
                            source.path.string() + ": another file here is named " + source.name +
                                " too, and would replace it: import them one by one, from folders "
                                "of different names");
            }
            const std::string text = read_file(source.path);
            append(list, source.path.extension() == ".jsonl"
                             ? domain::parse_jsonl(source.name, text)
                             : domain::parse_markdown(source.name, text));
        }
    }
    return list;
}

void show_bar(std::size_t done, std::size_t total) {
    constexpr std::size_t width = 40;
    if (isatty(STDERR_FILENO) == 0) {
        return;
    }
    const std::size_t filled = total == 0 ? width : done * width / total;
    std::fprintf(stderr, "\r[%s%s] %zu/%zu", std::string(filled, '#').c_str(),
                 std::string(width - filled, ' ').c_str(), done, total);
    if (done == total) {
        std::fputc('\n', stderr);
    }
}

/// "/items/12/text" → 12.
std::optional<std::size_t> item_of(const std::string& field) {
    constexpr std::string_view prefix = "/items/";
    if (!field.starts_with(prefix)) {
        return std::nullopt;
    }
    return std::strtoul(field.c_str() + prefix.size(), nullptr, 10);
}

/// Remembers one batch. `run` tells repetitions from what was cut off. An item the service refuses
/// leaves the batch with its reason, and the rest goes again: a batch is all or none.
std::size_t send(ApiClient& client, const std::string& run, std::vector<ImportItem> batch,
                 ImportList& list) {
    while (!batch.empty()) {
        json::array items;
        for (const auto& item : batch) {
            items.push_back(item.request);
        }
        const json::object body{{"items", std::move(items)}};
        // Within a run the same items carry the same key: a batch that was cut off is not
        // remembered twice.
        const std::string key = "import-" + to_hex(sha256(run + json::serialize(body)));
        json::object answer;
        const auto problem = client.try_post("/v1/memories:batch", body, key, answer);
        if (!problem) {
            return batch.size();
        }
        const auto bad = item_of(problem->field);
        if (!bad || *bad >= batch.size()) {
            throw Error(ErrorKind::invalid_argument, problem->detail);
        }
        const auto refused = batch.begin() + static_cast<std::ptrdiff_t>(*bad);
        list.skipped.push_back({refused->place, problem->detail});
        batch.erase(refused);
    }
    return 0;
}

/// Where the batch that begins at `begin` ends. Always the same for the same items, so that a batch
/// sent again after an interruption carries the same Idempotency-Key.
std::size_t batch_end(const std::vector<ImportItem>& items, std::size_t begin) {
    std::size_t end = begin;
    std::size_t bytes = 0;
    while (end < items.size() && end - begin < kBatchItems) {
        bytes += json::serialize(items[end].request).size();
        if (end > begin && bytes > kBatchBytes) {
            break;
        }
        ++end;
    }
    return end;
}

void print_summary(std::size_t remembered, const ImportList& list) {
    std::printf("remembered %zu, skipped %zu\n", remembered, list.skipped.size());
    for (const auto& skipped : list.skipped) {
        std::printf("skipped %s: %s\n", skipped.place.c_str(), skipped.reason.c_str());
    }
}

void run(const Options& options) {
    ApiClient client(config::load());
    ImportList list = read_all(options.paths);
    ImportProgress progress(client, options.paths, list.items);
    if (options.again) {
        progress.begin();
    }
    std::size_t done = progress.done();
    if (done > 0 && done == list.items.size()) {
        std::printf("all %zu items were remembered before (--again repeats them)\n", done);
        return;
    }
    if (done > 0) {
        std::printf("going on after item %zu of %zu\n", done, list.items.size());
    }
    std::size_t remembered = 0;
    show_bar(done, list.items.size());
    while (done < list.items.size()) {
        const std::size_t end = batch_end(list.items, done);
        const auto first = list.items.begin();
        remembered += send(
            client, progress.run(),
            {first + static_cast<std::ptrdiff_t>(done), first + static_cast<std::ptrdiff_t>(end)},
            list);
        done = end;
        progress.save(done);
        show_bar(done, list.items.size());
    }
    print_summary(remembered, list);
}

}  // namespace

void register_import(CLI::App& program) {
    auto* command = program.add_subcommand(
        "import",
        "Remember JSONL files and Markdown files or folders; may be cut off and repeated");
    auto options = std::make_shared<Options>();
    command->add_option("path", options->paths, "Files (.jsonl, .md) or folders")->required();
    command->add_flag("--again", options->again, "Even what was remembered before");
    command->callback([options] { run(*options); });
}

}  // namespace soma::cli
