#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "cli/client/api_client.h"
#include "domain/importing/import_items.h"

namespace soma::cli {

/// How far an import got, in a small file under ${XDG_STATE_HOME:-~/.local/state}/somabrain, named
/// by the paths, where to and for whom. The file holds the last run over those paths: items that
/// changed since make another run, even when they are what they once were.
class ImportProgress {
  public:
    ImportProgress(const ApiClient& client, const std::vector<std::string>& paths,
                   const std::vector<domain::ImportItem>& items);

    /// Items done by this run before it was cut off; 0 when it is new or its file is unreadable.
    std::size_t done() const { return done_; }
    /// The same for a run that goes on, another for each new run: part of its Idempotency-Keys.
    const std::string& run() const { return run_; }
    /// Begins a new run, whatever was done before.
    void begin();
    /// Throws Error when the file cannot be written.
    void save(std::size_t done);

  private:
    std::string path_;
    std::string items_digest_;
    std::string run_;
    std::size_t done_ = 0;
};

}  // namespace soma::cli
