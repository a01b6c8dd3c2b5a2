#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"
#include "cli/client/api_client.h"
#include "cli/client/import_progress.h"
#include "cli/client/import_sources.h"
#include "cli/client/print.h"
#include "cli/commands.h"

namespace soma::cli {
namespace {

using domain::ImportList;

constexpr std::size_t kBatchItems = 100;
/// A request has seconds, and embedding some 40 KiB of text takes one.
constexpr std::size_t kBatchBytes = 65'536;
/// Of what was skipped the summary names so many; a file may have as many bad lines as good ones.
constexpr std::size_t kShownSkipped = 100;
constexpr std::size_t kShownBytes = 200;
constexpr int kSomeFailed = 2;

struct Options {
    std::vector<std::string> paths;
    std::string format = "auto";
    bool again = false;
};

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

/// A refusal of one item of a batch: which, and the reason with the place inside the item.
struct ItemProblem {
    std::size_t item = 0;
    std::string reason;
};

/// "/items/12/text" of a batch means "/text" of its item 12.
std::optional<ItemProblem> problem_of_item(const Problem& problem) {
    constexpr std::string_view prefix = "/items/";
    if (!problem.field.starts_with(prefix)) {
        return std::nullopt;
    }
    const std::size_t slash = problem.field.find('/', prefix.size());
    const std::string inside = slash == std::string::npos ? "" : problem.field.substr(slash) + ": ";
    const std::string named = problem.field + ": ";
    const std::string reason =
        problem.detail.substr(problem.detail.starts_with(named) ? named.size() : 0);
    return ItemProblem{std::strtoul(problem.field.c_str() + prefix.size(), nullptr, 10),
                       inside + reason};
}

/// Where the batch that begins at `begin` ends. Always the same for the same items, so that a batch
/// sent again after an interruption carries the same Idempotency-Key.
std::size_t batch_end(const std::vector<domain::ImportItem>& items, std::size_t begin) {
    std::size_t end = begin;
    std::size_t bytes = 0;
    while (end < items.size() && end - begin < kBatchItems) {
        bytes += items[end].request.size();
        if (end > begin && bytes > kBatchBytes) {
            break;
        }
        ++end;
    }
    return end;
}

/// One run of the command.
class Import {
  public:
    Import(const Options& options, std::optional<domain::ImportFormat> format)
        : client_(config::load()),
          list_(read_sources(options.paths, format)),
          progress_(client_, options.paths, list_) {
        if (options.again) {
            progress_.begin();
        }
        before_ = progress_.done();
    }

    void run() {
        const std::size_t total = list_.items.size();
        show_bar(0, total);
        for (std::size_t begin = 0; begin < total;) {
            const std::size_t end = batch_end(list_.items, begin);
            std::vector<std::size_t> batch;
            for (std::size_t item = begin; item < end; ++item) {
                if (progress_.id_of(item).empty()) {
                    batch.push_back(item);
                }
            }
            send(std::move(batch));
            begin = end;
            show_bar(begin, total);
        }
        for (std::size_t link = 0; link < list_.links.size(); ++link) {
            if (!progress_.is_linked(link)) {
                send_link(link);
            }
        }
    }

    /// Prints what became of everything; true when nothing failed and something is remembered.
    bool summarize() const {
        std::size_t failed = 0;
        for (const auto& skipped : list_.skipped) {
            failed += skipped.is_failure ? 1 : 0;
        }
        std::printf("remembered %zu", remembered_);
        if (before_ > 0) {
            std::printf(", remembered before %zu (--again repeats them)", before_);
        }
        if (!list_.links.empty()) {
            std::printf(", linked %zu", linked_);
        }
        std::printf(", skipped %zu, failed %zu\n", list_.skipped.size() - failed, failed);
        for (const bool failures : {true, false}) {
            print_skipped(failures);
        }
        return failed == 0 && remembered_ + before_ > 0;
    }

