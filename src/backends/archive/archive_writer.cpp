#include "backends/archive/archive_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"

namespace soma::backends {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& path, int reason) {
    throw Error(ErrorKind::unavailable, path.string() + ": cannot be written",
                std::generic_category().message(reason));
}

/// A file handle that closes itself.
struct Handle {
    explicit Handle(int opened) : number(opened) {}
    ~Handle() {
        if (number >= 0) {
            ::close(number);
        }
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    int number;
};

void write_all(const Handle& file, const fs::path& path, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file.number, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            refuse(path, errno);
        }
        bytes.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
}

fs::path with_name(const fs::path& given) {
    const fs::path whole = fs::weakly_canonical(given);
    return whole.has_filename() ? whole : whole.parent_path();
}

void check_free(const fs::path& folder) {
    std::error_code trouble;
    const auto status = fs::status(folder, trouble);
    if (!fs::exists(status)) {
        return;
    }
    if (!fs::is_directory(status)) {
        throw Error(ErrorKind::conflict, folder.string() + " is no folder");
    }
    if (!fs::is_empty(folder)) {
        throw Error(ErrorKind::conflict,
                    folder.string() + " is not empty: a backup wants a folder of its own");
    }
}

}  // namespace

ArchiveWriter::ArchiveWriter(const fs::path& folder)
    : folder_(with_name(folder)), draft_(folder_.string() + ".partial") {
    check_free(folder_);
    if (::mkdir(draft_.c_str(), 0700) != 0 && errno != EEXIST) {
        refuse(draft_, errno);
    }
    draft_handle_ = ::open(draft_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (draft_handle_ < 0) {
        refuse(draft_, errno);
    }
    if (::flock(draft_handle_, LOCK_EX | LOCK_NB) != 0) {
        ::close(draft_handle_);
        throw Error(ErrorKind::conflict, draft_.string() + " is being written by another backup");
    }
    for (const auto& left : fs::directory_iterator(draft_)) {
        fs::remove(left.path());  // by a writer that was killed
    }
}

ArchiveWriter::~ArchiveWriter() {
    if (!finished_) {
        std::error_code ignored;
        fs::remove_all(draft_, ignored);
    }
    ::close(draft_handle_);
}

ArchivedFile ArchiveWriter::write(const std::string& name,
                                  const std::function<void(const Sink&)>& produce) {
    constexpr std::size_t buffer_bytes = std::size_t{1} << 20;
    const fs::path path = draft_ / name;
    const Handle file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.number < 0) {
        refuse(path, errno);
    }
    ArchivedFile out;
    Sha256 digest;
    std::string buffer;
    const auto drain = [&] {
        digest.add(buffer);
        write_all(file, path, buffer);
        out.bytes += buffer.size();
        buffer.clear();
    };
    produce([&](std::string_view piece) {
        buffer += piece;
        if (buffer.size() >= buffer_bytes) {
            drain();
        }
    });
    drain();
    if (::fsync(file.number) != 0) {
        refuse(path, errno);
    }
    out.sha256 = to_hex(digest.finish());
    return out;
}

void ArchiveWriter::finish() {
    if (::fsync(draft_handle_) != 0 || ::rename(draft_.c_str(), folder_.c_str()) != 0) {
        refuse(folder_, errno);
    }
    finished_ = true;
    const fs::path parent = folder_.parent_path();
    const Handle handle(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (handle.number < 0 || ::fsync(handle.number) != 0) {
        refuse(parent, errno);
    }
}

}  // namespace soma::backends
