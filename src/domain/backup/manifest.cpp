#include "domain/backup/manifest.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_to.hpp>

#include "base/canonical_json.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/json/strict_json.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

constexpr std::string_view kFormat = "somabrain-backup/1";
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kMaxNameBytes = 63;  // of a PostgreSQL identifier

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorKind::invalid_argument, "the backup's manifest.json " + why);
}

json::object log_object(const LogHead& log) {
    return {{"first_index", log.first_index},
            {"id", log.id.to_string()},
            {"last_leaf", to_hex(log.last_leaf)},
            {"size", log.size}};
}

json::object table_object(const BackedUpTable& table) {
    return {{"bytes", table.bytes},
            {"columns", json::array(table.columns.begin(), table.columns.end())},
            {"name", table.name},
            {"rows", table.rows},
            {"sha256", table.sha256}};
}

/// The members of one object, each of which must be there and well formed.
class Reader {
  public:
    explicit Reader(const json::value& value) : object_(value.if_object()) {
        if (object_ == nullptr) {
            refuse("has another value where an object belongs");
        }
    }

    const json::value& member(std::string_view name) const {
        const auto* value = object_->if_contains(name);
        if (value == nullptr) {
            refuse("lacks " + std::string(name));
        }
        return *value;
    }
    std::string text(std::string_view name) const {
        const auto* text = member(name).if_string();
        if (text == nullptr) {
            refuse("has no text in " + std::string(name));
        }
        return std::string(*text);
    }
    std::uint64_t number(std::string_view name) const {
        const auto* number = member(name).if_int64();
        if (number == nullptr || *number < 0) {
            refuse("has no count in " + std::string(name));
        }
        return static_cast<std::uint64_t>(*number);
    }
    const json::array& list(std::string_view name) const {
        const auto* list = member(name).if_array();
        if (list == nullptr) {
            refuse("has no list in " + std::string(name));
        }
        return *list;
    }
    /// Hexadecimal of 32 bytes.
    std::string hash(std::string_view name) const {
        const std::string value = text(name);
        const auto bytes = from_hex(value);
        if (!bytes || bytes->size() != kHashBytes) {
            refuse("has no SHA-256 in " + std::string(name));
        }
        return value;
    }

  private:
    const json::object* object_;
};

/// Names become file names and SQL: nothing but what our schema uses.
std::string identifier(const std::string& name) {
    const bool plain = !name.empty() && name.size() <= kMaxNameBytes &&
                       std::all_of(name.begin(), name.end(), [](char c) {
                           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
                       });
    if (!plain) {
        refuse("has a name that is none");
    }
    return name;
}

BackedUpTable read_table(const json::value& value) {
    const Reader reader(value);
    BackedUpTable table{.name = identifier(reader.text("name")),
                        .columns = {},
                        .rows = reader.number("rows"),
                        .bytes = reader.number("bytes"),
                        .sha256 = reader.hash("sha256")};
    for (const auto& column : reader.list("columns")) {
        const auto* name = column.if_string();
        table.columns.push_back(identifier(name == nullptr ? "" : std::string(*name)));
    }
    return table;
}

LogHead read_log(const json::value& value) {
    const Reader reader(value);
    const auto id = Uuid::parse(reader.text("id"));
    const auto leaf = from_hex(reader.text("last_leaf"));
    if (!id || !leaf || (!leaf->empty() && leaf->size() != kHashBytes)) {
        refuse("does not say where the log stood");
    }
    return {*id, reader.number("first_index"), reader.number("size"), *leaf};
}

/// Checks the digest, which is over the manifest without it.
json::object whole(std::string_view text) {
    const auto value = parse_strict_json(text);
    if (!value || !value->is_object()) {
        refuse("is damaged: it is no JSON object");
    }
    json::object object = value->get_object();
    const Reader reader(*value);
    if (reader.text("format") != kFormat) {
        refuse("is of another format than " + std::string(kFormat));
    }
    const std::string digest = reader.hash("digest");
    object.erase("digest");
    if (to_hex(sha256(to_canonical_json(object))) != digest) {
        refuse("is damaged: its digest does not fit");
    }
    return object;
}

}  // namespace

std::string manifest_text(const Manifest& manifest) {
    json::array tables;
    for (const auto& table : manifest.tables) {
        tables.push_back(table_object(table));
    }
    json::object object{
        {"created_at", format_rfc3339(manifest.created_at)},
        {"format", kFormat},
        {"log", log_object(manifest.log)},
        {"schema", {{"name", manifest.schema.name}, {"sha256", manifest.schema.sha256}}},
        {"tables", std::move(tables)}};
    object["digest"] = to_hex(sha256(to_canonical_json(object)));
    return to_canonical_json(object) + "\n";
}

Manifest parse_manifest(std::string_view text) {
    const json::value value = whole(text);
    const Reader reader(value);
    const auto created_at = parse_rfc3339(reader.text("created_at"));
    if (!created_at) {
        refuse("does not say when it was made");
    }
    const Reader schema(reader.member("schema"));
    Manifest manifest{.created_at = *created_at,
                      .schema = {schema.text("name"), schema.hash("sha256")},
                      .log = read_log(reader.member("log")),
                      .tables = {}};
    for (const auto& table : reader.list("tables")) {
        manifest.tables.push_back(read_table(table));
    }
    return manifest;
}

std::string file_of(const BackedUpTable& table) {
    return table.name + ".copy";
}

void check_schema_of(const Manifest& manifest, const SchemaVersion& ours) {
    if (manifest.schema != ours) {
        throw Error(ErrorKind::conflict,
                    "the backup is of schema " + manifest.schema.name + ", this program's is " +
                        ours.name + ": restore it with the version that made it, then migrate");
    }
}

}  // namespace soma::domain