  private:
    /// Remembers one batch. An item the service refuses leaves it with its reason, and the rest
    /// goes again: a batch is all or none.
    void send(std::vector<std::size_t> batch) {
        while (!batch.empty()) {
            std::string body = "{\"items\":[";
            for (const std::size_t item : batch) {
                body += (item == batch.front() ? "" : ",") + list_.items[item].request;
            }
            body += "]}";
            // Within a run the same items carry the same key: a batch that was cut off is not
            // remembered twice.
            const std::string key = "import-" + to_hex(sha256(progress_.run() + body));
            boost::json::object answer;
            const auto problem =
                client_.try_post("/v1/memories:batch", std::move(body), key, answer);
            if (!problem) {
                std::vector<std::string> ids;
                for (const auto& result : answer.at("results").as_array()) {
                    ids.emplace_back(result.at("id").as_string());
                }
                progress_.add(batch, ids);
                remembered_ += batch.size();
                return;
            }
            const auto bad = problem_of_item(*problem);
            if (!bad || bad->item >= batch.size()) {
                throw Error(ErrorKind::invalid_argument, problem->detail);
            }
            list_.fail(list_.items[batch[bad->item]].place, bad->reason);
            batch.erase(batch.begin() + static_cast<std::ptrdiff_t>(bad->item));
        }
    }

    /// A link said again grows stronger, so each goes out once, whatever is cut off.
    void send_link(std::size_t number) {
        const auto& link = list_.links[number];
        const std::string from = progress_.id_of(link.from);
        const std::string to = progress_.id_of(link.to);
        if (from.empty() || to.empty()) {
            return list_.fail(link.place, "what it links was not remembered");
        }
        boost::json::object said{{"from", from}, {"to", to}, {"type", link.type}};
        if (link.weight) {
            said["weight"] = *link.weight;
        }
        const std::string body = boost::json::serialize(said);
        // Two relations of one pair may be links of one type: the number tells them apart.
        const std::string key =
            "import-" + to_hex(sha256(progress_.run() + ' ' + std::to_string(number) + ' ' + body));
        boost::json::object answer;
        if (const auto problem = client_.try_post("/v1/links", body, key, answer)) {
            return list_.fail(link.place, problem->detail);
        }
        progress_.add_link(number);
        ++linked_;
    }

    void print_skipped(bool failures) const {
        std::size_t shown = 0;
        for (const auto& skipped : list_.skipped) {
            if (skipped.is_failure != failures || ++shown > kShownSkipped) {
                continue;
            }
            std::printf("%s %s: %s\n", failures ? "failed" : "skipped",
                        one_line(skipped.place, kShownBytes).c_str(),
                        one_line(skipped.reason, kShownBytes).c_str());
        }
        if (shown > kShownSkipped) {
            std::printf("%s: %zu more\n", failures ? "failed" : "skipped", shown - kShownSkipped);
        }
    }

    ApiClient client_;
    ImportList list_;
    ImportProgress progress_;
    std::size_t before_ = 0;
    std::size_t remembered_ = 0;
    std::size_t linked_ = 0;
};

void run(const Options& options) {
    const auto format = domain::parse_import_format(options.format);
    Import import(options, format);
    import.run();
    if (!import.summarize()) {
        throw CLI::RuntimeError(kSomeFailed);
    }
}

}  // namespace

void register_import(CLI::App& program) {
    auto* command = program.add_subcommand(
        "import",
        "Remember files: JSONL, Markdown, and what MCP's memory server, mem0, LangGraph stores and "
        "LoCoMo write. May be cut off and repeated");
    auto options = std::make_shared<Options>();
    std::vector<std::string> formats{"auto"};
    for (const auto& [name, format] : domain::kImportFormats) {
        formats.emplace_back(name);
    }
    command->add_option("path", options->paths, "Files, or folders of .md, .jsonl and .json")
        ->required();
    command->add_option("--format", options->format, "What the files are; auto tells by itself")
        ->check(CLI::IsMember(formats))
        ->capture_default_str();
    command->add_flag("--again", options->again, "Even what was remembered before");
    command->footer(
        "Exit status: 0 all is remembered; 1 it could not be done (no service, no such file);\n"
        "2 it is done, but something failed or there was nothing to remember (the summary says).");
    command->callback([options] { run(*options); });
}

}  // namespace soma::cli
