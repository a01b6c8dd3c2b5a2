#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>

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

/// Writes every memory of one state: what is recorded meanwhile is not in it.
std::size_t write_all(ApiClient& client, WholeFile& file) {
    const std::string state(page(client, "limit=1").at("state_token").as_string());
    const std::string query = "include_superseded=true&limit=1000&as_of=" + state;
    std::size_t count = 0;
    for (std::string cursor;;) {
        const auto answer = page(
            client,
            cursor.empty() ? query : query + "&cursor=" + backends::encode_path_segment(cursor));
        for (const auto& memory : answer.at("memories").as_array()) {
            file.write(domain::export_line(memory.as_object()) + "\n");
            ++count;
        }
        const auto* next = answer.if_contains("next_cursor");
        if (next == nullptr || !next->is_string()) {
            return count;
        }
        cursor = std::string(next->get_string());
    }
}

void run(const Options& options) {
    ApiClient client(config::load());
    WholeFile file(options.file);
    const std::size_t count = write_all(client, file);
    file.finish();
    std::printf("exported %zu memories to %s\n", count, options.file.c_str());
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
