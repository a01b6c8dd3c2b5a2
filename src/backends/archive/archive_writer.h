#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace soma::backends {

/// What was written of one file.
struct ArchivedFile {
    std::uint64_t bytes = 0;
    std::string sha256;  ///< lower-case hexadecimal
};

/// Writes a folder of files that has its name only when every byte of it is on disk. For one
/// thread. Everything that the file system refuses is an Error(unavailable) with its reason.
class ArchiveWriter {
  public:
    using Sink = std::function<void(std::string_view)>;

    /// Throws Error(conflict) when something other than an empty folder has the name, or another
    /// writer is at it.
    explicit ArchiveWriter(const std::filesystem::path& folder);
    /// Removes what was not finished.
    ~ArchiveWriter();
    ArchiveWriter(const ArchiveWriter&) = delete;
    ArchiveWriter& operator=(const ArchiveWriter&) = delete;

    /// A file of what `produce` hands to its sink.
    ArchivedFile write(const std::string& name, const std::function<void(const Sink&)>& produce);

    /// Gives the folder its name.
    void finish();

  private:
    std::filesystem::path folder_;
    std::filesystem::path draft_;
    int draft_handle_ = -1;  ///< of the draft folder, and its lock
    bool finished_ = false;
};

}  // namespace soma::backends
