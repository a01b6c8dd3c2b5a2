#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace soma::backends {

/// A read-only memory map of one whole file, shared by all threads. Throws Error (unavailable) with
/// a one-line reason when the file cannot be opened or mapped, or is empty.
class MappedFile {
  public:
    explicit MappedFile(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::string_view bytes() const { return {data_, size_}; }
    /// Gives the resident pages back to the system; they are read again when touched.
    void drop_pages() const;

  private:
    const char* data_ = nullptr;
    std::size_t size_ = 0;
};

/// A safetensors file: u64le header length ‖ JSON header ‖ data. Every range is checked at
/// construction, so a truncated or hostile file is an Error (unavailable), never a wild read.
/// `bytes` must outlive the reader and every span it hands out, and start on a 4-byte boundary.
class Safetensors {
  public:
    explicit Safetensors(std::string_view bytes);

    /// A little-endian F32 tensor of exactly this shape; Error (unavailable) naming it otherwise.
    std::span<const float> floats(const std::string& name,
                                  const std::vector<std::uint64_t>& shape) const;

  private:
    struct Entry {
        std::string type;
        std::vector<std::uint64_t> shape;
        std::string_view data;
    };
    std::map<std::string, Entry> entries_;
};

}  // namespace soma::backends
