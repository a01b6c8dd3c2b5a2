// links: soma_base
// compiles: src/backends/object_store/answer
// What object storage answers is a stranger's text: any bytes are judged without harm, and what is
// read from them keeps its limits.
#include <cstdint>
#include <string_view>

#include "backends/object_store/answer/answers.h"
#include "backends/object_store/answer/xml.h"
#include "base/error.h"

namespace {

std::size_t count(const soma::backends::XmlElement& element, std::size_t depth) {
    SOMA_ASSERT(depth <= soma::backends::kMaxXmlDepth, "no deeper than allowed");
    std::size_t elements = 1;
    for (const auto& child : element.children) {
        elements += count(child, depth + 1);
    }
    return elements;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace soma;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto root = backends::parse_xml(bytes)) {
        SOMA_ASSERT(count(*root, 1) <= backends::kMaxXmlElements, "no more than allowed");
    }
    if (const auto page = backends::read_version_page(bytes)) {
        for (const auto& version : page->versions) {
            SOMA_ASSERT(!version.name.empty() && !version.id.empty(), "a version is whole");
        }
    }
    backends::read_lock(bytes);
    backends::read_lock_enabled(bytes);
    SOMA_ASSERT(backends::read_error_code(bytes).size() <= 64, "fit for a log");
    return 0;
}
