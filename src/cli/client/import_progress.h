#pragma once
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "cli/client/api_client.h"
#include "domain/importing/import_items.h"

namespace soma::cli {

/// Which items and links of an import are remembered, in a small file under
/// ${XDG_STATE_HOME:-~/.local/state}/somabrain, named by the paths, where to and for whom. The file
/// holds the last run over those paths. Items that are the same in the next run stay done, so a
/// file that was broken in the middle goes on where it was mended; an item that was gone in between
/// is new again, and so is a link when one of its items is.
class ImportProgress {
  public:
    /// Throws Error when the file cannot be written.
    ImportProgress(const ApiClient& client, const std::vector<std::string>& paths,
                   const domain::ImportList& list);

    /// The id under which the item at this place of the list was remembered; empty: not yet.
    std::string id_of(std::size_t item) const;
    bool is_linked(std::size_t link) const { return done_.contains(links_[link]); }
    /// How many items are remembered.
    std::size_t done() const;
    /// The same for a run that goes on over the same items, another for each new run: part of its
    /// Idempotency-Keys.
    const std::string& run() const { return run_; }
    /// Begins a new run in which nothing is done, whatever was done before.
    void begin();
    /// These items are remembered under these ids. Throws Error when that cannot be written down.
    void add(std::span<const std::size_t> items, std::span<const std::string> ids);
    void add_link(std::size_t link);

  private:
    void load();
    void write(const std::string& lines, bool is_new);

    std::string path_;
    std::vector<std::string> items_;  ///< a digest of each; equal items are told apart
    std::vector<std::string> links_;  ///< the same of links, made of their items'
    std::string list_digest_;
    std::string run_;
    std::map<std::string, std::string, std::less<>> done_;  ///< digest to id; of a link: none
};

}  // namespace soma::cli
