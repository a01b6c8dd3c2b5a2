#pragma once
#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "cli/client/api_client.h"
#include "domain/importing/import_items.h"

namespace soma::cli {

/// Which items of an import are remembered, in a small file under
/// ${XDG_STATE_HOME:-~/.local/state}/somabrain, named by the paths, where to and for whom. The file
/// holds the last run over those paths. Items that are the same in the next run stay done, so a
/// file that was broken in the middle goes on where it was mended; an item that was gone in between
/// is new again.
class ImportProgress {
  public:
    /// Throws Error when the file cannot be written.
    ImportProgress(const ApiClient& client, const std::vector<std::string>& paths,
                   const std::vector<domain::ImportItem>& items);

    /// Whether the item at this place of the list was remembered.
    bool is_done(std::size_t item) const { return done_.contains(digests_[item]); }
    std::size_t done() const;
    /// The same for a run that goes on over the same items, another for each new run: part of its
    /// Idempotency-Keys.
    const std::string& run() const { return run_; }
    /// Begins a new run in which nothing is done, whatever was done before.
    void begin();
    /// These items are remembered. Throws Error when that cannot be written down.
    void add(std::span<const std::size_t> items);

  private:
    void load();
    void write(const std::string& lines, bool is_new);

    std::string path_;
    std::vector<std::string> digests_;  ///< of each item; equal items are told apart
    std::string list_digest_;
    std::string run_;
    std::set<std::string, std::less<>> done_;
};

}  // namespace soma::cli
