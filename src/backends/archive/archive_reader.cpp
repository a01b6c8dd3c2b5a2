#include "backends/archive/archive_reader.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"

namespace soma::backends {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;

[[noreturn]] void damaged(const std::string& path) {
    throw Error(ErrorKind::invalid_argument,
                path + " is damaged: it is not the file that was written");
}

}  // namespace

void ArchiveReader::read(
    const std::string& name,
    const std::function<void(const std::function<std::string_view()>&)>& use) const {
    const std::string path = (folder_ / name).string();
    const std::unique_ptr<std::FILE, decltype(&std::fclose)> file(std::fopen(path.c_str(), "rbe"),
                                                                  &std::fclose);
    const auto refuse = [&path] {
        throw Error(ErrorKind::not_found, path + " cannot be read",
                    std::generic_category().message(errno));
    };
    if (file == nullptr) {
        refuse();
    }
    std::string piece(kPieceBytes, '\0');
    use([&]() -> std::string_view {
        const std::size_t size = std::fread(piece.data(), 1, piece.size(), file.get());
        if (size == 0 && std::ferror(file.get()) != 0) {
            refuse();
        }
        return std::string_view(piece).substr(0, size);
    });
}

std::string ArchiveReader::text(const std::string& name, std::size_t most) const {
    std::string out;
    read(name, [&](const auto& next) {
        for (auto piece = next(); !piece.empty(); piece = next()) {
            out += piece;
            if (out.size() > most) {
                damaged((folder_ / name).string());
            }
        }
    });
    return out;
}

void ArchiveReader::check(const std::string& name, const ArchivedFile& written) const {
    Sha256 digest;
    std::uint64_t bytes = 0;
    read(name, [&](const auto& next) {
        for (auto piece = next(); !piece.empty(); piece = next()) {
            digest.add(piece);
            bytes += piece.size();
        }
    });
    if (bytes != written.bytes || to_hex(digest.finish()) != written.sha256) {
        damaged((folder_ / name).string());
    }
}

}  // namespace soma::backends
