#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"

namespace soma::domain {

/// Where a log stands, and what it ends with: as much as its successor says of it.
struct LogHead {
    Uuid id;
    std::uint64_t first_index = 0;  ///< log_index of its first event
    std::uint64_t size = 0;         ///< log_index of the event that would come next
    std::string last_leaf;          ///< 32 bytes; empty while it has no event

    friend bool operator==(const LogHead&, const LogHead&) = default;
};

/// The tables' form: the last migration's name, and a digest over all of them.
struct SchemaVersion {
    std::string name;
    std::string sha256;  ///< lower-case hexadecimal

    friend bool operator==(const SchemaVersion&, const SchemaVersion&) = default;
};

/// One table of a backup. Its file, named after it, is what COPY wrote in binary form.
struct BackedUpTable {
    std::string name;
    std::vector<std::string> columns;  ///< in the order of the file
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    std::string sha256;  ///< of the file, lower-case hexadecimal

    friend bool operator==(const BackedUpTable&, const BackedUpTable&) = default;
};

/// What a backup says of itself. Thread-safe as a value.
struct Manifest {
    Time created_at;
    SchemaVersion schema;
    LogHead log;
    std::vector<BackedUpTable> tables;  ///< a table after those its foreign keys name

    friend bool operator==(const Manifest&, const Manifest&) = default;
};

/// A manifest has at most this many bytes.
inline constexpr std::size_t kMaxManifestBytes = 1'048'576;

/// Canonical JSON with its own digest, so that a damaged manifest is told from a whole one.
std::string manifest_text(const Manifest& manifest);

/// Throws Error(invalid_argument) that says what is wrong: no JSON, another format, a digest that
/// does not fit, a member missing or out of its bounds.
Manifest parse_manifest(std::string_view text);

/// The name of a table's file.
std::string file_of(const BackedUpTable& table);

/// Throws Error(conflict) unless the backup is of this schema: a backup is restored by the version
/// that made it, and migrated afterwards.
void check_schema_of(const Manifest& manifest, const SchemaVersion& ours);

}  // namespace soma::domain
