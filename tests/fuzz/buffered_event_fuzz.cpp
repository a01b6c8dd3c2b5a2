// links: soma_domain
// Entries of the buffer come from a server that others may reach: what is read is what would have
// been written, anything else is refused with a reason that quotes none of it.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "domain/ledger/buffered_event.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace soma;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto parsed = domain::parse_buffered(bytes);
    if (const auto* reason = std::get_if<std::string>(&parsed)) {
        SOMA_ASSERT(!reason->empty() && reason->size() < 100, "a reason, and nothing of the entry");
        return 0;
    }
    const auto& read = std::get<domain::BufferedEvent>(parsed);
    SOMA_ASSERT(encode_buffered(read.event, read.time) == bytes, "one event, one text");
    SOMA_ASSERT(event_body(read.event, (std::uint64_t{1} << 53) - 1, read.time).size() <=
                    domain::kMaxEventBytes,
                "it fits the ledger, whatever sequence it is given");
    return 0;
}
