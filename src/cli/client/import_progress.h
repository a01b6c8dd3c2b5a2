#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "cli/client/api_client.h"
#include "domain/importing/import_items.h"

namespace soma::cli {

/// How far an import got, in a small file under ${XDG_STATE_HOME:-~/.local/state}/somabrain, named
/// by what is imported, where to and for whom. Items that changed make another import.
class ImportProgress {
  public:
    ImportProgress(const ApiClient& client, const std::vector<domain::ImportItem>& items);

    /// Items done in an earlier run; 0 when there was none or its file is unreadable.
    std::size_t done() const;
    /// Throws Error when the file cannot be written.
    void save(std::size_t done) const;

  private:
    std::string path_;
};

}  // namespace soma::cli
