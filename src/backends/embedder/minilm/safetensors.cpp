#include "backends/embedder/minilm/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "base/error.h"

namespace soma::backends {
namespace {

constexpr std::uint64_t kHeaderLimit = 1 << 20;
constexpr std::size_t kLengthBytes = 8;

Error broken(const std::string& reason) {
    return Error(ErrorKind::unavailable, "the weights file is broken: " + reason);
}

std::uint64_t read_u64le(std::string_view bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = kLengthBytes; i-- > 0;) {
        value = value << 8 | static_cast<unsigned char>(bytes[i]);
    }
    return value;
}

std::vector<std::uint64_t> unsigned_list(const boost::json::value& value) {
    std::vector<std::uint64_t> out;
    for (const auto& item : value.as_array()) out.push_back(item.to_number<std::uint64_t>());
    return out;
}

/// The number of floats in a shape, or nothing sensible to allocate: the maximum on overflow.
std::uint64_t element_count(const std::vector<std::uint64_t>& shape) {
    std::uint64_t count = 1;
    for (const std::uint64_t extent : shape) {
        if (__builtin_mul_overflow(count, extent, &count)) {
            return std::numeric_limits<std::uint64_t>::max();
        }
    }
    return count;
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
    const auto fail = [&](int code) {
        return Error(ErrorKind::unavailable,
                     "cannot read " + path.string() + ": " + std::strerror(code));
    };
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) throw fail(errno);
    struct stat status {};
    const bool usable =
        ::fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
    size_ = usable ? static_cast<std::size_t>(status.st_size) : 0;
    void* mapped = usable ? ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
    const int code = usable ? errno : EINVAL;
    ::close(file);
    if (mapped == MAP_FAILED) throw fail(code);
    data_ = static_cast<const char*>(mapped);
}

MappedFile::~MappedFile() {
    ::munmap(const_cast<char*>(data_), size_);
}

void MappedFile::drop_pages() const {
    // Only a hint: when it fails the pages stay, which costs memory and nothing else.
    (void)::madvise(const_cast<char*>(data_), size_, MADV_DONTNEED);
}

Safetensors::Safetensors(std::string_view bytes) {
    static_assert(std::endian::native == std::endian::little, "tensors are read in place");
    if (bytes.size() < kLengthBytes) throw broken("shorter than its header");
    const std::uint64_t header_size = read_u64le(bytes);
    if (header_size > kHeaderLimit || header_size > bytes.size() - kLengthBytes) {
        throw broken("its header does not fit");
    }
    const std::string_view data = bytes.substr(kLengthBytes + header_size);
    try {
        const auto header = boost::json::parse(bytes.substr(kLengthBytes, header_size));
        for (const auto& [name, value] : header.as_object()) {
            if (name == "__metadata__") continue;
            const auto offsets = unsigned_list(value.at("data_offsets"));
            if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data.size()) {
                throw broken("tensor " + std::string(name) + " lies outside the file");
            }
            entries_.emplace(name, Entry{std::string(value.at("dtype").as_string()),
                                         unsigned_list(value.at("shape")),
                                         data.substr(offsets[0], offsets[1] - offsets[0])});
        }
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        throw broken(std::string("its header is malformed (") + error.what() + ")");
    }
}

std::span<const float> Safetensors::floats(const std::string& name,
                                           const std::vector<std::uint64_t>& shape) const {
    const auto found = entries_.find(name);
    if (found == entries_.end()) throw broken("tensor " + name + " is missing");
    const Entry& entry = found->second;
    if (entry.type != "F32" || entry.shape != shape) {
        throw broken("tensor " + name + " has another type or shape");
    }
    const std::uint64_t count = element_count(shape);
    const bool fits =
        entry.data.size() % sizeof(float) == 0 && entry.data.size() / sizeof(float) == count;
    const bool aligned = reinterpret_cast<std::uintptr_t>(entry.data.data()) % alignof(float) == 0;
    if (!fits || !aligned) throw broken("tensor " + name + " has a wrong size or alignment");
    return {reinterpret_cast<const float*>(entry.data.data()), count};
}

}  // namespace soma::backends
