#include "backends/object_store/answer/answers.h"

#include <algorithm>

#include "backends/object_store/answer/xml.h"

namespace soma::backends {
namespace {

constexpr std::size_t kMaxCodeBytes = 64;

bool is_code_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// nullopt when one of the two is missing or longer than S3 allows.
std::optional<ObjectVersion> version_of(std::string_view name, std::string_view id) {
    if (name.empty() || id.empty() || name.size() > kMaxObjectNameBytes ||
        id.size() > kMaxObjectNameBytes) {
        return std::nullopt;
    }
    return ObjectVersion{std::string(name), std::string(id)};
}

}  // namespace

std::optional<VersionPage> read_version_page(std::string_view xml) {
    const auto root = parse_xml(xml);
    // AWS says ListVersionsResult, and so does everyone who copies it.
    if (!root || root->name != "ListVersionsResult") {
        return std::nullopt;
    }
    VersionPage page;
    for (const XmlElement& each : root->children) {
        if (each.name == "Version") {
            auto version = version_of(each.text_of("Key"), each.text_of("VersionId"));
            if (!version) {
                return std::nullopt;
            }
            page.versions.push_back(std::move(*version));
        }
    }
    const std::string_view truncated = root->text_of("IsTruncated");
    if (truncated == "true") {
        page.next =
            version_of(root->text_of("NextKeyMarker"), root->text_of("NextVersionIdMarker"));
    }
    if (page.next.has_value() != (truncated == "true") ||
        (truncated != "true" && truncated != "false")) {
        return std::nullopt;
    }
    return page;
}

std::optional<ObjectLock> read_lock(std::string_view xml) {
    const auto root = parse_xml(xml);
    if (!root) {
        return std::nullopt;
    }
    // "Retention" with AWS, "ObjectLockRetention" elsewhere.
    const std::string_view mode = root->text_of("Mode");
    const auto until = parse_rfc3339(root->text_of("RetainUntilDate"));
    if (!until || (mode != "COMPLIANCE" && mode != "GOVERNANCE")) {
        return std::nullopt;
    }
    return ObjectLock{mode == "COMPLIANCE", *until};
}

bool read_lock_enabled(std::string_view xml) {
    const auto root = parse_xml(xml);
    return root && root->text_of("ObjectLockEnabled") == "Enabled";
}

std::string read_error_code(std::string_view xml) {
    const auto root = parse_xml(xml);
    const std::string_view code =
        root && root->name == "Error" ? root->text_of("Code") : std::string_view();
    if (code.size() > kMaxCodeBytes || !std::all_of(code.begin(), code.end(), is_code_character)) {
        return "";
    }
    return std::string(code);
}

}  // namespace soma::backends
