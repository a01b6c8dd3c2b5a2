#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "domain/importing/import_items.h"

namespace soma::domain {

/// The files that can be made memories of.
enum class ImportFormat : std::uint8_t {
    jsonl,      ///< one request a line; what `somabrain export` writes
    markdown,   ///< one memory a section
    mcp,        ///< memory.jsonl of the MCP server "memory": entities, observations, relations
    mem0,       ///< mem0's get_all or export: results or memories
    langgraph,  ///< items of a LangGraph store: namespace, key, value
    locomo,     ///< a LoCoMo file: one memory a turn of its conversations
};

inline constexpr std::array<std::pair<std::string_view, ImportFormat>, 6> kImportFormats{{
    {"jsonl", ImportFormat::jsonl},
    {"markdown", ImportFormat::markdown},
    {"mcp", ImportFormat::mcp},
    {"mem0", ImportFormat::mem0},
    {"langgraph", ImportFormat::langgraph},
    {"locomo", ImportFormat::locomo},
}};

/// By the names above; nullopt for any other.
std::optional<ImportFormat> parse_import_format(std::string_view name);

/// By a file's ending and its first record; text that is no JSON counts as Markdown. nullopt: JSON
/// of no format we know.
std::optional<ImportFormat> detect_format(std::string_view file_name, std::string_view text);

/// Reads a file of the format. `name` is what places and keys show. Pure, as all parsers here:
/// whatever the bytes are, the outcome is items and reasons. Limits of fields are the server's.
ImportList parse_import(ImportFormat format, std::string_view name, std::string_view text);

/// One JSON object a line, in the form of the API's request; blank lines pass silently.
ImportList parse_jsonl(std::string_view name, std::string_view text);

/// One memory a section: its text is the trail of headings and the section's own words; sections
/// over 8 KiB are cut at blank lines. Keyed by name and headings. Headings are ATX ("## Title"),
/// not inside fenced code.
ImportList parse_markdown(std::string_view name, std::string_view text);

/// One memory an entity: its name and type, its observations and its outgoing relations, a line
/// each; keyed by file and name. Each relation is a link too, of its own type if the API has it and
/// `related` otherwise.
ImportList parse_mcp(std::string_view name, std::string_view text);

/// One memory a record, keyed by its id. user_id becomes the subject, run_id the session, actor_id
/// the speaker, categories the tags, created_at when it happened; the rest goes to metadata.
ImportList parse_mem0(std::string_view name, std::string_view text);

/// One memory an item, keyed by namespace and key. Its text is the value's `text`, `content`,
/// `memory` or `data`, else the value as JSON; the namespace's parts are tags.
ImportList parse_langgraph(std::string_view name, std::string_view text);

/// One memory a turn with its speaker, session, place in it and (taken as UTC) time; keyed by
/// sample and turn. Captions of photos go to metadata.
ImportList parse_locomo(std::string_view name, std::string_view text);

}  // namespace soma::domain
