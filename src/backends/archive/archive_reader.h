#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "backends/archive/archive_writer.h"

namespace soma::backends {

/// Reads a folder that an ArchiveWriter made. Files that cannot be read are an Error(not_found).
/// Thread-safe.
class ArchiveReader {
  public:
    /// Reads nothing yet.
    explicit ArchiveReader(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// A small file whole. Throws Error(invalid_argument) when it is larger than `most` bytes.
    std::string text(const std::string& name, std::size_t most) const;

    /// Throws Error(invalid_argument) unless the file is, byte for byte, the one that was written.
    void check(const std::string& name, const ArchivedFile& written) const;

    /// Calls `use` with a function that returns the file piece by piece, and an empty one at its
    /// end.
    void read(const std::string& name,
              const std::function<void(const std::function<std::string_view()>&)>& use) const;

  private:
    std::filesystem::path folder_;
};

}  // namespace soma::backends
