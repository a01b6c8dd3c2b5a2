#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>
#include <unordered_map>
#include <vector>

#include "backends/http/client.h"
#include "base/error.h"
#include "base/json/strict_json.h"
#include "cli/client/api_client.h"
#include "cli/commands.h"
#include "domain/exporting/export_line.h"

namespace soma::cli {
namespace {

namespace json = boost::json;

/// A record's metadata may use all the levels that the API allows, inside the answer's own.
constexpr std::size_t kMaxDepth = 40;

struct Options {
    std::string file;
};

/// A file that is there whole or not at all: written beside its place and moved when it is done.
/// Its content is nobody's but the owner's.
class WholeFile {
  public:
    explicit WholeFile(std::string path)
        : path_(std::move(path)), draft_(path_ + ".part"), file_(open_private(draft_)) {
        if (file_ == nullptr) {
            fail();
        }
    }
    ~WholeFile() {
        if (file_ != nullptr) {
            std::fclose(file_);
            ::unlink(draft_.c_str());
        }
    }
    WholeFile(const WholeFile&) = delete;
    WholeFile& operator=(const WholeFile&) = delete;

    void write(const std::string& text) {
        if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) {
            fail();
        }
    }
    void finish() {
        if (std::fflush(file_) != 0 || ::fsync(::fileno(file_)) != 0 ||
            std::rename(draft_.c_str(), path_.c_str()) != 0) {
            fail();
        }
        std::fclose(file_);
        file_ = nullptr;
    }

  private:
    static std::FILE* open_private(const std::string& path) {
        const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        return file < 0 ? nullptr : ::fdopen(file, "w");
    }
    [[noreturn]] void fail() const {
        throw Error(ErrorKind::unavailable, path_ + ": cannot be written",
                    std::generic_category().message(errno));
    }

    std::string path_;
    std::string draft_;
    std::FILE* file_;
};

json::object page(ApiClient& client, const std::string& query) {
    auto read = read_strict_json(client.get("/v1/memories?" + query), kMaxDepth);
    auto* value = std::get_if<json::value>(&read);
    if (value == nullptr || !value->is_object()) {
        throw Error(ErrorKind::internal, "the service answered with no JSON object");
    }
    return std::move(value->get_object());
}

/// How much was written.
struct Written {
    std::size_t memories = 0;
    std::size_t links = 0;
};

/// Memories by the line they stand on, and the links that were met.
struct Links {
    std::unordered_map<std::string, std::size_t> lines;
    std::vector<json::object> met;

    /// Ordered by lines, so that equal tenants give equal files. One whose end is in no line is
    /// not there: it was recorded, or its end has expired, while the export was on its way.
    std::vector<domain::ExportedLink> between_lines() const {
        std::vector<domain::ExportedLink> out;
        for (const auto& link : met) {
            const auto from = lines.find(std::string(link.at("from").as_string()));
            const auto to = lines.find(std::string(link.at("to").as_string()));
            if (from != lines.end() && to != lines.end()) {
                out.push_back({from->second, to->second, std::string(link.at("type").as_string()),
                               link.at("stated_weight").to_number<double>()});
            }
        }
        std::sort(out.begin(), out.end());
        return out;
    }
};

/// Writes every memory of one state: what is recorded meanwhile is not in it. Then the links
/// between them, as they are now.
Written write_all(ApiClient& client, WholeFile& file) {
    const std::string state(page(client, "limit=1").at("state_token").as_string());
    const std::string query =
        "include_superseded=true&include_links=true&limit=1000&as_of=" + state;
    Written written;
    Links links;
    for (std::string cursor;;) {
        const auto answer = page(
            client,
            cursor.empty() ? query : query + "&cursor=" + backends::encode_path_segment(cursor));
        for (const auto& memory : answer.at("memories").as_array()) {
            file.write(domain::export_line(memory.as_object()) + "\n");
            links.lines[std::string(memory.at("id").as_string())] = ++written.memories;
        }
        for (const auto& link : answer.at("links").as_array()) {
            links.met.push_back(link.as_object());
        }
        const auto* next = answer.if_contains("next_cursor");
        if (next == nullptr || !next->is_string()) {
            break;
        }
        cursor = std::string(next->get_string());
    }
    for (const auto& link : links.between_lines()) {
        file.write(domain::export_line(link) + "\n");
        ++written.links;
    }
    return written;
}

void run(const Options& options) {
    ApiClient client(config::load());
    WholeFile file(options.file);
    const Written written = write_all(client, file);
    file.finish();
    std::printf("exported %zu memories and %zu links to %s\n", written.memories, written.links,
                options.file.c_str());
}

}  // namespace

void register_export(CLI::App& program) {
    auto* command = program.add_subcommand(
        "export",
        "Write the tenant's memories to a file that import takes: JSON lines, in a canonical form");
    auto options = std::make_shared<Options>();
    command->add_option("file", options->file, "Where to; replaced only when all is written")
        ->required();
    command->callback([options] { run(*options); });
}

}  // namespace soma::cli
