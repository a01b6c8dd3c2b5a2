// links: soma_domain
// A file of another program may hold anything: whatever it is, the outcome is items the API can be
// sent and reasons a person can read.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json/strict_json.h"
#include "base/unicode.h"
#include "domain/importing/format.h"

namespace {

using namespace soma;

void demand(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

/// The first byte chooses the format, the rest is the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    const auto format = domain::kImportFormats[data[0] % domain::kImportFormats.size()].second;
    const auto list = domain::parse_import(format, "f", text);
    for (const auto& item : list.items) {
        const auto request = parse_strict_json(item.request);
        demand(request && request->is_object() && valid_utf8(item.place));
    }
    for (const auto& skipped : list.skipped) {
        demand(valid_utf8(skipped.place) && valid_utf8(skipped.reason));
        demand(!skipped.reason.empty() && skipped.reason.size() < 400);
    }
    for (const auto& link : list.links) {
        demand(link.from < list.items.size() && link.to < list.items.size());
    }
    domain::detect_format("f.json", text);
    return 0;
}
